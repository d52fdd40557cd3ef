//! An embedding model as JavaScript holds it: loaded on a thread of its own, then asked for vectors.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{Float32Array, Function, Object, Result};
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use serde_json::json;
use tramontane_engine::{
    EmbeddingJobs, EmbeddingModelInfo, Embeddings, LoadOptions, load_embedding_model, set_threads,
};
use tramontane_error::{Error, ErrorCode};

use crate::progress_callback::ProgressCallback;
use crate::promises::{Awaited, Promises};

/// How long taking down a JavaScript environment waits for a text to end.
const TEARDOWN_WAIT: Duration = Duration::from_millis(200);

/// A model that turns texts into vectors. `src/native/native-binding.ts` says what callers may rely on.
#[napi]
pub struct NativeEmbeddingModel {
    model: Arc<Model>,
}

struct Model {
    options: String,
    progress: ProgressCallback,
    promises: Promises,
    jobs: OnceLock<EmbeddingJobs>,
    loader: Mutex<Option<JoinHandle<()>>>,
    /// The flags of calls that are under way.
    cancelled: Mutex<HashMap<u32, Arc<AtomicBool>>>,
    /// Vectors that nobody has taken yet.
    ready: Mutex<HashMap<u32, Vec<f32>>>,
    closing: AtomicBool,
    closes: AtomicU32,
}

#[napi]
impl NativeEmbeddingModel {
    /// A model that has yet to be loaded. `on_progress` is held weakly: it does not keep the process alive.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, options: String, on_progress: Function<'_, String, UnknownReturnValue>) -> Result<Self> {
        let model = Arc::new(Model {
            options,
            progress: ProgressCallback::new(on_progress)?,
            promises: Promises::new(),
            jobs: OnceLock::new(),
            loader: Mutex::new(None),
            cancelled: Mutex::default(),
            ready: Mutex::default(),
            closing: AtomicBool::new(false),
            closes: AtomicU32::new(0),
        });
        let torn_down = Arc::downgrade(&model);
        env.add_env_cleanup_hook(torn_down, |model| {
            if let Some(model) = model.upgrade() {
                model.promises.abandon();
                model.shut_down(TEARDOWN_WAIT);
            }
        })?;
        Ok(Self { model })
    }

    /// Starts loading. To be called once.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn loaded<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let promise = self.model.promises.promise(env, Awaited::Load)?;
        // On the JavaScript thread, as setting threads writes to the environment.
        let prepared = read_options(&self.model.options).and_then(|options| {
            let threads = set_threads(options.threads)?;
            Ok((options, threads))
        });
        let model = Arc::clone(&self.model);
        let loader = thread::Builder::new().name("tramontane-load".into()).stack_size(8 << 20).spawn(move || {
            let answer = match prepared.and_then(|(options, threads)| model.load(&options, threads)) {
                Ok(info) => json!({ "info": info }),
                Err(error) => json!({ "error": error }),
            };
            model.promises.settle(Awaited::Load, answer.to_string());
        })?;
        *lock(&self.model.loader) = Some(loader);
        Ok(promise)
    }

    /// Embeds texts, under an id that no other call has that is under way. The promise resolves with the JSON of
    /// `{ result }` or `{ error }`; vectors wait to be taken.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn embed<'env>(&self, env: &'env Env, call_id: u32, texts: Vec<String>) -> Result<Object<'env>> {
        let Some(jobs) = self.model.jobs.get() else {
            return Err(napi::Error::from_reason("embed was called before the model was loaded"));
        };
        let awaited = Awaited::Embedding(call_id);
        let promise = self.model.promises.promise(env, awaited)?;
        let cancelled = Arc::new(AtomicBool::new(false));
        lock(&self.model.cancelled).insert(call_id, Arc::clone(&cancelled));
        let model = Arc::clone(&self.model);
        jobs.embed(texts, cancelled, move |outcome| {
            lock(&model.cancelled).remove(&call_id);
            let answer = match outcome {
                Ok(Embeddings { vectors, input_tokens }) => {
                    lock(&model.ready).insert(call_id, vectors);
                    json!({ "result": { "inputTokens": input_tokens } })
                }
                Err(error) => json!({ "error": error }),
            };
            model.promises.settle(awaited, answer.to_string());
        });
        Ok(promise)
    }

    /// The vectors of a call whose promise has resolved with a result, one after the other. Once.
    #[napi(catch_unwind)]
    pub fn take(&self, call_id: u32) -> Float32Array {
        lock(&self.model.ready).remove(&call_id).unwrap_or_default().into()
    }

    /// Has a call end early. Any id, any time.
    #[napi(catch_unwind)]
    pub fn cancel(&self, call_id: u32) {
        if let Some(cancelled) = lock(&self.model.cancelled).get(&call_id) {
            cancelled.store(true, Ordering::Release);
        }
    }

    /// Cancels a load or all calls, and frees the weights. The promise resolves once they are freed.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let awaited = Awaited::Close(self.model.closes.fetch_add(1, Ordering::Relaxed));
        let promise = self.model.promises.promise(env, awaited)?;
        let model = Arc::clone(&self.model);
        self.model.closing.store(true, Ordering::Release);
        thread::Builder::new().name("tramontane-close".into()).spawn(move || {
            model.close();
            model.promises.settle(awaited, String::new());
        })?;
        Ok(promise)
    }

    /// Ends everything, calls nobody any more, and blocks until the engine is quiet, `wait_ms` at most.
    #[napi(catch_unwind)]
    pub fn shutdown(&self, wait_ms: u32) {
        self.model.shut_down(Duration::from_millis(wait_ms.into()));
    }
}

impl Drop for NativeEmbeddingModel {
    /// Nobody can reach the model any more: end what it does, and free it without making JavaScript wait.
    fn drop(&mut self) {
        self.model.shut_down(Duration::ZERO);
        let model = Arc::clone(&self.model);
        // Without a thread to spare the model stays; the process is in trouble then anyway.
        let _ = thread::Builder::new().name("tramontane-close".into()).spawn(move || model.close());
    }
}

impl Model {
    fn load(&self, options: &LoadOptions, threads: usize) -> std::result::Result<EmbeddingModelInfo, Error> {
        let cancelled = || self.closing.load(Ordering::Acquire);
        let (jobs, info) =
            load_embedding_model(options, threads, &mut |progress| self.progress.report(&progress), &cancelled)?;
        // Set once: only this thread does.
        let _ = self.jobs.set(jobs);
        Ok(info)
    }

    /// Waits for a load to end, then closes what it made.
    fn close(&self) {
        self.closing.store(true, Ordering::Release);
        // Joined under the lock: another close waits for the same load.
        if let Some(loader) = lock(&self.loader).take() {
            // It answers its own promise, also when it fails.
            let _ = loader.join();
        }
        if let Some(jobs) = self.jobs.get() {
            jobs.close();
        }
    }

    fn shut_down(&self, wait: Duration) {
        self.closing.store(true, Ordering::Release);
        self.progress.silence();
        for cancelled in lock(&self.cancelled).values() {
            cancelled.store(true, Ordering::Release);
        }
        if let Some(jobs) = self.jobs.get() {
            jobs.shut_down(wait);
        }
    }
}

fn read_options(options: &str) -> std::result::Result<LoadOptions, Error> {
    let options = serde_json::from_str(options).map_err(|error| {
        Error::new(ErrorCode::InvalidArgument, format!("the load options cannot be read: {error}"))
            .with_field("options")
    })?;
    LoadOptions::from_json(options)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
