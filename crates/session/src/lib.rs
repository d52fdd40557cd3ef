//! A generation's life, from admission to its last part.
//!
//! This crate names neither the inference engine nor Node: a [`Backend`] runs token sequences, and whoever owns a
//! [`Session`] drains its parts. So everything here is tested in seconds, against a [`ScriptedBackend`].
//!
//! ```text
//! submit ─▶ intake ──────▶ schedule ────▶ decode ───────────────▶ mailbox ─▶ drain
//!           prompt to      whose turn     Backend::run, one       parts, and
//!           tokens, limits it is          Sequence::step a token  one bell
//! ```

mod backend;
mod byte_tokenizer;
mod chat_prompt;
mod chat_template;
mod context_overflow;
mod control;
mod decode;
mod detokenizer;
mod fields;
mod grammar;
mod intake;
mod log_probabilities;
mod mailbox;
mod metrics;
mod reply;
mod reply_parts;
mod request;
mod sampler;
mod schedule;
mod scripted_backend;
mod sequence;
mod session;
mod shared;
mod stop_matcher;
mod stopwatch;
mod stream_part;
mod text_interface;
mod text_task;
mod tool_call_grammar;
mod tools;

pub use backend::{Backend, Next, Run, Step};
pub use byte_tokenizer::byte_tokenizer;
pub use chat_template::{ChatTemplate, SpecialTokens};
pub use context_overflow::{ContextOverflow, PromptTokens};
pub use detokenizer::Detokenizer;
pub use grammar::{Grammar, GrammarFactory, GrammarSource, TokenMask};
pub use log_probabilities::{LogProbability, TokenLogProbabilities};
pub use mailbox::{Batch, Bell, StreamId};
pub use metrics::Metrics;
pub use reply::{ReasoningFormat, ReplyEvent, ReplyFormat, ReplyParser, ToolCallFormat};
pub use request::{GenerationRequest, Prompt};
pub use sampler::{Dry, Sampled, Sampler, Sampling};
pub use scripted_backend::{Script, ScriptedBackend, ScriptedReply};
pub use session::{Session, SessionOptions};
pub use stop_matcher::{StopMatcher, StopOutcome, validate_stop_sequences};
pub use stream_part::{FinishReason, StreamPart, Timings, TokenAlternative, TokenLogProbability, Usage};
pub use text_interface::TextInterface;
pub use text_task::{RenderedPrompt, TextTask};
pub use tools::{Tool, ToolChoice, ToolRequest};
pub use tramontane_error::{Error, ErrorCode};
