//! Arithmetic on the CPU in which each row of a result depends on that row's own input alone: not on how many rows are
//! computed with it, on the other sequences of a batch, or on the number of threads. So a prompt that is computed in
//! pieces, or goes on from what was kept, gives bit for bit what it gives in one piece.
//!
//! The order of every sum is fixed by absolute positions, and written down once for sixteen lanes ([`lanes`]); the
//! instruction sets only differ in how many registers sixteen lanes take. All of them round alike, so the result is
//! the same on each of them as well, but nothing relies on that.

#![allow(clippy::too_many_arguments)]

mod attention;
mod lanes;
mod level;
mod mask;
mod matmul;
mod quantised_matmul;
mod rows;
mod swiglu;
mod threads;
mod view;

pub use attention::{Attention, Sees, attention};
pub use level::Level;
pub use mask::{Mask, MaskRanges};
pub use matmul::matmul_transposed;
pub use quantised_matmul::{BlockType, IntegerLevel, QuantisedMatrix, quantised_matmul};
pub use swiglu::swiglu;
pub use threads::{OneThread, Threads};
pub use view::{Data, View};
