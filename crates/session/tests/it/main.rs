//! A session's behaviour, on backends without a model.

mod admission;
mod any_interleaving;
mod cancelling;
mod constraints;
mod failures;
mod hash_backend;
mod log_probabilities;
mod prompt_length;
mod reader;
mod side_by_side;
mod taking_turns;
mod text;
mod tool_calls;
mod usage;
