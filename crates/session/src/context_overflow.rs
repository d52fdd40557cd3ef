//! What becomes of a prompt that leaves no room in the context.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tramontane_error::Error;

/// What to do where a prompt is too long. In every case a reply that reaches the end of the context finishes with
/// [`FinishReason::Length`](crate::FinishReason::Length).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextOverflow {
    /// Refuse a prompt that leaves no room for a single token, with
    /// [`ErrorCode::ContextOverflow`](crate::ErrorCode::ContextOverflow).
    #[default]
    Error,
    /// End its stream at once, with [`FinishReason::Length`](crate::FinishReason::Length) and no text.
    Stop,
    /// Leave out the oldest turns of a conversation until it leaves room for `maxOutputTokens`, or a quarter of the
    /// context where that is not given or no less than the context. A turn is a message of the user and what follows it up
    /// to the user's next. Messages of the system stay, wherever they are, and so does the last turn; where these alone
    /// leave no room for a single token, they are refused.
    TruncateOldest,
}

/// How long a prompt is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptTokens {
    /// Tokens of the prompt, template included.
    pub input_tokens: usize,
    /// Messages that [`ContextOverflow::TruncateOldest`] leaves out of it.
    pub dropped_messages: usize,
}

/// A prompt as tokens.
#[derive(Debug, PartialEq)]
pub(crate) struct FittedPrompt {
    pub tokens: Vec<u32>,
    pub dropped_messages: usize,
}

/// The most tokens that a prompt may have to be left as it is by [`ContextOverflow::TruncateOldest`].
pub(crate) fn most_input_tokens(context_length: usize, max_output_tokens: Option<usize>) -> usize {
    context_length - max_output_tokens.filter(|&max| max < context_length).unwrap_or(context_length / 4)
}

/// `messages`, of which all together have more than `most` tokens, without the fewest oldest turns that leave no more
/// than that; of one turn at least. `tokenize` is called no more often than bisecting needs.
pub(crate) fn without_oldest_turns(
    messages: &[Value],
    most: usize,
    mut tokenize: impl FnMut(Vec<Value>) -> Result<Vec<u32>, Error>,
) -> Result<FittedPrompt, Error> {
    let turns = turns(messages);
    let mut fit_from = |turn: usize| {
        let first = turns.get(turn).copied().unwrap_or(0);
        let kept: Vec<Value> = (0..)
            .zip(messages)
            .filter(|&(at, m)| at >= first || is_from(m, "system"))
            .map(|(_, m)| m.clone())
            .collect();
        let dropped_messages = messages.len() - kept.len();
        tokenize(kept).map(|tokens| FittedPrompt { tokens, dropped_messages })
    };
    // The turn to begin with is one of these; from the later one on it fits, or that is the last.
    let (mut low, mut high) = (1, turns.len().saturating_sub(1));
    let mut fitting = None;
    while low < high {
        let middle = low.midpoint(high);
        let fitted = fit_from(middle)?;
        if fitted.tokens.len() <= most {
            high = middle;
            fitting = Some(fitted);
        } else {
            low = middle + 1;
        }
    }
    fitting.map_or_else(|| fit_from(high), Ok)
}

/// Where each turn begins. What comes before the user's first message, and is not the system's, is one too.
fn turns(messages: &[Value]) -> Vec<usize> {
    let opening = messages.iter().position(|message| !is_from(message, "system"));
    let of_user = (0..messages.len()).filter(|&at| is_from(&messages[at], "user"));
    let mut turns: Vec<usize> = opening.into_iter().chain(of_user).collect();
    turns.dedup();
    turns
}

fn is_from(message: &Value, role: &str) -> bool {
    message["role"] == role
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A message has as many tokens as its content is long, and one for its role.
    fn tokens_of(messages: &[Value]) -> Vec<u32> {
        vec![0; messages.iter().map(|message| message["content"].as_str().unwrap_or("").len() + 1).sum()]
    }

    fn left_of(messages: &[Value], most: usize) -> (Vec<Value>, FittedPrompt) {
        let mut tried = Vec::new();
        let fitted = without_oldest_turns(messages, most, |kept| {
            tried.push(kept.clone());
            Ok(tokens_of(&kept))
        });
        let fitted = fitted.unwrap();
        (tried.into_iter().find(|kept| tokens_of(kept) == fitted.tokens).unwrap(), fitted)
    }

    fn message(role: &str, content: &str) -> Value {
        json!({ "role": role, "content": content })
    }

    #[test]
    fn turns_go_whole_and_the_systems_messages_stay() {
        let messages = [
            message("system", "be kind"),
            message("user", "weather?"),
            message("assistant", ""),
            message("tool", "rain"),
            message("assistant", "it rains"),
            message("system", "be brief"),
            message("user", "thanks"),
        ];
        let (left, fitted) = left_of(&messages, 40);
        assert_eq!(left, [messages[0].clone(), messages[5].clone(), messages[6].clone()]);
        assert_eq!(fitted.dropped_messages, 4);
    }

    #[test]
    fn the_last_turn_stays_however_long_it_is() {
        let messages = [message("user", "a"), message("user", "much too long"), message("assistant", "yes")];
        assert_eq!(left_of(&messages, 3).0, messages[1..]);
        assert_eq!(left_of(&messages[1..], 3).0, messages[1..]);
        assert_eq!(left_of(&messages[..0], 0).1.dropped_messages, 0);
    }

    #[test]
    fn what_comes_before_the_first_user_is_a_turn() {
        let messages = [message("assistant", "How can I help?"), message("user", "a"), message("user", "b")];
        assert_eq!(left_of(&messages, 5).0, messages[1..]);
    }

    #[test]
    fn a_thousand_turns_are_tried_ten_times() {
        let messages: Vec<Value> = (0..1000).map(|_| message("user", "hello")).collect();
        let mut tries = 0;
        let fitted = without_oldest_turns(&messages, 60, |kept| {
            tries += 1;
            Ok(tokens_of(&kept))
        });
        assert_eq!(fitted.unwrap().dropped_messages, 990);
        assert!(tries <= 11, "{tries}");
    }

    #[test]
    fn room_is_left_for_the_reply() {
        assert_eq!(most_input_tokens(1000, Some(100)), 900);
        assert_eq!(most_input_tokens(1000, None), 750);
        assert_eq!(most_input_tokens(1000, Some(1000)), 750, "no prompt leaves as much as that");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        #[test]
        fn what_is_left_is_the_longest_suffix_of_turns_that_fits(
            messages in prop::collection::vec((0usize..4, 0usize..9), 1..40),
            most in 0usize..150,
        ) {
            let roles = ["system", "user", "assistant", "tool"];
            let messages: Vec<Value> = (0..)
                .zip(messages)
                .map(|(at, (role, length))| json!({ "role": roles[role], "content": "x".repeat(length), "at": at }))
                .collect();
            let whole = tokens_of(&messages).len();
            prop_assume!(whole > most);
            let (_, fitted) = left_of(&messages, most);
            // One turn after the other, as long as it is too much.
            let mut rest = messages.clone();
            loop {
                let first = rest.iter().position(|message| message["role"] != "system");
                let next = first.and_then(|first| {
                    rest[first + 1..].iter().position(|message| message["role"] == "user").map(|at| first + 1 + at)
                });
                let Some(next) = next else { break };
                if tokens_of(&rest).len() <= most {
                    break;
                }
                rest = rest.iter().enumerate().filter(|(at, m)| *at >= next || m["role"] == "system").map(|(_, m)| m.clone()).collect();
            }
            prop_assert_eq!(fitted.tokens.len(), tokens_of(&rest).len());
            prop_assert_eq!(fitted.dropped_messages, messages.len() - rest.len());
        }
    }
}
