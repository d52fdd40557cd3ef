//! Single checks of a GGUF header's keys and shapes.
//!
//! Must hold: a number that passes has exactly the type that mistralrs 0.8.1 takes for it (UINT32, FLOAT32).

use std::collections::HashMap;

use super::value::Value;

/// Why a header cannot be used.
#[derive(Debug)]
pub(crate) enum Refusal {
    Invalid(String),
    Unsupported(String),
}

pub(crate) type Checked<T> = Result<T, Refusal>;

pub(crate) fn invalid<T>(message: impl Into<String>) -> Checked<T> {
    Err(Refusal::Invalid(message.into()))
}

pub(crate) fn unsupported<T>(message: impl Into<String>) -> Checked<T> {
    Err(Refusal::Unsupported(message.into()))
}

/// A header's keys and tensors, with checks that say what is wrong.
pub(crate) struct Checker<'a> {
    pub(crate) architecture: &'a str,
    pub(crate) metadata: &'a HashMap<String, Value>,
    pub(crate) tensors: HashMap<&'a str, &'a [u64]>,
}

impl Checker<'_> {
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    pub(crate) fn optional_u32(&self, name: &str) -> Checked<Option<u64>> {
        let key = self.key(name);
        match self.metadata.get(&key) {
            None => Ok(None),
            Some(Value::U32(value)) => Ok(Some((*value).into())),
            Some(Value::Array(_)) => {
                unsupported(format!("the model has a different {key} in each layer; the engine needs one for all"))
            }
            Some(other) => invalid(format!("{key} is {}, not UINT32", other.type_name())),
        }
    }

    pub(crate) fn positive_u32(&self, name: &str) -> Checked<u64> {
        match self.optional_u32(name)? {
            Some(0) => invalid(format!("{} is 0", self.key(name))),
            Some(value) => Ok(value),
            None => invalid(format!("{} is missing", self.key(name))),
        }
    }

    pub(crate) fn epsilon(&self, name: &str) -> Checked<()> {
        let key = self.key(name);
        match self.metadata.get(&key) {
            Some(Value::F32(value)) if value.is_finite() && *value >= 0.0 => Ok(()),
            Some(Value::F32(value)) => invalid(format!("{key} is {value}")),
            Some(other) => invalid(format!("{key} is {}, not FLOAT32", other.type_name())),
            None => invalid(format!("{key} is missing")),
        }
    }

    pub(crate) fn shape(&self, name: &str) -> Checked<&[u64]> {
        match self.tensors.get(name) {
            Some(shape) => Ok(shape),
            None => invalid(format!("tensor {name} is missing, which a {} model needs", self.architecture)),
        }
    }

    pub(crate) fn tensor(&self, name: &str, expected: &[u64]) -> Checked<()> {
        let shape = self.shape(name)?;
        if shape != expected {
            return invalid(format!("tensor {name} has shape {shape:?}; the metadata asks for {expected:?}"));
        }
        Ok(())
    }

    pub(crate) fn optional(&self, name: &str, expected: &[u64]) -> Checked<()> {
        if self.tensors.contains_key(name) { self.tensor(name, expected) } else { Ok(()) }
    }

    /// A weight matrix and its bias.
    pub(crate) fn linear(&self, name: &str, input: u64, output: u64) -> Checked<()> {
        self.tensor(&format!("{name}.weight"), &[input, output])?;
        self.tensor(&format!("{name}.bias"), &[output])
    }

    /// The second dimension of a matrix with `input` columns.
    pub(crate) fn rows(&self, name: &str, input: u64) -> Checked<u64> {
        match *self.shape(name)? {
            [columns, rows] if columns == input && rows > 0 => Ok(rows),
            ref shape => invalid(format!("tensor {name} has shape {shape:?}; its first dimension should be {input}")),
        }
    }
}
