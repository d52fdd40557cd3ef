//! safetensors 0.8.0 under the version number that mistralrs 0.8.1 asks for.
pub use safetensors_0_8::*;
