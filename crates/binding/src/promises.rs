//! Promises that other threads settle. A pending one keeps the process alive.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use napi::bindgen_prelude::{Object, Result};
use napi::{Env, JsDeferred};
use tramontane_session::StreamId;

/// What a promise waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Awaited {
    Load,
    /// The n-th call of `close`.
    Close(u32),
    /// The n-th question to the text side.
    Answer(u32),
    Stream(StreamId),
    /// A call for vectors, by its id.
    Embedding(u32),
    /// Work on files, by its id.
    Files(u32),
}

type Resolver = Box<dyn FnOnce(Env) -> Result<String> + Send>;

/// The pending promises of one object, by what they wait for; none once the environment is going away.
///
/// A promise must not be settled from another thread once its environment is being taken down, so all that could be are
/// kept here, where [`Promises::abandon`] can take them away.
pub(crate) struct Promises(Mutex<Option<HashMap<Awaited, JsDeferred<String, Resolver>>>>);

impl Promises {
    pub fn new() -> Self {
        Self(Mutex::new(Some(HashMap::new())))
    }

    /// A new promise; called on the JavaScript thread, with none that waits for the same.
    pub fn promise<'env>(&self, env: &'env Env, awaited: Awaited) -> Result<Object<'env>> {
        let (deferred, promise) = env.create_deferred::<String, Resolver>()?;
        if let Some(pending) = &mut *self.lock() {
            pending.insert(awaited, deferred);
        }
        Ok(promise)
    }

    /// Resolves the promise that waits for `awaited`, if there still is one.
    pub fn settle(&self, awaited: Awaited, value: String) {
        // Settled under the lock, so that none is under way once `abandon` has returned.
        if let Some(deferred) = self.lock().as_mut().and_then(|pending| pending.remove(&awaited)) {
            deferred.resolve(Box::new(move |_| Ok(value)));
        }
    }

    /// Lets go of all promises, unsettled: their environment is going away.
    pub fn abandon(&self) {
        // Forgotten rather than dropped: dropping would still touch the environment.
        std::mem::forget(self.lock().take());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<HashMap<Awaited, JsDeferred<String, Resolver>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
