//! What a session asks of an inference engine: run one sequence of tokens, and ask us for every next one.

use tramontane_error::Error;

/// The answer to one position's logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Append this token and compute the next position.
    Token(u32),
    /// The sequence is over; free it. Nothing more is computed for it.
    End,
}

/// Answers the logits of one position, one value per token of the vocabulary.
///
/// Called once per decode step on the engine's own thread, so it must be quick and must not panic. Once it has answered
/// [`Next::End`] it goes on answering that.
pub type Step = Box<dyn FnMut(&[f32]) -> Next + Send>;

/// An inference engine that is fed tokens.
///
/// Sampling, stopping and cancelling are the caller's, all through `step`: a backend never decides by itself that a
/// sequence is over.
pub trait Backend: Send + Sync + 'static {
    /// How many sequences may run at once. [`Backend::run`] is called from this many threads.
    fn parallel_sequences(&self) -> usize;

    /// Prefills `prompt`, then decodes until `step` ends the sequence. Blocks; returns once the sequence is freed.
    ///
    /// `prompt` is never empty, and `prompt.len() + max_output_tokens` fits the context; `step` ends the sequence within
    /// `max_output_tokens` calls.
    ///
    /// # Errors
    ///
    /// The engine failed, or gave up the sequence before `step` ended it. Other sequences are not affected, and the next
    /// call may work again.
    fn run(&self, prompt: &[u32], max_output_tokens: usize, step: Step) -> Result<(), Error>;
}
