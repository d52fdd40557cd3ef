//! The session, embedding models and work on files as napi objects: the only crate that names napi, and as thin as it can be.
//!
//! Values cross as JSON, in the words of the TypeScript API: one string a drain is cheaper than an object a part, and
//! nothing on the other side has to be translated. Failures are values too; what throws is only what no caller can cause.

mod doorbell;
mod model_options;
mod native_embedding_model;
mod native_model;
mod native_model_files;
mod progress_callback;
mod promises;
mod scripted_model;
mod text_thread;

pub use native_embedding_model::NativeEmbeddingModel;
pub use native_model::NativeModel;
pub use native_model_files::NativeModelFiles;
