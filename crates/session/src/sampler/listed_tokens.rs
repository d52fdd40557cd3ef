//! Tokens that a request names.

use serde_json::{Map, Value};
use tramontane_error::Error;

use super::sampling::MAX_LISTED_TOKENS;

/// An array of token ids; empty where there is none. Its length is looked at before its entries.
pub(super) fn listed_tokens(fields: &Map<String, Value>, field: &str) -> Result<Vec<u32>, Error> {
    let Some(value) = fields.get(field) else { return Ok(Vec::new()) };
    let Some(entries) = value.as_array() else {
        return Err(Error::invalid_argument(field, format!("{field} must be an array of token ids")));
    };
    if entries.len() > MAX_LISTED_TOKENS {
        let message = format!("{field} may have at most {MAX_LISTED_TOKENS} tokens, not {}", entries.len());
        return Err(Error::invalid_argument(field, message));
    }
    let token = |(at, entry): (usize, &Value)| {
        entry.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(|| {
            let field = format!("{field}[{at}]");
            let message = format!("{field} must be a token id, a whole number from 0 on");
            Error::invalid_argument(field, message)
        })
    };
    entries.iter().enumerate().map(token).collect()
}

/// The token id that an object's key stands for: written in one way only, so that no token has two entries.
pub(super) fn token_of_key(key: &str) -> Option<u32> {
    let token: u32 = key.parse().ok()?;
    (token.to_string() == key).then_some(token)
}
