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
    /// Tokens sampled, the one that ended the reply included.
    pub output_tokens: usize,
    /// Both.
    pub total_tokens: usize,
}

/// Where a generation's time went, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// From submission until the engine took it up.
    pub queued_ms: f64,
    /// From there until the first token.
    pub prefill_ms: f64,
    /// From submission until the first token; absent when there was none.
    pub first_token_ms: Option<f64>,
    /// From the first token to the last.
    pub decode_ms: f64,
    /// From submission to the end.
    pub total_ms: f64,
    /// From the cancel to the end, for a stream that was cancelled.
    pub stop_ms: Option<f64>,
    /// Tokens after the first, per second of decoding; absent for fewer than two tokens.
    pub tokens_per_second: Option<f64>,
}
