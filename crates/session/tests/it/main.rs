//! A session's behaviour, on the scripted backend.

mod admission;
mod cancelling;
mod failures;
mod reader;
mod taking_turns;
mod text;
