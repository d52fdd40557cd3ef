//! Streams on a backend that computes several at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tramontane_session::{Backend, Error, Next, Run, Session, SessionOptions, Step};

use crate::hash_backend::HashBackend;
use crate::reader::Reader;

/// How many are at something, and how many were at most.
#[derive(Default)]
struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Crowd {
    fn with<T>(&self, work: impl FnOnce() -> T) -> T {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        let done = work();
        self.now.fetch_sub(1, Ordering::Relaxed);
        done
    }
}

/// Says x for ever, and counts who is there.
struct Crowded {
    /// Whether all of every prompt is kept.
    all_is_kept: bool,
    kept_tokens: usize,
    live_tokens: usize,
    prefills: Crowd,
    decodes: Crowd,
    slices: AtomicUsize,
}

impl Default for Crowded {
    fn default() -> Self {
        Self {
            all_is_kept: false,
            kept_tokens: usize::MAX,
            live_tokens: usize::MAX,
            prefills: Crowd::default(),
            decodes: Crowd::default(),
            slices: AtomicUsize::default(),
        }
    }
}

/// The session takes its backend away.
struct Shared(Arc<Crowded>);

const PARALLEL: usize = 4;

impl Backend for Shared {
    fn parallel_sequences(&self) -> usize {
        PARALLEL
    }

    fn kept_tokens(&self) -> usize {
        self.0.kept_tokens
    }

    fn live_tokens(&self) -> usize {
        self.0.live_tokens
    }

    fn kept(&self, tokens: &[u32]) -> usize {
        if self.0.all_is_kept { tokens.len() } else { 0 }
    }

    fn run(&self, run: Run<'_>, mut step: Step) -> Result<usize, Error> {
        let pause = || std::thread::sleep(Duration::from_millis(1));
        if run.tokens.len() < run.prompt_length {
            self.0.prefills.with(pause);
        }
        self.0.slices.fetch_add(1, Ordering::Relaxed);
        let mut logits = vec![0.0; 259];
        logits[usize::from(b'x')] = 1.0;
        self.0.decodes.with(|| {
            while step(&logits) != Next::End {
                pause();
            }
        });
        Ok(0)
    }
}

fn reader(backend: &Arc<Crowded>) -> Reader {
    let text = HashBackend::text_interface(4000);
    let backend = Box::new(Shared(Arc::clone(backend)));
    Reader::of_session(Session::new(backend, text, SessionOptions::default(), Box::new(|| {})).unwrap())
}

fn read_all(reader: &mut Reader, prompts: &[String], max_output_tokens: usize) {
    for (id, prompt) in prompts.iter().enumerate() {
        reader.submit(id as u32, json!({ "prompt": { "text": prompt }, "maxOutputTokens": max_output_tokens }));
    }
    (0..prompts.len()).for_each(|id| drop(reader.read(id as u32)));
}

#[test]
fn as_many_are_computed_at_once_as_the_backend_takes_and_none_is_cut_into_slices() {
    let backend = Arc::default();
    read_all(&mut reader(&backend), &vec!["Hi".into(); PARALLEL], 100);
    assert_eq!(backend.decodes.most.load(Ordering::Relaxed), PARALLEL);
    assert_eq!(backend.slices.load(Ordering::Relaxed), PARALLEL);
}

#[test]
fn long_prompts_are_computed_one_at_a_time_and_keep_nobody_from_decoding() {
    let backend = Arc::default();
    let prompts: Vec<String> = (0..2 * PARALLEL).map(|at| "Once upon a time. ".repeat(at * 10 + 1)).collect();
    read_all(&mut reader(&backend), &prompts, 60);
    assert_eq!(backend.prefills.most.load(Ordering::Relaxed), 1);
    assert!(backend.decodes.most.load(Ordering::Relaxed) > 1);
}

#[test]
fn a_long_prompt_that_is_kept_counts_as_none() {
    let backend = Arc::new(Crowded { all_is_kept: true, ..Crowded::default() });
    read_all(&mut reader(&backend), &vec!["Once upon a time. ".repeat(20); PARALLEL], 100);
    assert_eq!(backend.decodes.most.load(Ordering::Relaxed), PARALLEL);
}

#[test]
fn what_is_kept_limits_those_that_take_turns_and_not_those_that_run_side_by_side() {
    // Blocks of 512 tokens: one is kept.
    let backend = Arc::new(Crowded { kept_tokens: 512, ..Crowded::default() });
    read_all(&mut reader(&backend), &vec!["Hi".into(); 2 * PARALLEL], 100);
    assert_eq!(backend.decodes.most.load(Ordering::Relaxed), PARALLEL);
    assert_eq!(backend.slices.load(Ordering::Relaxed), 2 * PARALLEL, "nobody takes turns");
}

#[test]
fn no_more_run_side_by_side_than_memory_is_meant_to_hold() {
    let backend = Arc::new(Crowded { kept_tokens: 0, live_tokens: 2 * 512, ..Crowded::default() });
    read_all(&mut reader(&backend), &vec!["Hi".into(); 2 * PARALLEL], 100);
    assert_eq!(backend.decodes.most.load(Ordering::Relaxed), 2);
}
