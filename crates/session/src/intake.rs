//! The intake thread: requests become sequences, in the order in which they came.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Instant;

use tramontane_error::Error;

use crate::context_overflow::ContextOverflow;
use crate::schedule::{Job, RequestSource, Submitted, Ticket};
use crate::sequence::Sequence;
use crate::shared::{Shared, catching, lock};
use crate::stream_part::{FinishReason, Usage};
use crate::text_interface::TextInterface;

impl Shared {
    /// The intake thread: prompts to tokens, in order.
    pub fn take_in(&self, text: &TextInterface) {
        let mut number = 0;
        while let Some(Submitted { ticket, source }) = self.next(|schedule| {
            let next = schedule.intake.pop_front();
            schedule.in_preparation = next.as_ref().map(|submitted: &Submitted| submitted.ticket.id);
            next
        }) {
            let prepared = catching(|| self.prepare(&ticket, source, text));
            let mut schedule = lock(&self.schedule);
            schedule.in_preparation = None;
            match prepared {
                Ok(Prepared::Ready { sequence, priority, deadline }) => {
                    schedule.wait(Job {
                        ticket,
                        sequence,
                        number,
                        priority,
                        deadline,
                        computed: 0,
                        known: 0,
                        cached_input_tokens: 0,
                    });
                    drop(schedule);
                    number += 1;
                    // It may have been cancelled while no queue held it.
                    self.finish_cancelled();
                    self.changed.notify_all();
                }
                Ok(Prepared::NoRoom { input_tokens }) => {
                    drop(schedule);
                    self.deliver(ticket, Ok(FinishReason::Length), Usage::of(input_tokens, 0));
                }
                Err(error) => {
                    drop(schedule);
                    self.refuse(ticket, Err(error));
                }
            }
        }
    }

    fn prepare(&self, ticket: &Ticket, source: RequestSource, text: &TextInterface) -> Result<Prepared, Error> {
        let request = source()?;
        let fitted = text.fit(&request)?;
        if let Err(no_room) = text.require_room(&request.prompt, &fitted) {
            return match request.context_overflow {
                ContextOverflow::Stop => Ok(Prepared::NoRoom { input_tokens: fitted.tokens.len() }),
                ContextOverflow::Error | ContextOverflow::TruncateOldest => Err(no_room),
            };
        }
        let tokens = fitted.tokens;
        let seed = request.sampling.seed.unwrap_or_else(random_seed);
        let sampler = text.sampler(&request, seed, &tokens)?;
        let room = text.context_length - tokens.len();
        let (id, mailbox) = (ticket.id, Arc::clone(&self.mailbox));
        let reply = text.reply_parts(&request, &tokens, Box::new(move |part| mailbox.push(id, part)));
        let sequence = Sequence {
            sampler,
            reply,
            end_tokens: text.end_tokens.clone(),
            max_output_tokens: request.max_output_tokens.map_or(room, |max| max.min(room)),
            control: Arc::clone(&ticket.control),
            prompt_length: tokens.len(),
            tokens,
            output_tokens: 0,
            slice_tokens: 0,
            ending: None,
        };
        // One beyond what the clock can count is none.
        let deadline = request.deadline.and_then(|deadline| ticket.stopwatch.submitted_at().checked_add(deadline));
        Ok(Prepared::Ready { sequence, priority: request.priority, deadline })
    }
}

/// What becomes of a request that is not refused.
#[allow(clippy::large_enum_variant)]
enum Prepared {
    /// It can be run.
    Ready { sequence: Sequence, priority: i32, deadline: Option<Instant> },
    /// There is no room for a reply, which is no error.
    NoRoom { input_tokens: usize },
}

/// A seed that differs from call to call, from the randomness that the standard library gives its hash maps.
fn random_seed() -> u64 {
    RandomState::new().build_hasher().finish()
}
