//! Whose turn it is.
//!
//! A stream passes through three places: *intake*, until its prompt has become tokens; *waiting*, until there is room
//! among those in turn; *in turn*, where it gets slices until it ends. A paused one leaves the turn and is *parked*. For
//! whoever asks, it is queued until its first slice, wherever it is.
//!
//! What must hold: within a priority, streams are taken in in the order of submission and get their slices in a circle;
//! one that has its first token lets others have theirs, before it goes on; one long prompt is computed at a time, so that
//! others with the same beginning find it kept, and do not compute it too; where there are more than are computed at the
//! same time, they never hold more computed tokens than the backend keeps, since switching between more would compute
//! everything anew at each switch.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tramontane_error::Error;

use crate::backend::Backend;
use crate::control::Control;
use crate::mailbox::StreamId;
use crate::request::GenerationRequest;
use crate::sequence::Sequence;
use crate::stopwatch::Stopwatch;

/// Sequences are counted in steps of so many tokens: in what they have, they have room to grow.
const BLOCK: usize = 512;

/// The most tokens of a prompt that are computed at once: between two such pieces others get their turn, and a cancel
/// takes effect.
pub(crate) const PREFILL_CHUNK: usize = 128;

/// A stream's entry pass, carried from submission to the last part.
pub(crate) struct Ticket {
    pub id: StreamId,
    pub control: Arc<Control>,
    pub stopwatch: Stopwatch,
    pub on_finished: Box<dyn FnOnce() + Send>,
}

pub(crate) type RequestSource = Box<dyn FnOnce() -> Result<GenerationRequest, Error> + Send>;

/// A stream whose request nobody has looked at yet.
pub(crate) struct Submitted {
    pub ticket: Ticket,
    pub source: RequestSource,
}

/// A stream with a sequence, begun or not.
pub(crate) struct Job {
    pub ticket: Ticket,
    pub sequence: Sequence,
    /// The sequence's number among all that were taken in.
    pub number: u64,
    pub priority: i32,
    /// When the stream must have been taken up.
    pub deadline: Option<Instant>,
    /// Tokens that are certainly computed. What more the backend has kept is found when it is asked.
    pub computed: usize,
    /// Tokens that were computed, or found kept, at any time.
    pub known: usize,
    /// Tokens of the prompt that the backend had kept of something else.
    pub cached_input_tokens: usize,
}

/// Whom a stream would let take its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    Anybody,
    /// Those that have no token yet.
    Newcomers,
}

pub(crate) struct Schedule {
    /// Tokens that the backend keeps between slices, of all sequences together. 0: it keeps nothing, so nobody's turn is
    /// cut short.
    kept_tokens: usize,
    /// Tokens that may be in memory while no stream has to wait for another's turn to end.
    live_tokens: usize,
    /// How many streams may be computed at the same time.
    parallel: usize,
    /// The stream whose long prompt is being computed right now.
    prefilling: Option<StreamId>,
    pub intake: VecDeque<Submitted>,
    /// The stream whose request the intake thread is working on.
    pub in_preparation: Option<StreamId>,
    waiting: VecDeque<Job>,
    in_turn: VecDeque<Job>,
    parked: HashMap<StreamId, Job>,
    /// Tokens of the streams that are being computed right now.
    computing: HashMap<StreamId, usize>,
    pub closed: bool,
}

impl Schedule {
    /// An empty schedule for the streams of `backend`.
    pub fn new(backend: &dyn Backend) -> Self {
        Self {
            kept_tokens: backend.kept_tokens(),
            live_tokens: backend.live_tokens(),
            parallel: backend.parallel_sequences().max(1),
            prefilling: None,
            intake: VecDeque::new(),
            in_preparation: None,
            waiting: VecDeque::new(),
            in_turn: VecDeque::new(),
            parked: HashMap::new(),
            computing: HashMap::new(),
            closed: false,
        }
    }

    /// Puts a stream that has not begun behind all of its priority or a higher one that were submitted before it.
    pub fn wait(&mut self, job: Job) {
        if job.ticket.control.is_paused() {
            return self.park(job);
        }
        let place = |job: &Job| (Reverse(job.priority), job.number);
        let goes_before = |other: &Job| !other.has_begun() && place(&job) < place(other);
        let at = self.waiting.iter().position(goes_before).unwrap_or(self.waiting.len());
        self.waiting.insert(at, job);
    }

    /// The stream that gets the next slice.
    pub fn next(&mut self) -> Option<Job> {
        self.admit();
        let highest = self.in_turn.iter().filter(|job| self.is_free(job)).map(|job| job.priority).max()?;
        let at = self.in_turn.iter().position(|job| job.priority == highest && self.is_free(job))?;
        let mut job = self.in_turn.remove(at)?;
        if self.kept_tokens > 0 && job.is_long() {
            self.prefilling = Some(job.ticket.id);
        }
        job.ticket.stopwatch.take_up();
        self.computing.insert(job.ticket.id, job.kept_tokens());
        Some(job)
    }

    /// Takes back a stream whose slice is over and that has not ended.
    pub fn again(&mut self, mut job: Job) {
        self.ended(job.ticket.id);
        if job.ticket.control.is_paused() {
            self.park(job);
        } else if !self.has_room(&job) {
            // It has outgrown the room: back to the head of those that wait, until another has ended.
            job.computed = 0;
            self.waiting.push_front(job);
        } else {
            self.in_turn.push_back(job);
        }
    }

    /// Forgets a stream that ended in its slice.
    pub fn ended(&mut self, id: StreamId) {
        self.computing.remove(&id);
        self.has_no_long_prompt(id);
    }

    /// Lets another have its long prompt computed, where this stream's was thought to be long. Whether it was.
    pub fn has_no_long_prompt(&mut self, id: StreamId) -> bool {
        self.prefilling.take_if(|prefilling| *prefilling == id).is_some()
    }

    /// Parks a stream that is paused and has no slice right now.
    pub fn pause(&mut self, id: StreamId) {
        // Somebody else may have resumed it meanwhile.
        let is_paused = |job: &Job| job.ticket.id == id && job.ticket.control.is_paused();
        for job in take_out(&mut self.waiting, is_paused).into_iter().chain(take_out(&mut self.in_turn, is_paused)) {
            self.park(job);
        }
    }

    /// Lets a parked stream take part again: one that has begun before those that wait, another where it was.
    pub fn resume(&mut self, id: StreamId) {
        let Some(mut job) = self.parked.remove(&id) else { return };
        job.ticket.stopwatch.resume();
        if job.has_begun() {
            self.waiting.push_front(job);
        } else {
            self.wait(job);
        }
    }

    /// Whether anybody of this priority or a higher one could take the turn of the stream that is being computed.
    pub fn waits(&mut self, whom: Waiting, priority: i32) -> bool {
        self.admit();
        let counts = |job: &Job| whom == Waiting::Anybody || job.sequence.output_tokens == 0;
        // Where there is room beside it, nobody waits for its turn.
        self.computing.len() >= self.parallel
            && self.in_turn.iter().any(|job| job.priority >= priority && counts(job) && self.is_free(job))
    }

    /// Streams that the engine has not taken up.
    pub fn queued(&self) -> u64 {
        (self.not_begun().count() + usize::from(self.in_preparation.is_some()) + self.intake.len()) as u64
    }

    /// Streams that have begun, and are not being computed right now.
    pub fn between_slices(&self) -> u64 {
        self.in_turn.iter().chain(&self.waiting).filter(|job| job.has_begun()).count() as u64
    }

    /// Streams that the engine works on at this moment.
    pub fn computing(&self) -> u64 {
        self.computing.len() as u64
    }

    /// Whether a stream that comes now has none before it.
    pub fn is_idle(&self) -> bool {
        self.queued() + self.between_slices() + self.computing() == 0
    }

    /// Streams that are paused.
    pub fn parked(&self) -> u64 {
        self.parked.len() as u64
    }

    /// How many streams are to be taken up before this one: 0 for the next. `None` once it is taken up, or while it is
    /// paused.
    pub fn position(&self, id: StreamId) -> Option<usize> {
        let intake = self.intake.iter().map(|submitted| submitted.ticket.id);
        let mut queue = self.not_begun().map(|job| job.ticket.id).chain(self.in_preparation).chain(intake);
        queue.position(|other| other == id)
    }

    /// Takes out every stream whose cancel switch is on, wherever it waits.
    pub fn take_cancelled(&mut self) -> (Vec<Ticket>, Vec<Job>) {
        let (gone, kept): (VecDeque<_>, _) =
            self.intake.drain(..).partition(|submitted| submitted.ticket.control.is_cancelled());
        self.intake = kept;
        let is_cancelled = |job: &Job| job.ticket.control.is_cancelled();
        let mut jobs = take_out(&mut self.waiting, is_cancelled);
        jobs.extend(take_out(&mut self.in_turn, is_cancelled));
        jobs.extend(self.parked.extract_if(|_, job| is_cancelled(job)).map(|(_, job)| job));
        (gone.into_iter().map(|submitted| submitted.ticket).collect(), jobs)
    }

    /// Takes out every stream that was to be taken up by now, and was not.
    pub fn take_late(&mut self, now: Instant) -> Vec<Job> {
        let is_late = |job: &Job| !job.has_begun() && job.deadline.is_some_and(|deadline| deadline <= now);
        let mut late = take_out(&mut self.in_turn, is_late);
        late.extend(take_out(&mut self.waiting, is_late));
        late
    }

    /// How long until the next deadline of a stream that is not taken up.
    pub fn next_deadline(&self, now: Instant) -> Option<Duration> {
        let deadlines = self.not_begun().filter_map(|job| job.deadline);
        deadlines.min().map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Whether `job` may be computed beside those that are being computed.
    fn is_free(&self, job: &Job) -> bool {
        self.prefilling.is_none() || !job.is_long()
    }

    /// Lets those at the head of the queue in, as far as there is room.
    fn admit(&mut self) {
        while self.waiting.front().is_some_and(|job| self.has_room(job)) {
            self.in_turn.extend(self.waiting.pop_front());
        }
    }

    fn park(&mut self, mut job: Job) {
        // Others may push out what the backend keeps of it.
        job.computed = 0;
        job.ticket.stopwatch.pause();
        self.parked.insert(job.ticket.id, job);
    }

    /// Streams with a sequence that are to be taken up, the next one first.
    fn not_begun(&self) -> impl Iterator<Item = &Job> {
        let mut in_turn: Vec<&Job> = self.in_turn.iter().filter(|job| !job.has_begun()).collect();
        in_turn.sort_by_key(|job| Reverse(job.priority));
        in_turn.into_iter().chain(self.waiting.iter().filter(|job| !job.has_begun()))
    }

    /// Whether `job` fits in beside those in turn. Alone it always does.
    fn has_room(&self, job: &Job) -> bool {
        let others = self.in_turn.len() + self.computing.len();
        let taken: usize = self.in_turn.iter().map(Job::kept_tokens).chain(self.computing.values().copied()).sum();
        let room = if others < self.parallel { self.live_tokens.max(self.kept_tokens) } else { self.kept_tokens };
        others == 0 || taken.saturating_add(job.kept_tokens()) <= room
    }
}

impl Job {
    /// Whether the prompt is too long to be computed at once, as far as is known.
    pub fn is_long(&self) -> bool {
        self.sequence.tokens.len() - self.computed > PREFILL_CHUNK
    }

    fn has_begun(&self) -> bool {
        self.ticket.stopwatch.is_taken_up()
    }

    fn kept_tokens(&self) -> usize {
        self.sequence.tokens.len().next_multiple_of(BLOCK)
    }
}

fn take_out(queue: &mut VecDeque<Job>, which: impl Fn(&Job) -> bool) -> Vec<Job> {
    if !queue.iter().any(&which) {
        return Vec::new();
    }
    let (out, kept): (VecDeque<_>, _) = queue.drain(..).partition(which);
    *queue = kept;
    out.into()
}
