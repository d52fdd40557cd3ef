//! Reading single fields of what crosses from TypeScript.
//!
//! A field that is there must have a value: `null` is what JSON makes of NaN and Infinity, which must not pass for "not
//! given".

use std::ops::RangeInclusive;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tramontane_error::Error;

/// The field's value, if it is there; `expected` says what it must be.
pub(crate) fn read<T: DeserializeOwned>(
    fields: &Map<String, Value>,
    field: &str,
    expected: &str,
) -> Result<Option<T>, Error> {
    fields
        .get(field)
        .map(T::deserialize)
        .transpose()
        .map_err(|_| Error::invalid_argument(field, format!("{field} must be {expected}")))
}

/// The value of a field that must be there.
pub(crate) fn required<T: DeserializeOwned>(
    fields: &Map<String, Value>,
    field: &str,
    expected: &str,
) -> Result<T, Error> {
    read(fields, field, expected)?
        .ok_or_else(|| Error::invalid_argument(field, format!("{field} is missing; it must be {expected}")))
}

/// Refuses a number out of its range, and NaN.
pub(crate) fn within(field: &str, value: f32, range: RangeInclusive<f32>) -> Result<(), Error> {
    if range.contains(&value) {
        return Ok(());
    }
    let message = format!("{field} must be a number from {} to {}, not {value}", range.start(), range.end());
    Err(Error::invalid_argument(field, message))
}
