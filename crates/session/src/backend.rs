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

/// A sequence to run, or to go on with.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// The sequence's number: 0 for the first that the session took in, and so on. Runs of one sequence share it.
    pub sequence: u64,
    /// Everything to go on from: the prompt, and what was generated so far. Never empty.
    pub tokens: &'a [u32],
    /// How many tokens the whole prompt has. `tokens` may be a part of it: a long prompt is computed in several runs.
    pub prompt_length: usize,
    /// How many of `tokens` earlier runs have computed, of this sequence or of others with the same beginning. The backend
    /// may not have kept them since.
    pub computed: usize,
}

/// An inference engine that is fed tokens.
///
/// Sampling, stopping and cancelling are the caller's, all through `step`: a backend never decides by itself that a
/// sequence is over. A sequence may be run in several slices, each going on where the last one stopped, with slices of
/// others in between; a backend that keeps what it has computed makes that cheap, but must give the same logits anyway.
pub trait Backend: Send + Sync + 'static {
    /// How many sequences may be computed at the same time. [`Backend::run`] is called from this many threads.
    fn parallel_sequences(&self) -> usize;

    /// How many tokens, of all sequences together, stay computed between runs: as many sequences take turns as fit in. 0
    /// where nothing is kept; no more sequences are then begun than are computed at the same time, each to its end.
    fn kept_tokens(&self) -> usize;

    /// How many tokens, of all sequences together, may be computed and in memory while no more sequences are about than are
    /// computed at the same time. One alone may have more.
    fn live_tokens(&self) -> usize {
        usize::MAX
    }

    /// How many of `tokens`, from the first on, a run would find kept, as far as the backend can tell beforehand.
    fn kept(&self, _tokens: &[u32]) -> usize {
        0
    }

    /// Computes what is new in `run.tokens`, then decodes until `step` ends the run. Blocks; returns once the engine holds
    /// nothing but what it keeps for a later run. The number is how many of `run.tokens`, from the first on, it had kept,
    /// and did not compute.
    ///
    /// # Errors
    ///
    /// The engine failed, or gave up the sequence before `step` ended it. Other sequences are not affected, and the next
    /// call may work again.
    fn run(&self, run: Run<'_>, step: Step) -> Result<usize, Error>;

    /// For tests: has the engine die at its next step, as if it had crashed. What it runs then fails; the next run works.
    fn kill(&self) {}
}
