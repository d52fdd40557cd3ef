//! A session's behaviour, on the scripted backend.

mod admission;
mod cancelling;
mod constraints;
mod failures;
mod log_probabilities;
mod prompt_length;
mod reader;
mod taking_turns;
mod text;
