//! How a model writes reasoning and tool calls.

use serde::Deserialize;
use tokenizers::Tokenizer;
use tramontane_error::Error;

use super::deepseek;
use super::gemma_call::{FUNCTION_GEMMA, GEMMA4};
use super::harmony;

/// How reasoning is told from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReasoningFormat {
    /// `<think>…</think>`: DeepSeek-R1, Qwen3 and many others.
    Think,
    /// `[THINK]…[/THINK]`: Magistral.
    Mistral,
    /// The channels of GPT-OSS: `<|channel|>analysis<|message|>…<|end|>`.
    Harmony,
}

/// How tool calls are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolCallFormat {
    /// `<tool_call>{"name": …, "arguments": …}</tool_call>`: Hermes, Qwen.
    Hermes,
    /// `<tool_call><function=name><parameter=key>…`: Qwen3-Coder.
    QwenCoder,
    /// `{"name": …, "parameters": …}`, with or without `<|python_tag|>` in front: Llama 3.
    Llama3,
    /// `[TOOL_CALLS][{"name": …, "arguments": …}]` and `[TOOL_CALLS]name[ARGS]{…}`.
    Mistral,
    /// `<｜tool▁calls▁begin｜>…`, with fenced arguments: DeepSeek V3 and R1.
    #[serde(rename = "deepseek")]
    DeepSeek,
    /// The same without fences: DeepSeek V3.1. Both are read alike; a call that is forced is written like this.
    #[serde(rename = "deepseek-v3.1")]
    DeepSeekV31,
    /// `{"name": …, "parameters": …}`, in a fenced block or bare: Gemma 3, as it is told to in words.
    Gemma,
    /// `<start_function_call>call:name{…}<end_function_call>`: FunctionGemma; Gemma 4's variant, too.
    FunctionGemma,
    /// `<|channel|>commentary to=functions.name<|message|>{…}<|call|>`: GPT-OSS.
    Harmony,
}

/// How one model writes both. Nothing where it does not, or is not to be looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReplyFormat {
    /// Its reasoning.
    pub reasoning: Option<ReasoningFormat>,
    /// Its tool calls.
    pub tool_calls: Option<ToolCallFormat>,
}

impl ReplyFormat {
    /// What a model's chat template and vocabulary tell, unless the load options `reasoningFormat` and `toolCallFormat`
    /// say something else than `auto`.
    ///
    /// A template that takes tools in no way that is known is taken for one of the Hermes family, which most are.
    ///
    /// # Errors
    /// `invalid-argument` naming the option, which knows no such format.
    pub fn of_model(
        template: Option<&str>,
        tokenizer: &Tokenizer,
        reasoning: Option<&str>,
        tool_calls: Option<&str>,
    ) -> Result<Self, Error> {
        let template = template.unwrap_or_default();
        Ok(Self {
            reasoning: chosen(reasoning, "reasoningFormat", || detect_reasoning(template, tokenizer))?,
            tool_calls: chosen(tool_calls, "toolCallFormat", || detect_tool_calls(template))?,
        })
    }

    /// Whether the load options name formats that there are, before a model is read for them.
    ///
    /// # Errors
    /// As [`ReplyFormat::of_model`].
    pub fn check_options(reasoning: Option<&str>, tool_calls: Option<&str>) -> Result<(), Error> {
        chosen::<ReasoningFormat>(reasoning, "reasoningFormat", || None)?;
        chosen::<ToolCallFormat>(tool_calls, "toolCallFormat", || None)?;
        Ok(())
    }

    /// Those of a model's end tokens that end its replies: some end a message in the middle of one.
    pub fn end_tokens(self, tokens: Vec<u32>, tokenizer: &Tokenizer) -> Vec<u32> {
        let inner = [harmony::END].map(|marker| tokenizer.token_to_id(marker));
        let ends = |token: &u32| !self.is_harmony() || !inner.contains(&Some(*token));
        let left: Vec<u32> = tokens.iter().copied().filter(ends).collect();
        if left.is_empty() { tokens } else { left }
    }

    /// The markers of these formats that are special tokens of the vocabulary, which text does not show.
    pub fn special_markers(self, tokenizer: &Tokenizer) -> Vec<(u32, &'static str)> {
        let added = tokenizer.get_added_vocabulary();
        self.markers()
            .into_iter()
            .filter(|marker| added.is_special_token(marker))
            .filter_map(|marker| Some((tokenizer.token_to_id(marker)?, marker)))
            .collect()
    }

    fn is_harmony(self) -> bool {
        self.reasoning == Some(ReasoningFormat::Harmony) || self.tool_calls == Some(ToolCallFormat::Harmony)
    }

    fn markers(self) -> Vec<&'static str> {
        let mut markers = Vec::new();
        if let Some((opening, closing)) = self.reasoning.and_then(ReasoningFormat::tags) {
            markers.extend([opening, closing]);
        }
        if self.is_harmony() {
            markers.extend([
                harmony::START,
                harmony::CHANNEL,
                harmony::CONSTRAIN,
                harmony::MESSAGE,
                harmony::END,
                harmony::CALL,
                harmony::RETURN,
            ]);
        }
        markers.extend(self.tool_calls.map_or(&[][..], ToolCallFormat::markers));
        markers
    }
}

impl ReasoningFormat {
    /// What reasoning is between, where that is all there is to it.
    pub(super) fn tags(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Think => Some(("<think>", "</think>")),
            Self::Mistral => Some(("[THINK]", "[/THINK]")),
            Self::Harmony => None,
        }
    }
}

/// What a prompt has said about the reasoning of its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReasoningState {
    /// Nothing: the model reasons, or does not.
    Unknown,
    /// It has begun: the reply goes on inside.
    Open,
    /// It is over: the model is not to reason.
    Closed,
}

impl ReasoningState {
    /// After a prompt that ends like this.
    pub fn at_end_of(prompt: &str, format: Option<ReasoningFormat>) -> Self {
        let prompt = prompt.trim_end();
        match format.and_then(ReasoningFormat::tags) {
            Some((opening, _)) if prompt.ends_with(opening) => Self::Open,
            Some((_, closing)) if prompt.ends_with(closing) => Self::Closed,
            _ => Self::Unknown,
        }
    }
}

impl ToolCallFormat {
    fn markers(self) -> &'static [&'static str] {
        match self {
            Self::Hermes | Self::QwenCoder => &["<tool_call>", "</tool_call>"],
            Self::Llama3 => &["<|python_tag|>"],
            Self::Mistral => &["[TOOL_CALLS]", "[ARGS]", "[CALL_ID]"],
            Self::DeepSeek | Self::DeepSeekV31 => &[
                deepseek::CALLS_BEGIN,
                deepseek::CALLS_END,
                deepseek::CALL_BEGIN,
                deepseek::CALL_END,
                deepseek::SEPARATOR,
            ],
            Self::FunctionGemma => &[
                FUNCTION_GEMMA.opening,
                FUNCTION_GEMMA.closing,
                FUNCTION_GEMMA.quote,
                GEMMA4.opening,
                GEMMA4.closing,
                GEMMA4.quote,
            ],
            Self::Gemma | Self::Harmony => &[],
        }
    }
}

fn chosen<T: for<'a> Deserialize<'a>>(
    option: Option<&str>,
    field: &str,
    detect: impl FnOnce() -> Option<T>,
) -> Result<Option<T>, Error> {
    match option {
        None | Some("auto") => Ok(detect()),
        Some("none") => Ok(None),
        Some(name) => {
            use serde::de::IntoDeserializer;
            let read: Result<T, serde::de::value::Error> = T::deserialize(name.into_deserializer());
            read.map(Some).map_err(|_| {
                let message = format!("{field} is \"{name}\", which is no format; pass \"auto\", \"none\", or one of those in the documentation");
                Error::invalid_argument(field, message)
            })
        }
    }
}

fn detect_reasoning(template: &str, tokenizer: &Tokenizer) -> Option<ReasoningFormat> {
    let knows = |token: &str| template.contains(token) || tokenizer.token_to_id(token).is_some();
    if template.contains(harmony::CHANNEL) {
        Some(ReasoningFormat::Harmony)
    } else if knows("[THINK]") {
        Some(ReasoningFormat::Mistral)
    } else if knows("<think>") || template.contains("</think>") {
        Some(ReasoningFormat::Think)
    } else {
        None
    }
}

/// A template has to show calls as the model writes them, to put earlier ones into the prompt. The order matters where
/// one family's template speaks of another's markers.
fn detect_tool_calls(template: &str) -> Option<ToolCallFormat> {
    let has = |text: &str| template.contains(text);
    if has(harmony::CHANNEL) {
        Some(ToolCallFormat::Harmony)
    } else if has(deepseek::CALL_BEGIN) {
        Some(if has("```json") { ToolCallFormat::DeepSeek } else { ToolCallFormat::DeepSeekV31 })
    } else if has("<function=") && has("<parameter=") {
        Some(ToolCallFormat::QwenCoder)
    } else if has("<tool_call>") {
        Some(ToolCallFormat::Hermes)
    } else if has("[TOOL_CALLS]") {
        Some(ToolCallFormat::Mistral)
    } else if has(FUNCTION_GEMMA.opening) || has(GEMMA4.opening) {
        Some(ToolCallFormat::FunctionGemma)
    } else if has("<|python_tag|>") || (has("<|start_header_id|>") && has("tools")) {
        Some(ToolCallFormat::Llama3)
    } else if has("tools") {
        Some(ToolCallFormat::Hermes)
    } else {
        None
    }
}
