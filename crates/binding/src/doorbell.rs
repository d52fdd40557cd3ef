//! Tells JavaScript that there is something to drain, from any thread.

use std::sync::{Mutex, PoisonError};

use napi::Status;
use napi::bindgen_prelude::{Function, Result};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};

/// Weak: it does not keep the process alive, so a model with nothing to do lets it end.
type Bell = ThreadsafeFunction<(), UnknownReturnValue, (), Status, false, true>;

/// One `bell()` in JavaScript; none once the environment is going away.
pub(crate) struct Doorbell(Mutex<Option<Bell>>);

impl Doorbell {
    pub fn new(callback: Function<'_, (), UnknownReturnValue>) -> Result<Self> {
        let bell = callback.build_threadsafe_function::<()>().callee_handled::<false>().weak::<true>().build()?;
        Ok(Self(Mutex::new(Some(bell))))
    }

    /// Returns at once.
    pub fn ring(&self) {
        if let Some(bell) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// After this has returned no ring is under way, nor will there be one.
    pub fn silence(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
