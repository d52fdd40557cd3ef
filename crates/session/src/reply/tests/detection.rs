use super::*;
use crate::byte_tokenizer::byte_tokenizer;
use tokenizers::AddedToken;

fn of(template: &str) -> (Option<ReasoningFormat>, Option<ToolCallFormat>) {
    let format = ReplyFormat::of_model(Some(template), &byte_tokenizer(), None, None).unwrap();
    (format.reasoning, format.tool_calls)
}

/// Short templates of our own, each with what its family's has.
#[test]
fn a_template_tells_the_formats() {
    use ReasoningFormat::{Harmony as Channels, Mistral as Brackets, Think};
    use ToolCallFormat::*;
    for (template, reasoning, tool_calls) in [
        ("{{ messages[0].content }}", None, None),
        ("{% if tools %}<tool_call>{% endif %}", None, Some(Hermes)),
        ("{% if tools %}<tool_call>{% endif %}<think>\n", Some(Think), Some(Hermes)),
        ("{% if tools %}<tool_call><function=f><parameter=p>{% endif %}", None, Some(QwenCoder)),
        ("{% if tools %}[AVAILABLE_TOOLS][TOOL_CALLS]{% endif %}", None, Some(Mistral)),
        ("[THINK]{% if tools %}[TOOL_CALLS]{% endif %}", Some(Brackets), Some(Mistral)),
        ("<|start_header_id|>{{ tools }}", None, Some(Llama3)),
        ("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function```json</think>", Some(Think), Some(DeepSeek)),
        ("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜></think>", Some(Think), Some(DeepSeekV31)),
        ("<|start|>assistant<|channel|>final<|message|>", Some(Channels), Some(Harmony)),
        ("<start_function_call>", None, Some(FunctionGemma)),
        ("{{ tools | tojson }}", None, Some(Hermes)),
    ] {
        assert_eq!(of(template), (reasoning, tool_calls), "{template}");
    }
}

#[test]
fn the_vocabulary_tells_of_reasoning_too() {
    let mut tokenizer = byte_tokenizer();
    tokenizer.add_tokens(&[AddedToken::from("<think>", false)]);
    let format = ReplyFormat::of_model(None, &tokenizer, None, None).unwrap();
    assert_eq!(format, ReplyFormat { reasoning: Some(ReasoningFormat::Think), tool_calls: None });
}

#[test]
fn options_overrule_the_template() {
    let read = |reasoning, tool_calls| {
        ReplyFormat::of_model(Some("<think><tool_call>"), &byte_tokenizer(), Some(reasoning), Some(tool_calls))
    };
    assert_eq!(read("none", "none").unwrap(), ReplyFormat::default());
    assert_eq!(read("auto", "llama3").unwrap(), thinking(ToolCallFormat::Llama3));
    for (name, format) in [
        ("deepseek", ToolCallFormat::DeepSeek),
        ("deepseek-v3.1", ToolCallFormat::DeepSeekV31),
        ("qwen-coder", ToolCallFormat::QwenCoder),
        ("function-gemma", ToolCallFormat::FunctionGemma),
        ("gemma", ToolCallFormat::Gemma),
    ] {
        assert_eq!(read("harmony", name).unwrap().tool_calls, Some(format));
    }
    assert_eq!(read("thinking", "auto").unwrap_err().field.as_deref(), Some("reasoningFormat"));
    assert_eq!(read("auto", "xml").unwrap_err().field.as_deref(), Some("toolCallFormat"));
}

#[test]
fn what_ends_a_message_inside_a_reply_does_not_end_the_reply() {
    let mut tokenizer = byte_tokenizer();
    tokenizer.add_special_tokens(&["<|end|>", "<|call|>", "<|channel|>"].map(|token| AddedToken::from(token, true)));
    let token = |name: &str| tokenizer.token_to_id(name).unwrap();
    let ends = vec![256, token("<|end|>"), token("<|call|>")];
    assert_eq!(HARMONY.end_tokens(ends.clone(), &tokenizer), [256, token("<|call|>")]);
    assert_eq!(thinking(ToolCallFormat::Hermes).end_tokens(ends.clone(), &tokenizer), ends);
    let markers = HARMONY.special_markers(&tokenizer);
    assert!(markers.contains(&(token("<|channel|>"), "<|channel|>")) && markers.len() == 3, "{markers:?}");
}
