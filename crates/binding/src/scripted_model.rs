//! A model that plays a script, for tests of everything above the engine.

use std::thread;
use std::time::Duration;

use tramontane_engine::{LoadedModel, ModelInfo};
use tramontane_error::{Error, ErrorCode};
use tramontane_session::{Script, ScriptedBackend};

/// "Loads" a script, in the time that it wants.
pub(crate) fn load_script(script: Script, cancelled: &dyn Fn() -> bool) -> Result<LoadedModel, Error> {
    for _ in 0..script.load_ms {
        if cancelled() {
            return Err(Error::new(ErrorCode::Aborted, "the load was aborted"));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let backend = ScriptedBackend::new(script)?;
    let text = backend.text_interface()?;
    let info = ModelInfo {
        model: "scripted".into(),
        format: "scripted".into(),
        architecture: "scripted".into(),
        parameter_count: 0,
        quantization: "none".into(),
        context_length: text.context_length,
        trained_context_length: text.context_length,
        vocabulary_size: text.vocabulary_size,
        chat_template: Some(ScriptedBackend::CHAT_TEMPLATE.into()),
        device: "cpu".into(),
        dtype: "f32".into(),
        threads: 1,
        memory_bytes: 0,
    };
    Ok(LoadedModel { backend: Box::new(backend), text, info })
}
