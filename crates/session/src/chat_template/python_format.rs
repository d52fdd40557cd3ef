//! Values as Python writes them: `str()`, `repr()` and `json.dumps()`.

use std::fmt::Write;

use minijinja::value::{Kwargs, Rest, ValueKind, from_args};
use minijinja::{Error, ErrorKind, Value};

#[cfg(test)]
mod tests;

/// How deep values may be nested. JSON from outside has at most 128 levels.
const MAX_DEPTH: usize = 200;
/// How long the text of one value may get.
const MAX_BYTES: usize = 64 << 20;
/// How wide JSON may be indented.
const MAX_INDENT: usize = 100;

/// `str(value)`; nothing for an undefined one, as in Jinja2.
pub(super) fn python_str(value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::String => Ok(value.to_string()),
        ValueKind::Undefined => Ok(String::new()),
        _ => {
            let mut text = String::new();
            write_repr(&mut text, value, 0)?;
            Ok(text)
        }
    }
}

/// The filter `tojson`: `json.dumps` without escaping what is not ASCII. The arguments, by position or by name, are
/// `ensure_ascii`, `indent`, `separators` and `sort_keys`. Unlike Jinja2's own filter it does not escape HTML.
pub(super) fn tojson(value: &Value, arguments: Rest<Value>) -> Result<Value, Error> {
    let (positional, named): (&[Value], Kwargs) = from_args(&arguments)?;
    let argument = |position: usize, name: &str| -> Result<Option<Value>, Error> {
        let given = match positional.get(position) {
            Some(value) => Some(value.clone()),
            None => named.get(name)?,
        };
        Ok(given.filter(|value: &Value| !value.is_none() && !value.is_undefined()))
    };
    let ensure_ascii = argument(0, "ensure_ascii")?.is_some_and(|value| value.is_true());
    let indent = match argument(1, "indent")? {
        None => None,
        Some(indent) => Some(match indent.as_str() {
            Some(indent) => indent.chars().take(MAX_INDENT).collect(),
            None => " ".repeat(i64::try_from(indent)?.clamp(0, MAX_INDENT as i64) as usize),
        }),
    };
    let (between_items, behind_key) = match argument(2, "separators")? {
        Some(separators) => {
            let separators: Vec<Value> = separators.try_iter()?.take(3).collect();
            let [items, key] = &separators[..] else {
                return Err(invalid("separators must be a pair of strings"));
            };
            (python_str(items)?, python_str(key)?)
        }
        None if indent.is_some() => (",".to_owned(), ": ".to_owned()),
        None => (", ".to_owned(), ": ".to_owned()),
    };
    let sort_keys = argument(3, "sort_keys")?.is_some_and(|value| value.is_true());
    named.assert_all_used()?;
    let mut json = Json { text: String::new(), ensure_ascii, indent, between_items, behind_key, sort_keys };
    json.write(value, 0)?;
    Ok(Value::from(json.text))
}

struct Json {
    text: String,
    ensure_ascii: bool,
    indent: Option<String>,
    between_items: String,
    behind_key: String,
    sort_keys: bool,
}

impl Json {
    fn write(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        check(&self.text, depth)?;
        match value.kind() {
            ValueKind::None => self.text.push_str("null"),
            ValueKind::Bool => self.text.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.text.push_str(&json_number(value)?),
            ValueKind::String => self.write_string(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => {
                self.text.push('[');
                let mut empty = true;
                for item in value.try_iter()? {
                    self.begin_item(empty, depth + 1);
                    self.write(&item, depth + 1)?;
                    empty = false;
                }
                self.end(empty, depth, ']');
            }
            ValueKind::Map => {
                let mut keys = Vec::new();
                for key in value.try_iter()? {
                    keys.push((json_key(&key)?, key));
                }
                if self.sort_keys {
                    keys.sort_by(|(a, _), (b, _)| a.cmp(b));
                }
                self.text.push('{');
                let empty = keys.is_empty();
                for (index, (name, key)) in keys.into_iter().enumerate() {
                    self.begin_item(index == 0, depth + 1);
                    self.write_string(&name);
                    self.text.push_str(&self.behind_key);
                    self.write(&value.get_item(&key)?, depth + 1)?;
                }
                self.end(empty, depth, '}');
            }
            kind => return Err(invalid(format!("a value of type {kind} cannot be written as JSON"))),
        }
        Ok(())
    }

    fn begin_item(&mut self, first: bool, depth: usize) {
        if !first {
            self.text.push_str(&self.between_items);
        }
        self.break_line(depth);
    }

    fn end(&mut self, empty: bool, depth: usize, bracket: char) {
        if !empty {
            self.break_line(depth);
        }
        self.text.push(bracket);
    }

    fn break_line(&mut self, depth: usize) {
        if let Some(indent) = &self.indent {
            self.text.push('\n');
            for _ in 0..depth {
                self.text.push_str(indent);
            }
        }
    }

    fn write_string(&mut self, string: &str) {
        self.text.push('"');
        for character in string.chars() {
            match character {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{C}' => self.text.push_str("\\f"),
                ' '..='~' => self.text.push(character),
                '\0'..' ' => escape_utf16(&mut self.text, character),
                _ if self.ensure_ascii => escape_utf16(&mut self.text, character),
                _ => self.text.push(character),
            }
        }
        self.text.push('"');
    }
}

fn escape_utf16(text: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing into a string does not fail.
        let _ = write!(text, "\\u{unit:04x}");
    }
}

fn json_number(value: &Value) -> Result<String, Error> {
    if value.is_integer() {
        return Ok(value.to_string());
    }
    let number = f64::try_from(value.clone())?;
    Ok(match number {
        f64::INFINITY => "Infinity".to_owned(),
        f64::NEG_INFINITY => "-Infinity".to_owned(),
        _ if number.is_nan() => "NaN".to_owned(),
        _ => float_repr(number),
    })
}

fn json_key(key: &Value) -> Result<String, Error> {
    match key.kind() {
        ValueKind::String => Ok(key.to_string()),
        ValueKind::None => Ok("null".to_owned()),
        ValueKind::Bool => Ok(if key.is_true() { "true" } else { "false" }.to_owned()),
        ValueKind::Number => json_number(key),
        kind => Err(invalid(format!("a value of type {kind} cannot be a key in JSON"))),
    }
}

fn write_repr(text: &mut String, value: &Value, depth: usize) -> Result<(), Error> {
    check(text, depth)?;
    match value.kind() {
        ValueKind::Undefined => text.push_str("Undefined"),
        ValueKind::None => text.push_str("None"),
        ValueKind::Bool => text.push_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number if value.is_integer() => text.push_str(&value.to_string()),
        ValueKind::Number => text.push_str(&float_repr(f64::try_from(value.clone())?)),
        ValueKind::String => write_string_repr(text, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Iterable => {
            text.push('[');
            for (index, item) in value.try_iter()?.enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write_repr(text, &item, depth + 1)?;
            }
            text.push(']');
        }
        ValueKind::Map => {
            text.push('{');
            for (index, key) in value.try_iter()?.enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                write_repr(text, &key, depth + 1)?;
                text.push_str(": ");
                write_repr(text, &value.get_item(&key)?, depth + 1)?;
            }
            text.push('}');
        }
        _ => text.push_str(&value.to_string()),
    }
    Ok(())
}

/// In single quotes, unless only double ones save escaping.
fn write_string_repr(text: &mut String, string: &str) {
    let quote = if string.contains('\'') && !string.contains('"') { '"' } else { '\'' };
    text.push(quote);
    for character in string.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            _ if character == quote => text.extend(['\\', quote]),
            // Writing into a string does not fail.
            '\0'..' ' | '\u{7F}'..='\u{A0}' | '\u{AD}' => drop(write!(text, "\\x{:02x}", character as u32)),
            _ => text.push(character),
        }
    }
    text.push(quote);
}

/// `repr` of a float: the shortest digits that give the number back, with an exponent below 1e-4 and from 1e16 on.
fn float_repr(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() {
            "nan"
        } else if number > 0.0 {
            "inf"
        } else {
            "-inf"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..16).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{number:?}"),
    }
}

fn check(text: &str, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(invalid("a value is nested too deeply to be printed"));
    }
    if text.len() > MAX_BYTES {
        return Err(invalid("a value is too long to be printed"));
    }
    Ok(())
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message.into())
}
