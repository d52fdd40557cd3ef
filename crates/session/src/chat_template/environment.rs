//! Jinja2 as the transformers library sets it up for chat templates.

use std::fmt;
use std::sync::LazyLock;
use std::time::{Instant, SystemTime};

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, State, Value};

use super::python_format::{python_str, tojson};
use super::{python_methods, python_time};

/// What is said when the deadline has passed.
pub(super) const TOO_SLOW: &str = "it takes too long; does it loop without end?";

/// Holds no template, so that all templates share it.
pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_debug(false);
    environment.set_formatter(format);
    environment.set_unknown_method_callback(python_methods::call);
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", |format: &str| python_time::strftime(format, SystemTime::now()));
    environment.add_filter("tojson", tojson);
    environment.add_filter("string", |value: &Value| python_str(value));
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_test("sequence", is_sequence);
    environment
});

/// The error behind `raise_exception`, with the template's words.
#[derive(Debug)]
pub(super) struct Raised(pub(super) String);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Raised {}

fn raise_exception(message: &Value) -> Result<Value, Error> {
    let raised = Raised(python_str(message)?);
    Err(Error::new(ErrorKind::InvalidOperation, "raise_exception").with_source(raised))
}

/// A function for templates that fails once the deadline has passed.
pub(super) fn tick(deadline: Instant) -> Value {
    Value::from_function(move || {
        if Instant::now() > deadline { Err(Error::new(ErrorKind::InvalidOperation, TOO_SLOW)) } else { Ok(()) }
    })
}

/// Prints as Python does: `True`, `None`, `{'a': 1}`.
fn format(output: &mut Output, _: &State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) => output.write_str(text)?,
        None => output.write_str(&python_str(value)?)?,
    }
    Ok(())
}

/// The length of something undefined is 0, as in Jinja2.
fn length(value: &Value) -> Result<usize, Error> {
    let length = match value.kind() {
        ValueKind::Undefined => Some(0),
        ValueKind::Iterable if value.len().is_none() => value.try_iter().ok().map(Iterator::count),
        _ => value.len(),
    };
    length.ok_or_else(|| {
        Error::new(ErrorKind::InvalidOperation, format!("a value of type {} has no length", value.kind()))
    })
}

/// Whatever has a length and can be iterated, strings and dictionaries included, as in Jinja2.
fn is_sequence(value: &Value) -> bool {
    matches!(value.kind(), ValueKind::String | ValueKind::Seq | ValueKind::Map) || value.len().is_some()
}
