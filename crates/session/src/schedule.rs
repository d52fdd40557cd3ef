//! Whose turn it is.
//!
//! A stream passes through three places: *intake*, until its prompt has become tokens; *waiting*, until there is room
//! among those in turn; *in turn*, where it gets slices until it ends. A paused one leaves the turn and is *parked*.
//!
//! What must hold: within a priority, streams are taken in in the order of submission and get their slices in a circle;
//! those in turn never hold more computed tokens than the backend keeps, unless one alone does, since switching between
//! more would compute everything anew at each switch.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tramontane_error::Error;

use crate::control::Control;
use crate::mailbox::StreamId;
use crate::request::GenerationRequest;
use crate::sequence::Sequence;

/// Backends keep what they have computed in blocks, and so does mistralrs, of this many tokens.
const BLOCK: usize = 512;

/// A stream's entry pass, carried from submission to the last part.
pub(crate) struct Ticket {
    pub id: StreamId,
    pub control: Arc<Control>,
    pub submitted_at: Instant,
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
    pub started_at: Option<Instant>,
    /// Tokens that are certainly computed. What more the backend has kept is found when it is asked.
    pub computed: usize,
}

#[derive(Default)]
pub(crate) struct Schedule {
    /// Tokens that the backend keeps between slices, of all sequences together. 0: it keeps nothing, so nobody's turn is
    /// cut short.
    kept_tokens: usize,
    pub intake: VecDeque<Submitted>,
    /// A request that the intake thread is working on.
    pub in_preparation: u64,
    waiting: VecDeque<Job>,
    in_turn: VecDeque<Job>,
    parked: HashMap<StreamId, Job>,
    /// Tokens of the streams that are being computed right now.
    computing: HashMap<StreamId, usize>,
    pub closed: bool,
}

impl Schedule {
    /// An empty schedule for a backend that keeps `kept_tokens` between slices.
    pub fn new(kept_tokens: usize) -> Self {
        Self { kept_tokens, ..Self::default() }
    }

    /// Puts a stream behind all that wait with its priority or a higher one.
    pub fn wait(&mut self, job: Job) {
        let at = self.waiting.iter().position(|other| other.priority < job.priority).unwrap_or(self.waiting.len());
        self.waiting.insert(at, job);
    }

    /// The stream that gets the next slice.
    pub fn next(&mut self) -> Option<Job> {
        self.admit();
        let highest = self.in_turn.iter().map(|job| job.priority).max()?;
        let at = self.in_turn.iter().position(|job| job.priority == highest)?;
        let job = self.in_turn.remove(at)?;
        self.computing.insert(job.ticket.id, job.kept_tokens());
        Some(job)
    }

    /// Takes back a stream whose slice is over and that has not ended.
    pub fn again(&mut self, mut job: Job) {
        self.computing.remove(&job.ticket.id);
        if job.ticket.control.is_paused() {
            // Others may push out what the backend keeps of it.
            job.computed = 0;
            self.parked.insert(job.ticket.id, job);
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
    }

    /// Lets a parked stream take part again: before those that never started.
    pub fn resume(&mut self, id: StreamId) {
        if let Some(job) = self.parked.remove(&id) {
            self.waiting.push_front(job);
        }
    }

    /// Whether anybody could take the turn of the one that is being computed.
    pub fn others_wait(&mut self) -> bool {
        self.admit();
        !self.in_turn.is_empty()
    }

    /// Streams that the engine has not taken up.
    pub fn queued(&self) -> u64 {
        let not_started = self.waiting.iter().filter(|job| job.started_at.is_none()).count();
        self.intake.len() as u64 + self.in_preparation + not_started as u64
    }

    /// Streams that have begun, and are not being computed right now.
    pub fn between_slices(&self) -> u64 {
        let begun = self.in_turn.iter().chain(&self.waiting).filter(|job| job.started_at.is_some()).count();
        begun as u64
    }

    /// Streams that the engine works on at this moment.
    pub fn computing(&self) -> u64 {
        self.computing.len() as u64
    }

    /// Streams that are paused.
    pub fn parked(&self) -> u64 {
        self.parked.len() as u64
    }

    /// How many streams are to be taken up before this one: 0 for the next. `None` once it is taken up.
    pub fn position(&self, id: StreamId) -> Option<usize> {
        let waiting = self.waiting.iter().filter(|job| job.started_at.is_none()).map(|job| job.ticket.id);
        let intake = self.intake.iter().map(|submitted| submitted.ticket.id);
        waiting.chain(intake).position(|other| other == id)
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
        take_out(&mut self.waiting, |job| {
            job.started_at.is_none() && job.deadline.is_some_and(|deadline| deadline <= now)
        })
    }

    /// How long until the next deadline of a stream that waits.
    pub fn next_deadline(&self, now: Instant) -> Option<Duration> {
        let deadlines = self.waiting.iter().filter(|job| job.started_at.is_none()).filter_map(|job| job.deadline);
        deadlines.min().map(|deadline| deadline.saturating_duration_since(now))
    }

    /// Lets those at the head of the queue in, as far as there is room.
    fn admit(&mut self) {
        while let Some(job) = self.waiting.front() {
            if job.ticket.control.is_paused() {
                if let Some(job) = self.waiting.pop_front() {
                    self.parked.insert(job.ticket.id, job);
                }
                continue;
            }
            if !self.has_room(job) {
                return;
            }
            if let Some(job) = self.waiting.pop_front() {
                self.in_turn.push_back(job);
            }
        }
    }

    /// Whether `job` fits in beside those in turn. Alone it always does.
    fn has_room(&self, job: &Job) -> bool {
        let in_turn: usize = self.in_turn.iter().map(Job::kept_tokens).chain(self.computing.values().copied()).sum();
        in_turn == 0 || in_turn.saturating_add(job.kept_tokens()) <= self.kept_tokens
    }
}

impl Job {
    fn kept_tokens(&self) -> usize {
        self.sequence.tokens.len().next_multiple_of(BLOCK)
    }
}

fn take_out(queue: &mut VecDeque<Job>, which: impl Fn(&Job) -> bool) -> Vec<Job> {
    let (out, kept): (VecDeque<_>, _) = queue.drain(..).partition(which);
    *queue = kept;
    out.into()
}
