//! The sampling fields of a request.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tramontane_error::Error;

use super::dry::Dry;
use super::listed_tokens::{listed_tokens, token_of_key};
use crate::fields::{read, required, within};

/// The highest temperature taken. Far beyond any useful one: at 100 the choice is all but uniform.
const MAX_TEMPERATURE: f32 = 100.0;
/// The highest repetition penalty, DRY multiplier and DRY base taken; useful ones are below 3.
const MAX_FACTOR: f32 = 100.0;
/// How many alternatives a token may be reported with.
const MAX_LOGPROBS: u32 = 20;
/// How many tokens `logitBias`, `bannedTokens` and `forcedTokens` may have each.
pub(super) const MAX_LISTED_TOKENS: usize = 10_000;
/// How many sequence breakers there may be.
const MAX_BREAKERS: usize = 64;
/// How many bytes one of them may have.
const MAX_BREAKER_BYTES: usize = 256;

/// How the next token is chosen. The defaults are a temperature of 0.7 and nothing else.
///
/// The rules are applied in the order that [`Sampler`](super::Sampler) states.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Logits are divided by it: below 1 likely tokens become likelier, above 1 the choice becomes flatter.
    /// 0 is greedy: always the most probable token. From 0 to 100; 0.7 unless given.
    pub temperature: f32,
    /// Only the so many most probable tokens may be chosen. 0, the default, is off; 1 is greedy.
    pub top_k: u32,
    /// Only the fewest most probable tokens whose probabilities add up to this may be chosen.
    /// Above 0, at most 1; 1, the default, is off.
    pub top_p: f32,
    /// Only tokens at least this times as probable as the most probable one may be chosen. From 0 to 1; 0, the
    /// default, is off.
    pub min_p: f32,
    /// What the logits of tokens in the prompt or the reply are divided by where they are positive, and multiplied by
    /// where they are negative. Above 0, at most 100; 1, the default, is off; above 1 repeats less.
    ///
    /// It looks at everything so far, as in Hugging Face's transformers; llama.cpp looks at the last 64 tokens.
    pub repetition_penalty: f32,
    /// Taken off a token's logit once for every time that the reply already has it. From -2 to 2; 0, the default, is
    /// off. As in OpenAI's API the prompt does not count; in llama.cpp it does, as far as its window reaches.
    pub frequency_penalty: f32,
    /// Taken off a token's logit once if the reply already has it. From -2 to 2; 0, the default, is off.
    pub presence_penalty: f32,
    /// Against repeating passages; off unless given.
    pub dry: Option<Dry>,
    /// Added to the logits of single tokens, from -100 to 100 each. At most 10,000.
    pub logit_bias: BTreeMap<u32, f32>,
    /// Tokens that are never chosen, end tokens included. At most 10,000.
    pub banned_tokens: Vec<u32>,
    /// Tokens that the reply begins with, one after another, whatever the logits. They are part of the reply in every
    /// way: they count as output, an end token among them ends it, and a grammar must accept them. At most 10,000.
    pub forced_tokens: Vec<u32>,
    /// How many alternatives to report with every token, from 0 to 20; 0 reports the chosen token alone. Nothing is
    /// reported unless given. Logarithms are natural, and of the probabilities under the model's own distribution,
    /// before any of the other settings, as in OpenAI's API.
    pub logprobs: Option<u32>,
    /// The same seed and request give the same tokens. Without one every generation is different.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.7,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            frequency_penalty: 0.0,
            presence_penalty: 0.0,
            dry: None,
            logit_bias: BTreeMap::new(),
            banned_tokens: Vec::new(),
            forced_tokens: Vec::new(),
            logprobs: None,
            seed: None,
        }
    }
}

impl Sampling {
    /// Reads and validates the sampling fields of a request; the other fields are left alone.
    ///
    /// `null` is refused: it is what JSON makes of NaN and Infinity, which must not pass for "not given".
    ///
    /// # Errors
    /// `invalid-argument` with the field.
    pub fn from_request(request: &Map<String, Value>) -> Result<Self, Error> {
        let default = Self::default();
        let sampling = Self {
            temperature: read(request, "temperature", "a number from 0 to 100")?.unwrap_or(default.temperature),
            top_k: read(request, "topK", "a whole number from 0 to 4294967295")?.unwrap_or(default.top_k),
            top_p: read(request, "topP", "a number above 0 and at most 1")?.unwrap_or(default.top_p),
            min_p: read(request, "minP", "a number from 0 to 1")?.unwrap_or(default.min_p),
            repetition_penalty: read(request, "repetitionPenalty", "a number above 0 and at most 100")?
                .unwrap_or(default.repetition_penalty),
            frequency_penalty: read(request, "frequencyPenalty", "a number from -2 to 2")?.unwrap_or_default(),
            presence_penalty: read(request, "presencePenalty", "a number from -2 to 2")?.unwrap_or_default(),
            dry: request.get("dry").map(read_dry).transpose()?,
            logit_bias: request.get("logitBias").map(read_logit_bias).transpose()?.unwrap_or_default(),
            banned_tokens: listed_tokens(request, "bannedTokens")?,
            forced_tokens: listed_tokens(request, "forcedTokens")?,
            logprobs: read(request, "logprobs", "a whole number from 0 to 20")?,
            seed: read(request, "seed", "a whole number, 0 or above")?,
        };
        sampling.validate()?;
        Ok(sampling)
    }

    /// Whether the values make sense.
    ///
    /// # Errors
    /// `invalid-argument` with the field in its TypeScript spelling. Every `topK` makes sense.
    pub fn validate(&self) -> Result<(), Error> {
        within("temperature", self.temperature, 0.0..=MAX_TEMPERATURE)?;
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(Error::invalid_argument(
                "topP",
                format!("topP must be above 0 and at most 1 (1 is off), not {}", self.top_p),
            ));
        }
        within("minP", self.min_p, 0.0..=1.0)?;
        if !(self.repetition_penalty > 0.0 && self.repetition_penalty <= MAX_FACTOR) {
            return Err(Error::invalid_argument(
                "repetitionPenalty",
                format!(
                    "repetitionPenalty must be above 0 and at most {MAX_FACTOR} (1 is off), not {}",
                    self.repetition_penalty
                ),
            ));
        }
        within("frequencyPenalty", self.frequency_penalty, -2.0..=2.0)?;
        within("presencePenalty", self.presence_penalty, -2.0..=2.0)?;
        self.dry.as_ref().map_or(Ok(()), validate_dry)?;
        for (field, count) in [
            ("logitBias", self.logit_bias.len()),
            ("bannedTokens", self.banned_tokens.len()),
            ("forcedTokens", self.forced_tokens.len()),
        ] {
            if count > MAX_LISTED_TOKENS {
                let message = format!("{field} may have at most {MAX_LISTED_TOKENS} tokens, not {count}");
                return Err(Error::invalid_argument(field, message));
            }
        }
        for (token, &bias) in &self.logit_bias {
            within(&format!("logitBias.{token}"), bias, -100.0..=100.0)?;
        }
        match self.logprobs.filter(|&logprobs| logprobs > MAX_LOGPROBS) {
            Some(logprobs) => Err(Error::invalid_argument(
                "logprobs",
                format!("logprobs must be a whole number from 0 to {MAX_LOGPROBS}, not {logprobs}"),
            )),
            None => Ok(()),
        }
    }

    /// Whether the tokens named here exist in a vocabulary of this size, and the bans leave some of it.
    ///
    /// # Errors
    /// `invalid-argument` with the field: `logitBias.50257`, `forcedTokens[3]`, `bannedTokens[0]` or `bannedTokens`.
    pub fn validate_for(&self, vocabulary_size: usize) -> Result<(), Error> {
        let biased = self.logit_bias.keys().map(|token| (format!("logitBias.{token}"), token));
        let banned = self.banned_tokens.iter().enumerate().map(|(at, token)| (format!("bannedTokens[{at}]"), token));
        let forced = self.forced_tokens.iter().enumerate().map(|(at, token)| (format!("forcedTokens[{at}]"), token));
        for (field, &token) in biased.chain(banned).chain(forced) {
            if token as usize >= vocabulary_size {
                let message =
                    format!("{field} is about token {token}, but this model's vocabulary has {vocabulary_size} tokens");
                return Err(Error::invalid_argument(field, message));
            }
        }
        let mut banned = self.banned_tokens.clone();
        banned.sort_unstable();
        banned.dedup();
        if banned.len() >= vocabulary_size {
            let message = "bannedTokens has every token of this model; leave it one to choose";
            return Err(Error::invalid_argument("bannedTokens", message));
        }
        Ok(())
    }
}

fn read_dry(value: &Value) -> Result<Dry, Error> {
    let Some(fields) = value.as_object() else {
        let message = "dry must be an object, such as { multiplier: 0.8 }; leave it out to turn it off";
        return Err(Error::invalid_argument("dry", message));
    };
    let default = Dry::new(required(fields, "multiplier", "a number from 0 to 100").map_err(in_dry)?);
    Ok(Dry {
        base: read(fields, "base", "a number from 1 to 100").map_err(in_dry)?.unwrap_or(default.base),
        allowed_length: read(fields, "allowedLength", "a whole number, 1 or above")
            .map_err(in_dry)?
            .unwrap_or(default.allowed_length),
        sequence_breakers: read(fields, "sequenceBreakers", "an array of strings")
            .map_err(in_dry)?
            .unwrap_or(default.sequence_breakers),
        range_tokens: read(fields, "rangeTokens", "a whole number, 1 or above").map_err(in_dry)?,
        ..default
    })
}

/// Names the field as part of `dry`.
fn in_dry(error: Error) -> Error {
    let field = error.field.unwrap_or_default();
    Error::invalid_argument(format!("dry.{field}"), format!("dry.{}", error.message))
}

fn validate_dry(dry: &Dry) -> Result<(), Error> {
    within("dry.multiplier", dry.multiplier, 0.0..=MAX_FACTOR)?;
    within("dry.base", dry.base, 1.0..=MAX_FACTOR)?;
    for (field, value) in
        [("dry.allowedLength", dry.allowed_length), ("dry.rangeTokens", dry.range_tokens.unwrap_or(1))]
    {
        if value == 0 {
            return Err(Error::invalid_argument(field, format!("{field} must be a whole number, 1 or above, not 0")));
        }
    }
    if dry.sequence_breakers.len() > MAX_BREAKERS {
        let count = dry.sequence_breakers.len();
        let message = format!("dry.sequenceBreakers may have at most {MAX_BREAKERS} entries, not {count}");
        return Err(Error::invalid_argument("dry.sequenceBreakers", message));
    }
    for (at, breaker) in dry.sequence_breakers.iter().enumerate() {
        if breaker.is_empty() || breaker.len() > MAX_BREAKER_BYTES {
            let field = format!("dry.sequenceBreakers[{at}]");
            let message = format!("{field} must have 1 to {MAX_BREAKER_BYTES} bytes, not {}", breaker.len());
            return Err(Error::invalid_argument(field, message));
        }
    }
    Ok(())
}

fn read_logit_bias(value: &Value) -> Result<BTreeMap<u32, f32>, Error> {
    let expected = "logitBias must be an object from token ids to numbers from -100 to 100";
    let Some(fields) = value.as_object() else { return Err(Error::invalid_argument("logitBias", expected)) };
    let mut biases = BTreeMap::new();
    for (key, value) in fields {
        let refused = |message: &str| {
            // Keys are the caller's, and may be anything.
            let field = format!("logitBias.{}", key.chars().take(20).collect::<String>());
            let message = format!("{field} {message}");
            Error::invalid_argument(field, message)
        };
        let token = token_of_key(key).ok_or_else(|| refused("is not a token id"))?;
        let bias = value.as_f64().ok_or_else(|| refused("must be a number from -100 to 100"))?;
        biases.insert(token, bias as f32);
    }
    Ok(biases)
}
