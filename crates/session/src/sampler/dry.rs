//! DRY, "don't repeat yourself": against a model that says again what it has said.
//!
//! A token that would go on repeating an earlier passage is made less likely, the more the longer the repetition is.
//! With the tokens so far `h[0..n]`, for a token `t`:
//!
//! ```text
//! length(t)  = the greatest L such that the last L tokens of h occur earlier in h with t behind them
//! penalty(t) = multiplier * base^(length(t) - allowedLength)     where length(t) >= allowedLength, else 0
//! ```
//!
//! The last `L` tokens never include one that completes a sequence breaker, and such a token is never penalised itself:
//! what comes in every line, such as a speaker's name, is not a repetition to avoid. The earlier passage may overlap
//! the last tokens. The method is Weidmann's (2024, text-generation-webui pull request 5677). llama.cpp's differs in
//! that it penalises breakers too; mistralrs's in that it counts 50 tokens at most.

/// The settings of DRY, as callers pass them in `dry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Dry {
    /// What a repetition of `allowed_length` tokens costs the next one, in units of logits. 0 is off; 0.8 is common.
    pub multiplier: f32,
    /// What the cost is multiplied by for every further token of the repetition. 1.75 unless given.
    pub base: f32,
    /// The shortest repetition that costs anything, in tokens. 2 unless given.
    pub allowed_length: u32,
    /// Texts that repetitions do not reach across. A newline, a colon, a double quote and an asterisk unless given.
    pub sequence_breakers: Vec<String>,
    /// How many of the latest tokens are looked at, those of the prompt included. All unless given.
    pub range_tokens: Option<u32>,
}

impl Dry {
    /// The defaults behind a multiplier.
    pub fn new(multiplier: f32) -> Self {
        Self {
            multiplier,
            base: 1.75,
            allowed_length: 2,
            sequence_breakers: ["\n", ":", "\"", "*"].map(String::from).into(),
            range_tokens: None,
        }
    }
}

/// The tokens so far, and how long a repetition each next token would continue.
pub(super) struct Repetitions {
    allowed_length: usize,
    range: usize,
    /// The latest tokens: those in range, and at most as many older ones.
    tokens: Vec<u32>,
    /// Whether the token at the same place completes a sequence breaker.
    breaks: Vec<bool>,
    /// Tokens behind the latest break.
    since_break: usize,
    /// Kept for its memory: see [`Repetitions::for_each`].
    lengths: Vec<usize>,
    /// `penalties[i]` is `multiplier * base^i`, as far as it was needed.
    penalties: Vec<f64>,
    base: f64,
}

impl Repetitions {
    pub fn new(settings: &Dry) -> Self {
        Self {
            allowed_length: settings.allowed_length.max(1) as usize,
            range: settings.range_tokens.map_or(usize::MAX, |range| range as usize),
            tokens: Vec::new(),
            breaks: Vec::new(),
            since_break: 0,
            lengths: Vec::new(),
            penalties: vec![f64::from(settings.multiplier)],
            base: f64::from(settings.base),
        }
    }

    pub fn push(&mut self, token: u32, is_break: bool) {
        self.tokens.push(token);
        self.breaks.push(is_break);
        self.since_break = if is_break { 0 } else { self.since_break + 1 };
        // Not with every token, as all behind would be moved every time.
        if self.tokens.len() / 2 >= self.range {
            let old = self.tokens.len() - self.range;
            self.tokens.drain(..old);
            self.breaks.drain(..old);
        }
    }

    /// Calls `penalise` with every token that would continue a repetition, and the penalty. A token that continues
    /// several comes several times; the greatest penalty counts. The time is in proportion to the range, whatever the
    /// tokens are.
    pub fn for_each(&mut self, mut penalise: impl FnMut(u32, f64)) {
        let start = self.tokens.len().saturating_sub(self.range);
        let (tokens, breaks) = (&self.tokens[start..], &self.breaks[start..]);
        let (count, limit) = (tokens.len(), self.since_break.min(tokens.len()));
        if limit < self.allowed_length || self.penalties[0] == 0.0 {
            return;
        }
        // The Z algorithm (Gusfield 1997, "Algorithms on Strings, Trees, and Sequences") on the tokens in reverse:
        // `lengths[i]` is how many tokens before and at `i` from the end are the same as at the end.
        let back = |i: usize| tokens[count - 1 - i];
        self.lengths.clear();
        self.lengths.resize(count, 0);
        // What is known: from `known_start` until before `known_end` it is the same as at the end.
        let (mut known_start, mut known_end) = (0, 0);
        for i in 1..count {
            let mut length = if i < known_end { self.lengths[i - known_start].min(known_end - i) } else { 0 };
            while i + length < count && back(length) == back(i + length) {
                length += 1;
            }
            if i + length > known_end {
                (known_start, known_end) = (i, i + length);
            }
            self.lengths[i] = length;
        }
        for i in 1..count {
            let length = self.lengths[i].min(limit);
            let next = count - i;
            if length >= self.allowed_length && !breaks[next] {
                let penalty = penalty(&mut self.penalties, self.base, length - self.allowed_length);
                penalise(tokens[next], penalty);
            }
        }
    }
}

/// By multiplying step by step: powers from the platform's mathematics library differ in their last bits.
fn penalty(known: &mut Vec<f64>, base: f64, exponent: usize) -> f64 {
    while known.len() <= exponent {
        let last = known[known.len() - 1];
        // Beyond every logit; the list stays short.
        if base == 1.0 || last >= f64::from(f32::MAX) {
            return last;
        }
        known.push(last * base);
    }
    known[exponent]
}
