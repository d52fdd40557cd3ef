//! Tells JavaScript how far a load has come.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use napi::Status;
use napi::bindgen_prelude::{Function, Result};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode, UnknownReturnValue};
use tramontane_engine::{LoadPhase, LoadProgress};

type Callback = ThreadsafeFunction<String, UnknownReturnValue, String, Status, false, true>;

/// No more often than a person could see.
const INTERVAL: Duration = Duration::from_millis(33);

/// `onProgress(json)` in JavaScript, from any thread.
pub(crate) struct ProgressCallback {
    /// Gone once the environment is.
    callback: Mutex<Option<Callback>>,
    last: Mutex<Option<(LoadPhase, Instant)>>,
}

impl ProgressCallback {
    pub fn new(callback: Function<'_, String, UnknownReturnValue>) -> Result<Self> {
        let callback =
            callback.build_threadsafe_function::<String>().callee_handled::<false>().weak::<true>().build()?;
        Ok(Self { callback: Mutex::new(Some(callback)), last: Mutex::new(None) })
    }

    /// Passes on the first and the last of a phase, and of what is between, as much as can be seen.
    pub fn report(&self, progress: &LoadProgress) {
        let complete = progress.total == Some(progress.done);
        {
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if !complete && last.is_some_and(|(phase, at)| phase == progress.phase && now - at < INTERVAL) {
                return;
            }
            *last = Some((progress.phase, now));
        }
        if let Ok(json) = serde_json::to_string(progress) {
            self.send(json);
        }
    }

    /// Passes on what is rare enough by itself.
    pub fn send(&self, json: String) {
        if let Some(callback) = &*self.callback.lock().unwrap_or_else(PoisonError::into_inner) {
            callback.call(json, ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// After this has returned no call is under way, nor will there be one.
    pub fn silence(&self) {
        self.callback.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
