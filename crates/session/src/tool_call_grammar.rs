//! The grammar of a reply that has to call a tool: reasoning, where the model reasons, and then exactly one call.
//!
//! The call is in the model's own syntax where that has JSON for its arguments. Where it has not (Qwen3-Coder,
//! FunctionGemma), or none is known, it is in that of Hermes: only JSON can be held to a schema.

use serde_json::{Value, json};
use tokenizers::Tokenizer;

use crate::grammar::{GrammarSource, with_bounded_whitespace};
use crate::reply::{ReasoningFormat, ReasoningState, ReplyFormat, ToolCallFormat};
use crate::tools::Tool;

/// How the reply to a request with a forced call is to be read.
pub(crate) fn forced_format(format: ReplyFormat) -> ReplyFormat {
    let tool_calls = match format.tool_calls {
        None | Some(ToolCallFormat::QwenCoder | ToolCallFormat::FunctionGemma) => ToolCallFormat::Hermes,
        Some(own) => own,
    };
    ReplyFormat { tool_calls: Some(tool_calls), ..format }
}

/// A reply that calls one of `tools`, to a prompt that leaves the reasoning in this state.
pub(crate) fn tool_call_grammar(
    format: ReplyFormat,
    tools: &[Tool],
    tokenizer: &Tokenizer,
    state: ReasoningState,
) -> GrammarSource {
    let lark = Lark { tokenizer };
    let reasoning = format.reasoning.filter(|_| state != ReasoningState::Closed);
    let reasoning = reasoning.map(|reasoning| lark.reasoning(reasoning, state == ReasoningState::Open));
    let mut source = match reasoning {
        Some(rules) => format!("start: reasoning call\n{rules}"),
        None => "start: call\n".to_owned(),
    };
    let names: Vec<String> = (0..tools.len()).map(|at| format!("call_{at}")).collect();
    source += &format!("call: {}\n", names.join(" | "));
    for (at, tool) in tools.iter().enumerate() {
        let (front, behind) = lark.call(forced_format(format), &tool.name);
        source += &format!("call_{at}: {front} arguments_{at} {behind}\n");
        source += &format!("arguments_{at}: %json {}\n", with_bounded_whitespace(&object_schema(&tool.input_schema)));
    }
    GrammarSource::made_for("tools", source)
}

struct Lark<'a> {
    tokenizer: &'a Tokenizer,
}

impl Lark<'_> {
    /// The rule for reasoning, and those that it needs.
    fn reasoning(&self, format: ReasoningFormat, has_begun: bool) -> String {
        let (opening, closing, behind) = match format {
            ReasoningFormat::Harmony => (
                format!("{} \"analysis\" {}", self.marker("<|channel|>"), self.marker("<|message|>")),
                "<|end|>",
                format!("{} \"assistant\"", self.marker("<|start|>")),
            ),
            ReasoningFormat::Think => (self.marker("<think>"), "</think>", "/[ \\n]{0,2}/".into()),
            ReasoningFormat::Mistral => (self.marker("[THINK]"), "[/THINK]", "/[ \\n]{0,2}/".into()),
        };
        let (end, stop) = match self.special(closing) {
            Some(_) => (self.marker(closing), String::new()),
            None => (String::new(), format!("[suffix={}]", literal(closing))),
        };
        let rule = match has_begun {
            true => format!("reasoning: thought {end} {behind}\n"),
            false => format!("reasoning: ({opening} thought {end} {behind})?\n"),
        };
        format!("{rule}thought{stop}: /(?s:.*)/\n")
    }

    /// What is in front of a call's arguments, and behind.
    fn call(&self, format: ReplyFormat, name: &str) -> (String, String) {
        let object = |arguments: &str| format!("{{\"name\": \"{name}\", \"{arguments}\": ");
        match format.tool_calls {
            Some(ToolCallFormat::Llama3) => (literal(&object("parameters")), literal("}")),
            Some(ToolCallFormat::Gemma) => (literal(&format!("```json\n{}", object("parameters"))), literal("}\n```")),
            Some(ToolCallFormat::Mistral) => {
                let calls = self.marker("[TOOL_CALLS]");
                match self.special("[ARGS]") {
                    Some(_) => (format!("{calls} {} {}", literal(name), self.marker("[ARGS]")), String::new()),
                    None => (format!("{calls} {}", literal(&format!("[{}", object("arguments")))), literal("}]")),
                }
            }
            Some(ToolCallFormat::DeepSeek | ToolCallFormat::DeepSeekV31) => {
                let begin =
                    format!("{} {}", self.marker("<｜tool▁calls▁begin｜>"), self.marker("<｜tool▁call▁begin｜>"));
                let end = format!("{} {}", self.marker("<｜tool▁call▁end｜>"), self.marker("<｜tool▁calls▁end｜>"));
                let separator = self.marker("<｜tool▁sep｜>");
                if format.tool_calls == Some(ToolCallFormat::DeepSeekV31) {
                    return (format!("{begin} {} {separator}", literal(name)), end);
                }
                let front = format!("{begin} \"function\" {separator} {}", literal(&format!("{name}\n```json\n")));
                (front, format!("{} {end}", literal("\n```")))
            }
            // `<|call|>` ends the reply, as every end token may once the arguments are complete.
            Some(ToolCallFormat::Harmony) => {
                let head = literal(&format!("commentary to=functions.{name} "));
                let (channel, constrain) = (self.marker("<|channel|>"), self.marker("<|constrain|>"));
                (format!("{channel} {head} {constrain} \"json\" {}", self.marker("<|message|>")), String::new())
            }
            None | Some(ToolCallFormat::Hermes | ToolCallFormat::QwenCoder | ToolCallFormat::FunctionGemma) => {
                let front =
                    format!("{} {}", self.marker("<tool_call>"), literal(&format!("\n{}", object("arguments"))));
                (front, format!("{} {}", literal("}\n"), self.marker("</tool_call>")))
            }
        }
    }

    /// A marker, as the token that it is, where it is one, and as text otherwise.
    fn marker(&self, marker: &str) -> String {
        self.special(marker).map_or_else(|| literal(marker), |token| format!("<[{token}]>"))
    }

    fn special(&self, marker: &str) -> Option<u32> {
        let is_special = self.tokenizer.get_added_vocabulary().is_special_token(marker);
        self.tokenizer.token_to_id(marker).filter(|_| is_special)
    }
}

fn literal(text: &str) -> String {
    Value::from(text).to_string()
}

/// Arguments are an object, also where the schema does not say so.
fn object_schema(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.entry("type").or_insert_with(|| json!("object"));
    }
    schema
}
