//! A model as JavaScript holds it: loaded on a thread of its own, then a session.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{Function, Object, Result};
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use serde::Serialize;
use serde_json::{Value, json};
use tramontane_engine::{LoadedModel, ModelInfo, load, set_threads};
use tramontane_error::{Error, ErrorCode};
use tramontane_session::{GenerationRequest, Metrics, Session, StreamId, TextTask};

use crate::doorbell::Doorbell;
use crate::model_options::{ModelOptions, ModelSource};
use crate::progress_callback::ProgressCallback;
use crate::promises::{Awaited, Promises};
use crate::scripted_model::load_script;
use crate::text_thread::TextThread;

/// How long taking down a JavaScript environment waits for a decode step to end.
const TEARDOWN_WAIT: Duration = Duration::from_millis(200);

/// What a stream's promise resolves with where the stream is not over.
const PAUSED: &str = "paused";

/// A model: first it loads, then it runs generations. `src/native/native-binding.ts` says what callers may rely on.
#[napi]
pub struct NativeModel {
    model: Arc<Model>,
}

struct Model {
    options: String,
    doorbell: Arc<Doorbell>,
    progress: ProgressCallback,
    promises: Promises,
    session: OnceLock<Session>,
    loader: Mutex<Option<JoinHandle<()>>>,
    text_thread: TextThread,
    closing: AtomicBool,
    closes: AtomicU32,
    questions: AtomicU32,
}

#[napi]
impl NativeModel {
    /// A model that has yet to be loaded. `bell` and `on_progress` are held weakly: neither keeps the process alive.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        options: String,
        bell: Function<'_, (), UnknownReturnValue>,
        on_progress: Function<'_, String, UnknownReturnValue>,
    ) -> Result<Self> {
        let model = Arc::new(Model {
            options,
            doorbell: Arc::new(Doorbell::new(bell)?),
            progress: ProgressCallback::new(on_progress)?,
            promises: Promises::new(),
            session: OnceLock::new(),
            loader: Mutex::new(None),
            text_thread: TextThread::default(),
            closing: AtomicBool::new(false),
            closes: AtomicU32::new(0),
            questions: AtomicU32::new(0),
        });
        // Hooks run last in, first out: ours before those that take down the callbacks created above.
        let torn_down = Arc::downgrade(&model);
        env.add_env_cleanup_hook(torn_down, |model| {
            if let Some(model) = model.upgrade() {
                model.leave_environment();
            }
        })?;
        Ok(Self { model })
    }

    /// Starts loading. To be called once.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn loaded<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let promise = self.model.promises.promise(env, Awaited::Load)?;
        // On the JavaScript thread, as setting threads writes to the environment.
        let prepared = ModelOptions::from_json(&self.model.options).and_then(|options| {
            let threads = match &options.source {
                ModelSource::Script(_) => 1,
                ModelSource::Files(files) => set_threads(files.threads)?,
            };
            Ok((options, threads))
        });
        let model = Arc::clone(&self.model);
        let loader = thread::Builder::new().name("tramontane-load".into()).stack_size(8 << 20).spawn(move || {
            let outcome = prepared.and_then(|(options, threads)| model.load(options, threads));
            let answer = match outcome {
                Ok(info) => json!({ "info": info }),
                Err(error) => json!({ "error": error }),
            };
            model.promises.settle(Awaited::Load, answer.to_string());
        })?;
        *self.model.loader.lock().unwrap_or_else(PoisonError::into_inner) = Some(loader);
        Ok(promise)
    }

    /// Queues a generation. The promise resolves once its last part can be drained, with `""`, or once it is paused, with
    /// `"paused"`.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn submit<'env>(&self, env: &'env Env, stream_id: StreamId, request: String) -> Result<Object<'env>> {
        let Some(session) = self.model.session.get() else {
            return Err(napi::Error::from_reason("submit was called before the model was loaded"));
        };
        let promise = self.model.promises.promise(env, Awaited::Stream(stream_id))?;
        let model = Arc::clone(&self.model);
        session.submit(
            stream_id,
            move || GenerationRequest::from_json(&request),
            move || model.promises.settle(Awaited::Stream(stream_id), String::new()),
        );
        Ok(promise)
    }

    /// What all streams have produced since the last drain, as a JSON batch.
    #[napi(catch_unwind)]
    pub fn drain(&self, max: u32) -> Result<String> {
        let batch = self.model.session.get().map(|session| session.drain(max as usize)).unwrap_or_default();
        to_json(&batch)
    }

    /// Raises a stream's cancel flag. Any stream, any time.
    #[napi(catch_unwind)]
    pub fn cancel(&self, stream_id: StreamId) {
        if let Some(session) = self.model.session.get() {
            session.cancel(stream_id);
        }
    }

    /// Takes a stream out of its turn until it is resumed, and resolves its promise with `"paused"`: until then it does
    /// not keep the process alive. Any stream, any time.
    #[napi(catch_unwind)]
    pub fn pause(&self, stream_id: StreamId) {
        if let Some(session) = self.model.session.get() {
            session.pause(stream_id);
        }
        self.model.promises.settle(Awaited::Stream(stream_id), PAUSED.into());
    }

    /// Lets a paused stream go on. The promise is that of `submit` once more; it resolves at once for a stream that is
    /// over. Any stream, any time: a promise that is still pending resolves with `"paused"`, and the new one counts.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn resume<'env>(&self, env: &'env Env, stream_id: StreamId) -> Result<Object<'env>> {
        let (promises, awaited) = (&self.model.promises, Awaited::Stream(stream_id));
        promises.settle(awaited, PAUSED.into());
        let promise = promises.promise(env, awaited)?;
        let session = self.model.session.get();
        if let Some(session) = session {
            session.resume(stream_id);
        }
        // A stream that ends from now on finds the promise; for one that has ended before, it is settled here.
        if !session.is_some_and(|session| session.is_live(stream_id)) {
            promises.settle(awaited, String::new());
        }
        Ok(promise)
    }

    /// How long a request's prompt is: the JSON of `{ inputTokens, droppedMessages }` or `{ error }`.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn count_tokens<'env>(&self, env: &'env Env, request: String) -> Result<Object<'env>> {
        self.ask(env, move |session| Ok(json!(session.count_tokens(&GenerationRequest::from_json(&request)?)?)))
    }

    /// What the text side answers to a task: the JSON of `{ result }` or `{ error }`.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn answer<'env>(&self, env: &'env Env, task: String) -> Result<Object<'env>> {
        self.ask(env, move |session| Ok(json!({ "result": session.answer(&TextTask::from_json(&task)?)? })))
    }

    /// For tests: the engine's thread dies at its next step. Streams that it computes then fail; later ones start it anew.
    #[napi(catch_unwind)]
    pub fn kill_engine(&self) {
        if let Some(session) = self.model.session.get() {
            session.kill_engine();
        }
    }

    /// How many streams are to be taken up before this one; nothing once it is taken up.
    #[napi(catch_unwind)]
    pub fn queue_position(&self, stream_id: StreamId) -> Option<u32> {
        let position = self.model.session.get()?.queue_position(stream_id)?;
        u32::try_from(position).ok()
    }

    /// The session's counters as JSON.
    #[napi(catch_unwind)]
    pub fn metrics(&self) -> Result<String> {
        let metrics = self.model.session.get().map_or_else(Metrics::default, Session::metrics);
        to_json(&metrics)
    }

    /// Cancels a load or all streams, and frees the weights. The promise resolves once they are freed.
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

    /// Cancels everything, calls nobody any more, and blocks until the engine is quiet, `wait_ms` at most.
    #[napi(catch_unwind)]
    pub fn shutdown(&self, wait_ms: u32) {
        self.model.shut_down(Duration::from_millis(wait_ms.into()));
    }
}

impl NativeModel {
    /// Has `question` answered on a thread that is there for such.
    fn ask<'env>(
        &self,
        env: &'env Env,
        question: impl FnOnce(&Session) -> std::result::Result<Value, Error> + Send + 'static,
    ) -> Result<Object<'env>> {
        let awaited = Awaited::Answer(self.model.questions.fetch_add(1, Ordering::Relaxed));
        let promise = self.model.promises.promise(env, awaited)?;
        let model = Arc::clone(&self.model);
        self.model.text_thread.ask(Box::new(move || {
            let answer = model.session.get().ok_or_else(not_loaded).and_then(question);
            let answer = answer.unwrap_or_else(|error| json!({ "error": error }));
            model.promises.settle(awaited, answer.to_string());
        }))?;
        Ok(promise)
    }
}

impl Drop for NativeModel {
    /// Nobody can reach the model any more: end what it does, and free it without making JavaScript wait.
    fn drop(&mut self) {
        self.model.shut_down(Duration::ZERO);
        let model = Arc::clone(&self.model);
        // Without a thread to spare the model stays; the process is in trouble then anyway.
        let _ = thread::Builder::new().name("tramontane-close".into()).spawn(move || model.close());
    }
}

impl Model {
    fn load(&self, options: ModelOptions, threads: usize) -> std::result::Result<ModelInfo, Error> {
        let cancelled = || self.closing.load(Ordering::Acquire);
        let LoadedModel { backend, text, info } = match options.source {
            ModelSource::Script(script) => load_script(script, &cancelled)?,
            ModelSource::Files(files) => {
                load(&files, threads, &mut |progress| self.progress.report(&progress), &cancelled)?
            }
        };
        let doorbell = Arc::clone(&self.doorbell);
        let session = Session::new(backend, text, options.session, Box::new(move || doorbell.ring()))?;
        // Set once: only this thread does.
        let _ = self.session.set(session);
        Ok(info)
    }

    /// Waits for a load to end, then closes what it made.
    fn close(&self) {
        self.closing.store(true, Ordering::Release);
        // Joined under the lock: another close waits for the same load.
        if let Some(loader) = self.loader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It answers its own promise, also when it fails.
            let _ = loader.join();
        }
        if let Some(session) = self.session.get() {
            session.close();
        }
    }

    fn shut_down(&self, wait: Duration) {
        self.closing.store(true, Ordering::Release);
        self.progress.silence();
        self.doorbell.silence();
        if let Some(session) = self.session.get() {
            session.shut_down(wait);
        }
    }

    /// The environment that loaded the model is being taken down: nothing may call into it any more.
    fn leave_environment(&self) {
        self.promises.abandon();
        self.shut_down(TEARDOWN_WAIT);
    }
}

fn not_loaded() -> Error {
    Error::new(ErrorCode::Closed, "the model is not loaded")
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|e| napi::Error::from_reason(e.to_string()))
}
