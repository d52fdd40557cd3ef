//! The one error type of tramontane, with the same codes in Rust and in TypeScript.

use std::any::Any;
use std::fmt;
use std::path::Path;

use serde::Serialize;

/// What went wrong, as a stable word that callers may match on. Messages may change between versions, codes may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// A value passed by the caller cannot be used; [`Error::field`] names it.
    InvalidArgument,
    /// No such file, folder or hub repository, or nothing in it that is a model.
    ModelNotFound,
    /// The model's files are damaged or contradict themselves; [`Error::file`] names the one at fault.
    InvalidModel,
    /// The files are sound, but hold an architecture or quantisation that the engine does not know.
    UnsupportedModel,
    /// The device does not exist here, or this build cannot use it.
    UnsupportedDevice,
    /// The hub could not be reached, refused, or sent something else than asked for.
    DownloadFailed,
    /// Somebody is bringing the model into the cache at this moment.
    ModelBusy,
    /// A file of the cache could not be deleted; [`Error::file`] names it.
    CacheFailed,
    /// A chat was asked of a model that has no chat template.
    NoChatTemplate,
    /// The prompt does not fit the context.
    ContextOverflow,
    /// Too many streams wait already; [`Error::retry_after_ms`] says when it may be worth another try.
    QueueFull,
    /// The stream was not taken up by its deadline.
    DeadlineExceeded,
    /// The caller's signal was raised before there was anything to keep.
    Aborted,
    /// The model was closed.
    Closed,
    /// The engine failed while loading or generating.
    EngineFailed,
}

/// A failure: its code, a sentence that says what to do next, and what is at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    /// The stable word to match on.
    pub code: ErrorCode,
    /// For people; may change between versions.
    pub message: String,
    /// The request field or option at fault, in the spelling of the TypeScript API (`maxOutputTokens`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The file at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// How long to wait before trying again, in milliseconds: an estimate, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Error {
    /// An error that is about neither a field nor a file.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, file: None, retry_after_ms: None }
    }

    /// [`ErrorCode::InvalidArgument`] for `field`.
    pub fn invalid_argument(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidArgument, message).with_field(field)
    }

    /// [`ErrorCode::InvalidModel`] for `file`.
    pub fn invalid_model(file: impl AsRef<Path>, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidModel, message).with_file(file)
    }

    /// Names the request field or option at fault.
    pub fn with_field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the file at fault.
    pub fn with_file(mut self, file: impl AsRef<Path>) -> Self {
        self.file = Some(file.as_ref().display().to_string());
        self
    }
}

/// What a caught panic said, where it was words.
pub fn panic_message(panic: &(dyn Any + Send)) -> Option<String> {
    let literal = || panic.downcast_ref::<&str>().map(ToString::to_string);
    panic.downcast_ref::<String>().cloned().or_else(literal)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
