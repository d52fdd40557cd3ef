//! A model's files, on disk and on the Hugging Face hub: found, downloaded, and checked before the engine sees them.
//!
//! Start at [`resolve`], or at [`describe`] for what a model is without loading it. Nothing here names the engine; what the engine accepts is written down in `gguf::architecture`
//! and `model_config`.

mod cached_models;
mod chat_template;
mod describe_folder;
mod describe_gguf;
mod downloaded_model;
mod embedding_modules;
mod file_choice;
mod gguf;
mod gguf_tokenizer;
mod hub;
mod hub_cache;
mod hub_client;
mod hub_download;
mod hub_id;
mod hub_settings;
mod listed_file;
mod locate;
mod model_config;
mod model_description;
mod model_folder;
mod model_reference;
mod pre_tokenizer;
mod progress;
mod remove_cached_model;
mod resolve;
mod safetensors;
mod sentencepiece;
mod tensor_count;

pub use cached_models::{CachedFile, CachedModel, CachedRevision, cached_models};
pub use chat_template::chat_template_in;
pub use downloaded_model::{DownloadedModel, download};
pub use embedding_modules::{EmbeddingModule, EmbeddingModules, Pooling};
pub use gguf::{Array, GgufDimensions, GgufHeader, GgufVocabulary, StringList, Tensor, TensorType, Value};
pub use gguf_tokenizer::{GgufTokenizer, build_tokenizer};
pub use listed_file::ListedFile;
pub use model_description::{MemoryEstimate, ModelDescription, ModelKind, TypeOfTensors, describe};
pub use model_folder::ModelFolder;
pub use model_reference::{ModelFiles, ModelReference};
pub use progress::{Phase, Progress};
pub use remove_cached_model::{RemovedModel, remove_cached_model};
pub use resolve::resolve;
pub use safetensors::SafetensorsHeader;
pub use tensor_count::TensorCount;
