//! How large a grammar may be.
//!
//! llguidance bounds the work that it does with a grammar, but reads it recursively: through a schema's levels and
//! references, and through a Lark grammar's rules. A stack that overflows cannot be caught, so these bounds, together
//! with the stack that grammars are compiled on, keep that from happening.

use serde_json::Value;
use tramontane_error::Error;

/// How deep a schema's objects and arrays may be inside each other.
const MAX_SCHEMA_DEPTH: usize = 64;
/// How many values a schema may have, keywords' values included.
const MAX_SCHEMA_VALUES: usize = 10_000;
/// How many bytes a schema's strings and keys may have together.
const MAX_SCHEMA_BYTES: usize = 1 << 20;
/// How many bytes a regular expression may have.
const MAX_REGEX_BYTES: usize = 16 << 10;
/// How many bytes a Lark grammar may have.
const MAX_LARK_BYTES: usize = 64 << 10;
/// How many brackets may be open at once in a Lark grammar, and how many negations may follow each other.
const MAX_LARK_DEPTH: usize = 64;

pub(crate) fn check_schema(schema: &Value, field: &str) -> Result<(), Error> {
    let (mut values, mut bytes) = (0, 0);
    // Not recursive, as the depth is what is to be found.
    let mut rest = vec![(schema, 1)];
    while let Some((value, depth)) = rest.pop() {
        values += 1;
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(entries) => rest.extend(entries.iter().map(|entry| (entry, depth + 1))),
            Value::Object(entries) => {
                bytes += entries.keys().map(String::len).sum::<usize>();
                rest.extend(entries.values().map(|entry| (entry, depth + 1)));
            }
            _ => {}
        }
        if depth > MAX_SCHEMA_DEPTH && !rest.is_empty() {
            return Err(too_large(field, &format!("is nested more than {MAX_SCHEMA_DEPTH} levels deep")));
        }
        if values + rest.len() > MAX_SCHEMA_VALUES {
            return Err(too_large(field, &format!("has more than {MAX_SCHEMA_VALUES} values")));
        }
        if bytes > MAX_SCHEMA_BYTES {
            return Err(too_large(field, &format!("has more than {MAX_SCHEMA_BYTES} bytes of text")));
        }
    }
    Ok(())
}

pub(super) fn check_regex(pattern: &str, field: &str) -> Result<(), Error> {
    if pattern.len() > MAX_REGEX_BYTES {
        return Err(too_large(field, &format!("has more than {MAX_REGEX_BYTES} bytes")));
    }
    Ok(())
}

pub(super) fn check_lark(source: &str, field: &str) -> Result<(), Error> {
    if source.len() > MAX_LARK_BYTES {
        return Err(too_large(field, &format!("has more than {MAX_LARK_BYTES} bytes")));
    }
    let (mut depth, mut negations) = (0usize, 0usize);
    for character in source.chars() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        negations = match character {
            '~' => negations + 1,
            _ if character.is_whitespace() => negations,
            _ => 0,
        };
        // Brackets in strings count too, which does not matter: no grammar leaves so many of them open.
        if depth > MAX_LARK_DEPTH || negations > MAX_LARK_DEPTH {
            return Err(too_large(field, &format!("is nested more than {MAX_LARK_DEPTH} levels deep")));
        }
    }
    Ok(())
}

fn too_large(field: &str, what: &str) -> Error {
    Error::invalid_argument(field, format!("{field} {what}; make it smaller"))
}
