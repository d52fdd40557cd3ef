//! The markers that a format begins with, and what reads on behind each.

use super::deepseek::{CALL_BEGIN, CALLS_BEGIN, DeepSeek};
use super::enclosed::Enclosed;
use super::format::{ReasoningFormat, ReplyFormat, ToolCallFormat};
use super::gemma_call::{FUNCTION_GEMMA, GEMMA4, GemmaCall, GemmaMarkers};
use super::harmony::{CHANNEL, Harmony, START};
use super::listed::Listed;
use super::mistral::{self, Mistral};
use super::object_call::Trust;
use super::qwen_coder::{self, QwenCoder};
use super::reasoning::Reasoning;
use super::syntax::Syntax;

#[derive(Debug, Clone, Copy)]
pub(super) enum Opening {
    Reasoning { closing: &'static str },
    Harmony { reasons: bool, calls: bool },
    Hermes,
    QwenCoder,
    QwenCoderFunction,
    Llama3,
    Llama3Bare,
    Mistral,
    DeepSeekCalls,
    DeepSeekCall,
    GemmaFence,
    GemmaCall(GemmaMarkers),
}

/// The markers to look for. None is the beginning of another.
pub(super) fn openings(format: ReplyFormat, has_tools: bool) -> Vec<(&'static str, Opening)> {
    let mut openings = Vec::new();
    if let Some((opening, closing)) = format.reasoning.and_then(ReasoningFormat::tags) {
        openings.push((opening, Opening::Reasoning { closing }));
    }
    let reasons = format.reasoning == Some(ReasoningFormat::Harmony);
    let tool_calls = format.tool_calls.filter(|_| has_tools);
    let calls = tool_calls == Some(ToolCallFormat::Harmony);
    if reasons || calls {
        let harmony = Opening::Harmony { reasons, calls };
        openings.extend([(CHANNEL, harmony), (START, harmony)]);
    }
    match tool_calls {
        None | Some(ToolCallFormat::Harmony) => {}
        Some(ToolCallFormat::Hermes) => openings.push(("<tool_call>", Opening::Hermes)),
        Some(ToolCallFormat::QwenCoder) => openings
            .extend([(qwen_coder::OPENING, Opening::QwenCoder), (qwen_coder::FUNCTION, Opening::QwenCoderFunction)]),
        Some(ToolCallFormat::Llama3) => {
            openings.extend([("<|python_tag|>", Opening::Llama3), ("{", Opening::Llama3Bare)]);
        }
        Some(ToolCallFormat::Mistral) => openings.push((mistral::OPENING, Opening::Mistral)),
        Some(ToolCallFormat::DeepSeek | ToolCallFormat::DeepSeekV31) => {
            openings.extend([(CALLS_BEGIN, Opening::DeepSeekCalls), (CALL_BEGIN, Opening::DeepSeekCall)]);
        }
        Some(ToolCallFormat::Gemma) => openings.extend([
            ("```json", Opening::GemmaFence),
            ("```tool_code", Opening::GemmaFence),
            ("```tool_call", Opening::GemmaFence),
            ("{", Opening::Llama3Bare),
        ]),
        Some(ToolCallFormat::FunctionGemma) => {
            openings.extend([FUNCTION_GEMMA, GEMMA4].map(|markers| (markers.opening, Opening::GemmaCall(markers))));
        }
    }
    openings
}

impl Opening {
    /// Whether it counts only where no text is in front.
    pub fn is_at_beginning(self) -> bool {
        matches!(self, Self::Reasoning { .. } | Self::Llama3Bare)
    }

    /// Whether the marker alone says what follows.
    pub fn is_certain(self) -> bool {
        matches!(self, Self::Reasoning { .. })
    }

    /// What reads on behind the marker.
    pub fn syntax(self, marker: &str) -> Box<dyn Syntax> {
        let opening = marker.chars().count();
        match self {
            Self::Reasoning { closing } => Box::new(Reasoning::new(closing)),
            Self::Harmony { reasons, calls } => Box::new(Harmony::new(marker, reasons, calls)),
            Self::Hermes => Box::new(Enclosed::new(Trust::Name, &["</tool_call>"])),
            Self::QwenCoder => Box::new(QwenCoder::new(opening)),
            Self::QwenCoderFunction => Box::new(QwenCoder::function()),
            Self::Llama3 => Box::new(Listed::marked()),
            Self::Llama3Bare => Box::new(Listed::bare()),
            Self::Mistral => Box::new(Mistral::new()),
            Self::DeepSeekCalls => Box::new(DeepSeek::calls(opening)),
            Self::DeepSeekCall => Box::new(DeepSeek::call()),
            Self::GemmaFence => Box::new(Enclosed::new(Trust::NameAndArguments, &["```"])),
            Self::GemmaCall(markers) => Box::new(GemmaCall::new(markers)),
        }
    }
}
