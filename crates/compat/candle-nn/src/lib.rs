//! candle-nn 0.11.1 under the version number that mistralrs 0.8.1 asks for.
pub use candle_nn_0_11::*;
