//! mistralrs as a [`Backend`](tramontane_session::Backend): the only crate that names it.
//!
//! [`load`] finds a model's files, checks them, hands them to mistralrs, and returns a backend that is fed tokens,
//! together with the text side of the model.

mod chat_template_source;
mod companion_files;
#[cfg(patched)]
mod cpu_kernels;
mod device;
mod embedding_config;
mod embedding_jobs;
mod embedding_model;
mod embedding_model_info;
mod end_tokens;
mod engine_thread;
mod isq;
mod kept_sequences;
mod load;
mod load_embedding_model;
mod load_folder;
mod load_gguf;
mod load_options;
mod load_progress;
mod load_watch;
mod memory;
mod mistral_backend;
mod model_info;
mod shared_steps;
mod threads;

pub use embedding_jobs::{EmbeddingJobs, Embeddings};
pub use embedding_model_info::EmbeddingModelInfo;
pub use load::{LoadedModel, load};
pub use load_embedding_model::load_embedding_model;
pub use load_options::LoadOptions;
pub use load_progress::{LoadPhase, LoadProgress, LoadUnit};
pub use model_info::ModelInfo;
pub use threads::set_threads;
