//! The engine on real and tiny weights. Needs `TRAMONTANE_TEST_MODEL`, which `npm test` sets.

mod exact_pieces;
mod greedy_like_mistralrs;
mod kept;
mod models;
mod shared_steps;
mod slices;
mod uqff;
mod whole_context;
