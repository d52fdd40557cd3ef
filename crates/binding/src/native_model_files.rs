//! Models' files, without loading them: downloads, the cache, descriptions. Each task has a thread of its own.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use napi::Env;
use napi::bindgen_prelude::{Function, Object, Result};
use napi::threadsafe_function::UnknownReturnValue;
use napi_derive::napi;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tramontane_engine::LoadProgress;
use tramontane_error::{Error, ErrorCode, panic_message};
use tramontane_model_files::{ModelReference, cached_models, describe, download, remove_cached_model};

use crate::progress_callback::ProgressCallback;
use crate::promises::{Awaited, Promises};

/// What can be asked for.
#[derive(Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Task {
    Download {
        #[serde(flatten)]
        reference: ModelReference,
    },
    Inspect {
        context_length: Option<u64>,
        #[serde(flatten)]
        reference: ModelReference,
    },
    ListCached {
        cache_dir: Option<PathBuf>,
    },
    RemoveCached {
        model: String,
        revision: Option<String>,
        cache_dir: Option<PathBuf>,
    },
}

/// What works on files for one JavaScript environment. `src/native/native-binding.ts` says what callers may rely on.
#[napi]
pub struct NativeModelFiles {
    tasks: Arc<Tasks>,
}

struct Tasks {
    progress: ProgressCallback,
    promises: Promises,
    /// The flags of those that run.
    cancelled: Mutex<HashMap<u32, Arc<AtomicBool>>>,
}

#[napi]
impl NativeModelFiles {
    /// `on_progress` is held weakly: it does not keep the process alive.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, on_progress: Function<'_, String, UnknownReturnValue>) -> Result<Self> {
        let tasks = Arc::new(Tasks {
            progress: ProgressCallback::new(on_progress)?,
            promises: Promises::new(),
            cancelled: Mutex::default(),
        });
        let torn_down = Arc::downgrade(&tasks);
        env.add_env_cleanup_hook(torn_down, |tasks| {
            if let Some(tasks) = tasks.upgrade() {
                tasks.leave_environment();
            }
        })?;
        Ok(Self { tasks })
    }

    /// Does what the JSON asks for, under an id that no other task has that runs. The promise resolves with the JSON of
    /// `{ result }` or `{ error }`.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn run<'env>(&self, env: &'env Env, task_id: u32, task: String) -> Result<Object<'env>> {
        let awaited = Awaited::Files(task_id);
        let promise = self.tasks.promises.promise(env, awaited)?;
        let cancelled = Arc::new(AtomicBool::new(false));
        lock(&self.tasks.cancelled).insert(task_id, Arc::clone(&cancelled));
        let tasks = Arc::clone(&self.tasks);
        thread::Builder::new().name("tramontane-files".into()).stack_size(8 << 20).spawn(move || {
            let outcome = catch_unwind(AssertUnwindSafe(|| tasks.perform(task_id, &task, &cancelled)));
            let answer = match outcome.unwrap_or_else(|panic| Err(panicked(panic_message(&*panic)))) {
                Ok(result) => json!({ "result": result }),
                Err(error) => json!({ "error": error }),
            };
            lock(&tasks.cancelled).remove(&task_id);
            tasks.promises.settle(awaited, answer.to_string());
        })?;
        Ok(promise)
    }

    /// Has a task end early. Any id, any time.
    #[napi(catch_unwind)]
    pub fn cancel(&self, task_id: u32) {
        if let Some(cancelled) = lock(&self.tasks.cancelled).get(&task_id) {
            cancelled.store(true, Ordering::Release);
        }
    }
}

impl Tasks {
    fn perform(&self, id: u32, task: &str, cancelled: &AtomicBool) -> std::result::Result<Value, Error> {
        let cancelled = || cancelled.load(Ordering::Acquire);
        match serde_json::from_str(task).map_err(unreadable)? {
            Task::Download { reference } => {
                let mut report = |progress| {
                    let progress = json!({ "taskId": id, "progress": LoadProgress::from(progress) });
                    self.progress.send(progress.to_string());
                };
                as_json(&download(&reference, &mut report, &cancelled)?)
            }
            Task::Inspect { context_length, reference } => {
                let description = describe(&reference, context_length)?;
                // It takes moments, in which nobody asks whether to go on.
                if cancelled() {
                    return Err(Error::new(ErrorCode::Aborted, "the inspection was aborted by its abortSignal"));
                }
                as_json(&description)
            }
            Task::ListCached { cache_dir } => as_json(&cached_models(cache_dir)?),
            Task::RemoveCached { model, revision, cache_dir } => {
                as_json(&remove_cached_model(&model, revision.as_deref(), cache_dir)?)
            }
        }
    }

    fn leave_environment(&self) {
        self.promises.abandon();
        self.progress.silence();
        for cancelled in lock(&self.cancelled).values() {
            cancelled.store(true, Ordering::Release);
        }
    }
}

fn as_json(value: &impl Serialize) -> std::result::Result<Value, Error> {
    serde_json::to_value(value).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::invalid_argument("options", format!("the options cannot be read: {error}"))
}

fn panicked(message: Option<String>) -> Error {
    let message = message.unwrap_or_else(|| "it panicked".to_owned());
    Error::new(ErrorCode::EngineFailed, format!("reading the model's files failed: {message}"))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
