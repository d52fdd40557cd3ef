use super::*;
use ToolCallFormat::*;

fn weather(city: &str) -> (&'static str, Value) {
    ("weather", json!({ "city": city }))
}

#[test]
fn hermes_calls_come_between_tags() {
    let reply = read(
        thinking(Hermes),
        "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>\n<tool_call>\n{\"name\": \"get-time\", \"arguments\": {}}\n</tool_call>",
    );
    assert_eq!(reply.text, "Let me see.\n");
    assert_eq!(reply.inputs(), [weather("Oslo"), ("get-time", json!({}))]);
    assert_eq!(reply.order, "tsdcsdc");
}

#[test]
fn a_name_goes_out_before_its_arguments_and_these_as_they_are_written() {
    let mut parser = ReplyParser::new(thinking(Hermes), tools(), false);
    assert_eq!(parser.push("Hm<tool_call>{\"name\": \"weather"), [ReplyEvent::Text("Hm".into())]);
    assert_eq!(parser.push("\""), [ReplyEvent::CallStart { index: 0, tool_name: "weather".into() }]);
    assert_eq!(parser.push(", \"arguments\": {\"ci"), [ReplyEvent::CallDelta { index: 0, delta: "{\"ci".into() }]);
    assert_eq!(parser.push("ty\": \"</tool"), [ReplyEvent::CallDelta { index: 0, delta: "ty\": \"</tool".into() }]);
    let end = parser.push("\"}");
    assert!(matches!(&end[1], ReplyEvent::Call { input: Some(input), .. } if input["city"] == "</tool"), "{end:?}");
}

#[test]
fn members_come_in_any_order_and_others_are_passed_over() {
    for object in [
        r#"{"arguments": {"city": "Oslo"}, "name": "weather"}"#,
        r#"{"id": "1", "name": "weather", "type": {"a": [1, "}"]}, "parameters": {"city": "Oslo"}, "n": 1}"#,
        r#"{"name": "weather", "arguments": "{\"city\": \"Oslo\"}"}"#,
        r#"{"arguments": "{\"city\": \"Oslo\"}", "name": "weather"}"#,
    ] {
        let reply = read(thinking(Hermes), &format!("<tool_call>{object}</tool_call>"));
        assert_eq!((reply.inputs(), reply.text.as_str()), (vec![weather("Oslo")], ""), "{object}");
    }
}

#[test]
fn a_call_without_arguments_has_none() {
    let reply = read(thinking(Hermes), r#"<tool_call>{"name": "get-time"}</tool_call>"#);
    assert_eq!(reply.inputs(), [("get-time", json!({}))]);
    assert_eq!(reply.calls[0].deltas, "{}");
}

#[test]
fn strings_may_hold_what_closes_a_call() {
    for (format, text) in [
        (
            thinking(Hermes),
            r#"<tool_call>{"name": "weather", "arguments": {"city": "</tool_call> \"}} <think>"}}</tool_call>"#,
        ),
        (thinking(Llama3), r#"{"name": "weather", "parameters": {"city": "</tool_call> \"}} <think>"}}"#),
        (
            HARMONY,
            "<|channel|>commentary to=functions.weather<|message|>{\"city\": \"</tool_call> \\\"}} <think>\"}<|call|>",
        ),
    ] {
        assert_eq!(read(format, text).inputs(), [weather("</tool_call> \"}} <think>")], "{text}");
    }
}

#[test]
fn a_missing_brace_costs_nothing() {
    let reply =
        read(thinking(Hermes), r#"<tool_call>{"name": "weather", "arguments": {"city": "Oslo"}</tool_call> Done."#);
    assert_eq!((reply.inputs(), reply.text.as_str()), (vec![weather("Oslo")], "Done."));
}

#[test]
fn arguments_that_are_no_json_complete_the_call_without_input() {
    for (format, text, deltas) in [
        (
            thinking(Hermes),
            "<tool_call>{\"name\": \"weather\", \"arguments\": {city: Oslo}}</tool_call>",
            "{city: Oslo}}",
        ),
        (thinking(Hermes), "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo", "{\"city\": \"Oslo"),
        (thinking(Mistral), "[TOOL_CALLS]weather[ARGS]{city}[TOOL_CALLS]weather[ARGS]{}", "{city}"),
        (
            thinking(DeepSeek),
            "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{a<｜tool▁call▁end｜>",
            "{a",
        ),
        (HARMONY, "<|channel|>commentary to=functions.weather<|message|>Oslo<|call|>", "Oslo"),
    ] {
        let reply = read(format, text);
        let call = &reply.calls[0];
        assert_eq!((call.is_complete, &call.input, call.deltas.as_str()), (true, &None, deltas), "{text}");
        assert_eq!(reply.text, "", "{text}");
    }
}

#[test]
fn a_call_that_is_cut_off_is_not_complete() {
    for (format, text) in [
        (thinking(Hermes), "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Os"),
        (thinking(Hermes), "<tool_call>{\"name\": \"weather\", \"arg"),
        (thinking(QwenCoder), "<tool_call><function=weather><parameter=city>Os"),
        (thinking(Llama3), "{\"name\": \"weather\", \"parameters\": {\"city\": \"Os"),
        (thinking(Mistral), "[TOOL_CALLS]weather[ARGS]{\"city\": \"Os"),
        (thinking(DeepSeek), "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>weather<｜tool▁sep｜>{\"city\": \"Os"),
        (thinking(FunctionGemma), "<start_function_call>call:weather{city:<escape>Os"),
        (HARMONY, "<|channel|>commentary to=functions.weather<|message|>{\"city\": \"Os"),
    ] {
        let reply = read_pieces(format, characters(text), false);
        assert_eq!(reply.calls.len(), 1, "{text}");
        assert!(!reply.calls[0].is_complete, "{text}");
        assert!(text.contains("arg") || reply.calls[0].deltas.ends_with("\"Os"), "{reply:?}");
        assert_eq!(reply.text, "", "{text}");
    }
}

#[test]
fn qwen_coder_writes_xml_that_becomes_json() {
    let reply = read(
        thinking(QwenCoder),
        "I look.\n<tool_call>\n<function=weather>\n<parameter=city>\nSão \"Paulo\"\n\nBrazil </\n</parameter>\n<parameter=days>\n3\n</parameter>\n<parameter=options>\n{\"a\": [1]}\n</parameter>\n<parameter=other>\nx\n</parameter>\n</function>\n</tool_call>",
    );
    let input = json!({ "city": "São \"Paulo\"\n\nBrazil </", "days": 3, "options": { "a": [1] }, "other": "x" });
    assert_eq!(reply.inputs(), [("weather", input)]);
    assert_eq!(reply.text, "I look.\n");
}

#[test]
fn qwen_coder_leaves_out_the_outer_tag_and_writes_plain_calls_too() {
    let bare = read(thinking(QwenCoder), "<function=weather>\n<parameter=days>many</parameter></function> Done.");
    assert_eq!((bare.inputs(), bare.text.as_str()), (vec![("weather", json!({ "days": "many" }))], "Done."));
    let plain = read(
        thinking(QwenCoder),
        "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}</tool_call>",
    );
    assert_eq!(plain.inputs(), [weather("Oslo")]);
    let none = read(thinking(QwenCoder), "<tool_call><function=get-time></function></tool_call>");
    assert_eq!(none.inputs(), [("get-time", json!({}))]);
}

#[test]
fn llama_calls_are_bare_or_marked_and_several_are_separated() {
    let call = |city: &str| {
        format!("{{\"type\": \"function\", \"name\": \"weather\", \"parameters\": {{\"city\": \"{city}\"}}}}")
    };
    for text in [
        format!("\n{}; {}", call("Oslo"), call("Rome")),
        format!("<|python_tag|>{};{}", call("Oslo"), call("Rome")),
        format!("Sure.<|python_tag|>{} ; {}", call("Oslo"), call("Rome")),
    ] {
        let reply = read(thinking(Llama3), &text);
        assert_eq!(reply.inputs(), [weather("Oslo"), weather("Rome")], "{text}");
        assert_eq!(reply.text, if text.starts_with('S') { "Sure." } else { "" });
    }
}

#[test]
fn mistral_lists_calls_or_names_them() {
    for text in [
        r#"[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Oslo"}}, {"name": "weather", "arguments": {"city": "Rome"}, "id": "abc"}]"#,
        r#"[TOOL_CALLS]weather[ARGS]{"city": "Oslo"}[TOOL_CALLS]weather[CALL_ID]123456789[ARGS]{"city": "Rome"}"#,
        r#"[TOOL_CALLS]weather{"city": "Oslo"}[TOOL_CALLS]{"name": "weather", "arguments": {"city": "Rome"}}"#,
    ] {
        let reply = read(thinking(Mistral), text);
        assert_eq!((reply.inputs(), reply.text.as_str()), (vec![weather("Oslo"), weather("Rome")], ""), "{text}");
    }
}

#[test]
fn deepseek_calls_have_fences_or_not() {
    let fenced = |city: &str| {
        format!(
            "<｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{{\"city\": \"{city}\"}}\n```<｜tool▁call▁end｜>"
        )
    };
    let plain =
        |city: &str| format!("<｜tool▁call▁begin｜>weather<｜tool▁sep｜>{{\"city\": \"{city}\"}}<｜tool▁call▁end｜>");
    for (one, other) in [(fenced("Oslo"), fenced("Rome")), (plain("Oslo"), plain("Rome"))] {
        let text = format!("I look.<｜tool▁calls▁begin｜>{one}\n{other}<｜tool▁calls▁end｜>");
        let reply = read(thinking(DeepSeek), &text);
        assert_eq!(
            (reply.inputs(), reply.text.as_str()),
            (vec![weather("Oslo"), weather("Rome")], "I look."),
            "{text}"
        );
    }
}

#[test]
fn gemma_writes_objects_in_fences() {
    for fence in ["json", "tool_code", "tool_call"] {
        let text = format!("```{fence}\n{{\"name\": \"weather\", \"parameters\": {{\"city\": \"Oslo\"}}}}\n```\nDone.");
        let reply = read(thinking(Gemma), &text);
        assert_eq!((reply.inputs(), reply.text.as_str()), (vec![weather("Oslo")], "Done."), "{text}");
    }
    assert_eq!(
        read(thinking(Gemma), r#"{"name": "weather", "parameters": {"city": "Oslo"}}"#).inputs(),
        [weather("Oslo")]
    );
}

#[test]
fn function_gemma_writes_strings_in_its_own_quotes() {
    let input = json!({ "city": "Os\"lo", "days": 3, "options": { "a": [true, "x, y", {}], "b": null } });
    for (open, quote, close) in
        [("<start_function_call>", "<escape>", "<end_function_call>"), ("<|tool_call>", "<|\"|>", "<tool_call|>")]
    {
        let call = format!(
            "{open}call:weather{{city:{quote}Os\"lo{quote}, days:3,options:{{a:[true,{quote}x, y{quote},{{}}],b:null}}}}{close}"
        );
        let reply = read(thinking(FunctionGemma), &format!("Hm {call}{open}call:get-time{{}}{close}"));
        assert_eq!(
            (reply.inputs(), reply.text.as_str()),
            (vec![("weather", input.clone()), ("get-time", json!({}))], "Hm ")
        );
    }
}

#[test]
fn harmony_calls_name_their_recipient_in_either_place() {
    for text in [
        "<|channel|>analysis<|message|>Weather is asked for.<|end|><|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"Oslo\"}<|call|>",
        "<|channel|>analysis<|message|>Weather is asked for.<|end|><|start|>assistant to=functions.weather<|channel|>commentary json<|message|>{\"city\": \"Oslo\"}",
    ] {
        let reply = read(HARMONY, text);
        assert_eq!((reply.inputs(), reply.text.as_str()), (vec![weather("Oslo")], ""), "{text}");
        assert_eq!(reply.reasoning, "Weather is asked for.");
    }
}

#[test]
fn markers_that_are_tokens_end_broken_strings_and_are_never_text() {
    let mut parser = ReplyParser::new(thinking(Llama3), tools(), false);
    let mut events = parser.push_marker("<|python_tag|>");
    events.extend(parser.push("print(1)"));
    events.extend(parser.finish(true));
    assert_eq!(events, [ReplyEvent::Text("print(1)".into())]);

    let mut parser = ReplyParser::new(HARMONY, tools(), false);
    let mut events = parser.push_marker("<|channel|>");
    events.extend(parser.push("commentary to=functions.weather"));
    events.extend(parser.push_marker("<|message|>"));
    events.extend(parser.push("{\"city\": \"Os"));
    events.extend(parser.push_marker("<|end|>"));
    events.extend(parser.finish(true));
    let reply = Reply::of(events);
    assert_eq!((reply.calls[0].deltas.as_str(), &reply.calls[0].input), ("{\"city\": \"Os", &None));
}
