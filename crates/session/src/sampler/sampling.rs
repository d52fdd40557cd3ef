//! The sampling fields of a request.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tramontane_error::Error;

/// The highest temperature taken. Far beyond any useful one: at 100 the choice is all but uniform.
const MAX_TEMPERATURE: f32 = 100.0;

/// How the next token is chosen. The defaults are a temperature of 0.7 and no other filter.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Sampling {
    /// Logits are divided by it: below 1 likely tokens become likelier, above 1 the choice becomes flatter.
    /// 0 is greedy: always the most probable token. From 0 to 100; 0.7 unless given.
    pub temperature: f32,
    /// Only the so many most probable tokens may be chosen. 0, the default, is off; 1 is greedy.
    pub top_k: u32,
    /// Only the fewest most probable tokens whose probabilities add up to this may be chosen.
    /// Above 0, at most 1; 1, the default, is off.
    pub top_p: f32,
    /// The same seed and request give the same tokens. Without one every generation is different.
    pub seed: Option<u64>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.7, top_k: 0, top_p: 1.0, seed: None }
    }
}

impl Sampling {
    /// Reads and validates the sampling fields of a request; the other fields are left alone.
    ///
    /// Unlike the `Deserialize` implementation it names the field that is of the wrong type. `null` is refused: it is
    /// what JSON makes of NaN and Infinity, which must not pass for "not given".
    ///
    /// # Errors
    /// `invalid-argument` with the field.
    pub fn from_request(request: &Map<String, Value>) -> Result<Self, Error> {
        let default = Self::default();
        let sampling = Self {
            temperature: read(request, "temperature", "a number from 0 to 100")?.unwrap_or(default.temperature),
            top_k: read(request, "topK", "a whole number from 0 to 4294967295")?.unwrap_or(default.top_k),
            top_p: read(request, "topP", "a number above 0 and at most 1")?.unwrap_or(default.top_p),
            seed: read(request, "seed", "a whole number, 0 or above")?,
        };
        sampling.validate()?;
        Ok(sampling)
    }

    /// Whether the values make sense.
    ///
    /// # Errors
    /// `invalid-argument` with the field in its TypeScript spelling: `temperature` or `topP`. Every `topK` makes sense.
    pub fn validate(&self) -> Result<(), Error> {
        // Written so that NaN is refused too.
        if !(0.0..=MAX_TEMPERATURE).contains(&self.temperature) {
            return Err(Error::invalid_argument(
                "temperature",
                format!("temperature must be a number from 0 to {MAX_TEMPERATURE}, not {}", self.temperature),
            ));
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return Err(Error::invalid_argument(
                "topP",
                format!("topP must be above 0 and at most 1 (1 is off), not {}", self.top_p),
            ));
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(request: &Map<String, Value>, field: &str, expected: &str) -> Result<Option<T>, Error> {
    request
        .get(field)
        .map(|value| serde_json::from_value(value.clone()))
        .transpose()
        .map_err(|_| Error::invalid_argument(field, format!("{field} must be {expected}")))
}
