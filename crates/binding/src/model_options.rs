//! The options of a load, as they come from JavaScript.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tramontane_engine::LoadOptions;
use tramontane_error::Error;
use tramontane_session::{Script, SessionOptions};

pub(crate) struct ModelOptions {
    pub source: ModelSource,
    pub session: SessionOptions,
}

/// Where the tokens come from.
pub(crate) enum ModelSource {
    /// A script, for tests of everything above the engine.
    Script(Script),
    /// A model's files.
    Files(LoadOptions),
}

impl ModelOptions {
    /// Reads options, and checks those that are not about the model's files.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let mut options: Map<String, Value> = serde_json::from_str(json)
            .map_err(|e| Error::invalid_argument("options", format!("the load options cannot be read: {e}")))?;
        let default = SessionOptions::default();
        let session = SessionOptions { max_queue: take(&mut options, "maxQueue")?.unwrap_or(default.max_queue) };
        let source = match take(&mut options, "scripted")? {
            Some(script) => ModelSource::Script(script),
            None => ModelSource::Files(LoadOptions::from_json(Value::Object(options))?),
        };
        Ok(Self { source, session })
    }
}

/// Takes out an option that the engine does not know.
fn take<T: DeserializeOwned>(options: &mut Map<String, Value>, name: &str) -> Result<Option<T>, Error> {
    let value = options.remove(name).unwrap_or_default();
    Option::deserialize(value).map_err(|e| Error::invalid_argument(name, format!("{name} cannot be read: {e}")))
}
