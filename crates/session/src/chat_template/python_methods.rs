//! Methods of Python's strings, lists and dictionaries.

use minijinja::value::from_args;
use minijinja::{Error, State, Value};
use minijinja_contrib::pycompat::unknown_method_callback;

/// Calls a method that minijinja does not know: those of pycompat, and a few that it lacks or gets wrong.
pub(super) fn call(state: &State, value: &Value, method: &str, arguments: &[Value]) -> Result<Value, Error> {
    let Some(text) = value.as_str() else {
        return unknown_method_callback(state, value, method, arguments);
    };
    match method {
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(arguments)?;
            Ok(Value::from(text.strip_prefix(prefix).unwrap_or(text)))
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(arguments)?;
            Ok(Value::from(text.strip_suffix(suffix).unwrap_or(text)))
        }
        "rsplit" => {
            let (separator, limit): (Option<&str>, Option<i64>) = from_args(arguments)?;
            let pieces = limit.and_then(|limit| usize::try_from(limit).ok()).map_or(usize::MAX, |limit| limit + 1);
            let mut parts = match separator {
                Some("") | None => rsplit_whitespace(text, pieces),
                Some(separator) => text.rsplitn(pieces, separator).collect(),
            };
            parts.reverse();
            Ok(parts.into_iter().collect())
        }
        "partition" => {
            let (separator,): (&str,) = from_args(arguments)?;
            let (before, after) = text.split_once(separator).unwrap_or((text, ""));
            let found = if before.len() == text.len() { "" } else { separator };
            Ok([before, found, after].into_iter().collect())
        }
        "rpartition" => {
            let (separator,): (&str,) = from_args(arguments)?;
            let (before, after) = text.rsplit_once(separator).unwrap_or(("", text));
            let found = if after.len() == text.len() { "" } else { separator };
            Ok([before, found, after].into_iter().collect())
        }
        // Pycompat would never end.
        "count" if arguments.first().and_then(Value::as_str) == Some("") => Ok(Value::from(text.chars().count() + 1)),
        _ => unknown_method_callback(state, value, method, arguments),
    }
}

/// The last words come first; the first piece keeps the white space between its words.
fn rsplit_whitespace(text: &str, pieces: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        let word = match rest.rfind(char::is_whitespace) {
            Some(_) if parts.len() + 1 >= pieces => 0,
            Some(space) => space + rest[space..].chars().next().map_or(0, char::len_utf8),
            None => 0,
        };
        parts.push(&rest[word..]);
        rest = rest[..word].trim_end();
    }
    parts
}
