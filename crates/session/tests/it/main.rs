//! A session's behaviour, on the scripted backend.

mod admission;
mod cancelling;
mod constraints;
mod failures;
mod reader;
mod taking_turns;
mod text;
mod tool_calls;
