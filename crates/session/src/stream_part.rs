//! The typed items of a stream, in the words that TypeScript uses too: serialised, they are its `StreamPart` union.

use serde::Serialize;
use serde_json::Value;
use tramontane_error::Error;

/// One item of a stream. The last is always [`StreamPart::Finish`] or [`StreamPart::Error`], and nothing follows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum StreamPart {
    /// The next piece of text: whole characters, at least one.
    TextDelta {
        /// The piece; all pieces joined are the reply.
        delta: String,
    },
    /// How probable tokens were, for a request with `logprobs`: of every token that was sampled, in order, the one that
    /// ended the reply included, and each before the delta that its text is in.
    LogProbabilities {
        /// At least one.
        tokens: Vec<TokenLogProbability>,
    },
    /// The next piece of the model's reasoning: whole characters, at least one.
    ReasoningDelta {
        /// The piece.
        delta: String,
    },
    /// The model begins to ask for a tool.
    ToolCallStart {
        /// 0 for the reply's first call.
        index: usize,
        /// The call's own name.
        tool_call_id: String,
        /// One of the request's tools.
        tool_name: String,
    },
    /// The next piece of a call's arguments.
    ToolCallDelta {
        /// As in its start.
        index: usize,
        /// As in its start.
        tool_call_id: String,
        /// The piece; all of a call's joined are its `input_text`.
        delta: String,
    },
    /// A call is complete.
    ToolCall {
        /// As in its start.
        index: usize,
        /// As in its start.
        tool_call_id: String,
        /// As in its start.
        tool_name: String,
        /// The arguments; absent where the model wrote no valid JSON.
        #[serde(skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
        /// The arguments as the model wrote them.
        input_text: String,
    },
    /// The generation is over, and its sequence freed.
    Finish {
        /// Why it is over.
        finish_reason: FinishReason,
        /// What it took, in tokens.
        usage: Usage,
        /// What it took, in time.
        timings: Timings,
    },
    /// The generation failed; what came before stays valid.
    Error {
        /// What went wrong.
        error: Error,
        /// What it took until then.
        usage: Usage,
        /// What it took until then.
        timings: Timings,
    },
}

/// A sampled token, and what might have come in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenLogProbability {
    /// The token.
    pub token_id: u32,
    /// The token alone as text, U+FFFD for the bytes of an incomplete character; a special token as it is written in the
    /// vocabulary. Empty for a token that has no text.
    pub text: String,
    /// The natural logarithm of its probability before any sampling setting: at most 0, and at least -9999, which stands
    /// for everything below.
    pub log_probability: f64,
    /// The most probable tokens, the best first; as many as `logprobs` says, fewer where the others are impossible. The
    /// sampled one is among them where it belongs there.
    pub alternatives: Vec<TokenAlternative>,
}

/// One of the most probable tokens of a position. The fields are those of [`TokenLogProbability`].
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs)]
pub struct TokenAlternative {
    pub token_id: u32,
    pub text: String,
    pub log_probability: f64,
}

/// Why a generation is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinishReason {
    /// The model ended its reply, or a stop sequence was met.
    Stop,
    /// The model ended its reply, and at least one of its tool calls is complete.
    ToolCalls,
    /// `maxOutputTokens` or the end of the context was reached.
    Length,
    /// It was cancelled.
    Aborted,
}

/// Tokens of a generation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the prompt, template included.
    pub input_tokens: usize,
    /// Those of them that the engine had kept from something else, and did not compute.
    pub cached_input_tokens: usize,
    /// Tokens sampled, the one that ended the reply included.
    pub output_tokens: usize,
    /// Tokens of prompt and reply.
    pub total_tokens: usize,
}

impl Usage {
    pub(crate) fn of(input_tokens: usize, output_tokens: usize) -> Self {
        Self { input_tokens, cached_input_tokens: 0, output_tokens, total_tokens: input_tokens + output_tokens }
    }
}

/// Where a generation's time went, in milliseconds.
///
/// In OpenTelemetry's semantic conventions for generative AI, which count in seconds, `firstTokenMs` is
/// `gen_ai.server.time_to_first_token`, `totalMs` is `gen_ai.server.request.duration`, and one by `tokensPerSecond` is
/// `gen_ai.server.time_per_output_token`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// From submission until the engine took it up.
    pub queued_ms: f64,
    /// From there until the first token, turns of others in between included.
    pub prefill_ms: f64,
    /// From submission until the first token; absent when there was none.
    pub first_token_ms: Option<f64>,
    /// From the first token to the last, turns of others in between included.
    pub decode_ms: f64,
    /// How long it was paused. In none of the times above but `firstTokenMs`.
    pub paused_ms: f64,
    /// From submission to the end.
    pub total_ms: f64,
    /// From the cancel to the end, for a stream that was cancelled.
    pub stop_ms: Option<f64>,
    /// Tokens after the first, per second of decoding; absent for fewer than two tokens.
    pub tokens_per_second: Option<f64>,
}
