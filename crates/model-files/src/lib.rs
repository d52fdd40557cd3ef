//! A model's files, on disk and on the Hugging Face hub: found, downloaded, and checked before the engine sees them.
//!
//! Start at [`resolve`]. Nothing here names the engine; what the engine accepts is written down in `gguf::architecture`
//! and `model_config`.

mod file_choice;
mod gguf;
mod gguf_tokenizer;
mod hub;
mod hub_cache;
mod hub_client;
mod hub_download;
mod hub_id;
mod hub_settings;
mod locate;
mod model_config;
mod model_folder;
mod model_reference;
mod pre_tokenizer;
mod progress;
mod resolve;
mod safetensors;
mod sentencepiece;

pub use gguf::{Array, GgufDimensions, GgufHeader, GgufVocabulary, StringList, Tensor, TensorType, Value};
pub use gguf_tokenizer::{GgufTokenizer, build_tokenizer};
pub use model_folder::ModelFolder;
pub use model_reference::{ModelFiles, ModelReference};
pub use progress::{Phase, Progress};
pub use resolve::resolve;
pub use safetensors::SafetensorsHeader;
