use super::*;

const THINK: ReplyFormat = ReplyFormat { reasoning: Some(ReasoningFormat::Think), tool_calls: None };

#[test]
fn reasoning_is_between_its_tags_without_the_white_space_around() {
    let mistral = ReplyFormat { reasoning: Some(ReasoningFormat::Mistral), tool_calls: None };
    for (format, open, close) in [(THINK, "<think>", "</think>"), (mistral, "[THINK]", "[/THINK]")] {
        let reply = read(format, &format!("\n{open}\nFirst, a < b.\n\nThen…\n{close}\n\nThe answer. \n"));
        assert_eq!(reply.reasoning, "First, a < b.\n\nThen…");
        assert_eq!(reply.text, "The answer. \n");
        assert_eq!(reply.order, "rt");
    }
}

#[test]
fn a_paragraphs_indentation_is_no_white_space_of_the_template() {
    assert_eq!(read(THINK, "<think>a</think>\n\u{3000}\u{3000}b").text, "\u{3000}\u{3000}b");
}

#[test]
fn empty_reasoning_is_none() {
    let reply = read(THINK, "<think>\n\n</think>\n\nHi");
    assert_eq!((reply.text.as_str(), reply.order.as_str()), ("Hi", "t"));
}

#[test]
fn a_reply_may_begin_inside_reasoning() {
    let begun = || ReplyParser::new(THINK, Vec::new(), true);
    let reply = read_from(begun(), ["\nHm.\n", "</thi", "nk>", "\n\nYes."], true);
    assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("Hm.", "Yes."));
    let reply = read_from(begun(), ["Hm, <think> and\n</thin"], false);
    assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("Hm, <think> and\n</thin", ""));
}

#[test]
fn a_prompt_tells_whether_it_has_begun_or_ended_the_reasoning() {
    use super::super::ReasoningState::{self, Closed, Open, Unknown};
    let state = |prompt: &str| ReasoningState::at_end_of(prompt, THINK.reasoning);
    assert_eq!(state("<|im_start|>assistant\n<think>\n"), Open);
    assert_eq!(state("<|im_start|>assistant\n<think>\n\n</think>\n\n"), Closed);
    assert_eq!(state("<|im_start|>assistant\n"), Unknown);
    assert_eq!(ReasoningState::at_end_of("<think>", None), Unknown);
}

#[test]
fn tags_behind_text_are_text() {
    for text in ["The tag <think> opens it, </think> closes it.", "</think>", "a </think> b", "`<think>`"] {
        let reply = read(THINK, text);
        assert_eq!((reply.text.as_str(), reply.reasoning.as_str()), (text, ""));
    }
}

#[test]
fn reasoning_may_come_again_behind_a_call_and_hides_no_calls_of_its_own() {
    let call = "<tool_call>{\"name\": \"get-time\", \"arguments\": {}}</tool_call>";
    let reply = read(thinking(ToolCallFormat::Hermes), &format!("<think>a {call} b</think>{call}\n<think>c</think>d"));
    assert_eq!((reply.order.as_str(), reply.text.as_str()), ("rsdcrt", "d"));
    assert_eq!(reply.reasoning, format!("a {call} bc"));
}

#[test]
fn harmony_has_channels() {
    let reply = read(
        HARMONY,
        "<|channel|>analysis<|message|>Simple.<|end|><|start|>assistant<|channel|>commentary<|message|>I look.<|end|><|start|>assistant<|channel|>final<|message|> Four < five.\n<|return|>",
    );
    assert_eq!((reply.reasoning.as_str(), reply.text.as_str()), ("Simple.", "I look. Four < five.\n"));
    assert_eq!(reply.order, "rt");
}

#[test]
fn harmony_without_markers_is_text() {
    assert_eq!(read(HARMONY, "Just text with <|end|>.").text, "Just text with <|end|>.");
}
