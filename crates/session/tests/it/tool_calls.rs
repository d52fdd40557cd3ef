use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Value, json};
use tramontane_session::{
    Backend, Error, ErrorCode, FinishReason, Next, Run, Script, ScriptedBackend, ScriptedReply, Session,
    SessionOptions, Step, StreamPart, TextInterface,
};

use crate::reader::{Reader, finish_of, text_of};

fn weather() -> Value {
    let properties = json!({
        "city": { "type": "string", "maxLength": 5 },
        "days": { "type": "integer", "minimum": 1, "maximum": 9 },
        "unit": { "enum": ["c", "f"] },
    });
    let schema = json!({ "type": "object", "properties": properties, "required": ["city", "unit"], "additionalProperties": false });
    json!({ "name": "weather", "description": "The weather", "inputSchema": schema })
}

fn time() -> Value {
    json!({ "name": "time", "inputSchema": { "type": "object", "properties": {}, "additionalProperties": false } })
}

fn chat(fields: Value) -> Value {
    let mut request = json!({ "prompt": { "messages": [{ "role": "user", "content": "Hi" }] } });
    for (name, value) in fields.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

fn reasoning_of(parts: &[StreamPart]) -> String {
    let delta = |part: &StreamPart| match part {
        StreamPart::ReasoningDelta { delta } => Some(delta.clone()),
        _ => None,
    };
    parts.iter().filter_map(delta).collect()
}

/// The complete calls: name and arguments.
fn calls_of(parts: &[StreamPart]) -> Vec<(String, Option<Value>)> {
    let call = |part: &StreamPart| match part {
        StreamPart::ToolCall { tool_name, input, .. } => Some((tool_name.clone(), input.clone())),
        _ => None,
    };
    parts.iter().filter_map(call).collect()
}

fn error_of(parts: &[StreamPart]) -> &Error {
    match parts {
        [StreamPart::Error { error, .. }] => error,
        _ => panic!("{parts:?}"),
    }
}

const REPLY: &str = "<think>\nHm.\n</think>\n\nI look.<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\", \"unit\": \"c\"}}\n</tool_call>";

#[test]
fn a_reply_with_reasoning_and_a_call_arrives_in_parts() {
    let mut reader = Reader::of([ScriptedReply::says(REPLY)]);
    reader.submit(1, chat(json!({ "tools": [weather(), time()] })));
    let parts = reader.read(1);
    assert_eq!((reasoning_of(&parts).as_str(), text_of(&parts).as_str()), ("Hm.", "I look."));
    assert_eq!(calls_of(&parts), [("weather".into(), Some(json!({ "city": "Oslo", "unit": "c" })))]);
    assert_eq!(finish_of(&parts), FinishReason::ToolCalls);
    let ids = parts.iter().filter_map(|part| match part {
        StreamPart::ToolCallStart { tool_call_id, .. }
        | StreamPart::ToolCallDelta { tool_call_id, .. }
        | StreamPart::ToolCall { tool_call_id, .. } => Some(tool_call_id),
        _ => None,
    });
    let ids: Vec<_> = ids.collect();
    assert!(ids.len() > 3 && ids.iter().all(|id| *id == ids[0]));
    assert!(ids[0].len() == 9 && ids[0].bytes().all(|byte| byte.is_ascii_alphanumeric()), "{}", ids[0]);
}

#[test]
fn parts_have_the_words_of_typescript() {
    let input = Some(json!({ "a": 1 }));
    let part = StreamPart::ToolCall {
        index: 0,
        tool_call_id: "abc".into(),
        tool_name: "x".into(),
        input,
        input_text: "{\"a\": 1}".into(),
    };
    let expected = json!({ "type": "tool-call", "index": 0, "toolCallId": "abc", "toolName": "x", "input": { "a": 1 }, "inputText": "{\"a\": 1}" });
    assert_eq!(serde_json::to_value(part).unwrap(), expected);
    let part = StreamPart::ToolCallStart { index: 0, tool_call_id: "abc".into(), tool_name: "x".into() };
    let expected = json!({ "type": "tool-call-start", "index": 0, "toolCallId": "abc", "toolName": "x" });
    assert_eq!(serde_json::to_value(part).unwrap(), expected);
    assert_eq!(serde_json::to_value(FinishReason::ToolCalls).unwrap(), "tool-calls");
}

#[test]
fn only_chats_are_looked_into_and_only_with_tools_for_calls() {
    let mut reader = Reader::of([ScriptedReply::says(REPLY)]);
    reader.submit(1, json!({ "prompt": { "text": "Hi" } }));
    assert_eq!(text_of(&reader.read(1)), REPLY);
    for (id, fields) in [(2, json!({})), (3, json!({ "tools": [weather()], "toolChoice": "none" }))] {
        reader.submit(id, chat(fields));
        let parts = reader.read(id);
        assert_eq!(reasoning_of(&parts), "Hm.");
        assert!(text_of(&parts).starts_with("I look.<tool_call>"), "{parts:?}");
        assert_eq!(finish_of(&parts), FinishReason::Stop);
    }
}

#[test]
fn a_script_can_switch_the_formats_off() {
    let formats = Some("none".into());
    let script = Script {
        reasoning_format: formats.clone(),
        tool_call_format: formats,
        ..Script::of([ScriptedReply::says(REPLY)])
    };
    let mut reader = Reader::of_script(script);
    reader.submit(1, chat(json!({})));
    assert_eq!(text_of(&reader.read(1)), REPLY);
}

#[test]
fn a_call_that_the_limit_cuts_off_is_not_complete() {
    let mut reader = Reader::of([ScriptedReply::says(REPLY)]);
    let length = REPLY.find("lo\"").unwrap();
    reader.submit(1, chat(json!({ "tools": [weather()], "maxOutputTokens": length })));
    let parts = reader.read(1);
    assert_eq!((calls_of(&parts), finish_of(&parts)), (vec![], FinishReason::Length));
    assert!(matches!(&parts[parts.len() - 2], StreamPart::ToolCallDelta { delta, .. } if delta == "s"), "{parts:?}");
}

#[test]
fn what_was_held_comes_out_when_a_stream_is_cancelled() {
    let reply = ScriptedReply { step_ms: 1, ..ScriptedReply::says(format!("Go <tool_call>{}", " ".repeat(1000))) };
    let mut reader = Reader::of([reply]);
    reader.submit(1, chat(json!({ "tools": [weather()] })));
    reader.wait_until("the marker is written", |session| {
        session.metrics().generated_tokens > 0 || session.metrics().unread_parts >= 3
    });
    reader.session.pause(1);
    reader.wait_until("the stream is parked", |session| session.metrics().parked_sequences == 1);
    let tokens = reader.session.metrics().generated_tokens as usize;
    reader.session.cancel(1);
    let parts = reader.read(1);
    assert_eq!(finish_of(&parts), FinishReason::Aborted);
    let whole = format!("Go <tool_call>{}", " ".repeat(1000));
    assert_eq!(text_of(&parts), whole[..tokens]);
}

#[test]
fn stop_sequences_end_the_text_and_neither_reasoning_nor_arguments() {
    let call = "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"STOP\", \"unit\": \"c\"}}</tool_call>";
    let mut reader = Reader::of([ScriptedReply::says(format!("<think>STOP</think>a ST{call}OP b STOP c"))]);
    reader.submit(1, chat(json!({ "tools": [weather()], "stopSequences": ["STOP"] })));
    let parts = reader.read(1);
    assert_eq!((reasoning_of(&parts).as_str(), text_of(&parts).as_str()), ("STOP", "a STOP b "));
    assert_eq!((calls_of(&parts).len(), finish_of(&parts)), (1, FinishReason::ToolCalls));
    let order: Vec<bool> = parts.iter().map(|part| matches!(part, StreamPart::TextDelta { .. })).collect();
    let call = parts.iter().position(|part| matches!(part, StreamPart::ToolCallStart { .. })).unwrap();
    assert!(order[call - 1], "the text held for the stop sequence is in front of the call: {parts:?}");
}

#[test]
fn parts_do_not_depend_on_pauses_and_slices() {
    let unpaused = {
        let mut reader = Reader::of([ScriptedReply::says(REPLY)]);
        reader.submit(1, chat(json!({ "tools": [weather()] })));
        reader.read(1)
    };
    let mut reader = Reader::of([ScriptedReply { step_ms: 1, ..ScriptedReply::says(REPLY) }]);
    for id in 1..=3 {
        reader.submit(id, chat(json!({ "tools": [weather()] })));
    }
    for id in 1..=3 {
        let parts = reader.read_while(id, |session| {
            session.pause(id);
            std::thread::sleep(std::time::Duration::from_millis(3));
            session.resume(id);
        });
        assert_eq!(parts.len(), unpaused.len());
        assert_eq!((text_of(&parts), reasoning_of(&parts)), (text_of(&unpaused), reasoning_of(&unpaused)));
        assert_eq!(calls_of(&parts), calls_of(&unpaused));
    }
}

#[test]
fn tools_variables_and_calls_reach_the_template() {
    let template = "{% if tools %}{{ tools[0].function.name }}{% endif %}{{ mood }}\
        {% for m in messages %}{% for c in m.tool_calls or [] %}{{ c.function.name + c.function.arguments }}{% endfor %}\
        {{ m.reasoning_content or '' }}{{ m.tool_call_id or '' }}{{ m.name or '' }}{{ m.content }}{% endfor %}<think>";
    let script = Script { chat_template: Some(template.into()), ..Script::of([ScriptedReply::says("Hm.</think>Ah.")]) };
    let mut reader = Reader::of_script(script);
    let messages = json!([
        { "role": "assistant", "reasoning": "r", "toolCalls": [{ "toolCallId": "i", "toolName": "f", "input": { "a": 1 }, "inputText": "{\"a\":1}" }] },
        { "role": "tool", "toolCallId": "i", "content": "c" },
    ]);
    reader.submit(
        1,
        json!({ "prompt": { "messages": messages }, "tools": [weather()], "templateVariables": { "mood": "!" } }),
    );
    let parts = reader.read(1);
    let Some(StreamPart::Finish { usage, .. }) = parts.last() else { panic!("{parts:?}") };
    assert_eq!(usage.input_tokens, "weather!f{\"a\":1}rifc<think>".len(), "the arguments were written as text");
    assert_eq!(
        (reasoning_of(&parts).as_str(), text_of(&parts).as_str()),
        ("Hm.", "Ah."),
        "the prompt had begun to reason"
    );
}

#[test]
fn tools_that_the_model_is_not_told_of_are_refused() {
    let script = Script {
        tool_call_format: Some("auto".into()),
        reasoning_format: Some("auto".into()),
        ..Script::of([ScriptedReply::says("Hi")])
    };
    let mut reader = Reader::of_script(script);
    reader.submit(1, chat(json!({ "tools": [weather()] })));
    let parts = reader.read(1);
    assert_eq!((error_of(&parts).code, error_of(&parts).field.as_deref()), (ErrorCode::InvalidArgument, Some("tools")));
    reader.submit(2, chat(json!({ "tools": [time()], "toolChoice": "required" })));
    assert_eq!(calls_of(&reader.read(2)), [("time".into(), Some(json!({})))]);
}

#[test]
fn what_does_not_go_together_is_refused_by_name() {
    let mut reader = Reader::of([ScriptedReply::says("Hi")]);
    let text = json!({ "text": "Hi" });
    for (id, request, field) in [
        (1, json!({ "prompt": text, "tools": [weather()] }), "tools"),
        (2, json!({ "prompt": text, "templateVariables": { "a": 1 } }), "templateVariables"),
        (3, chat(json!({ "toolChoice": "required" })), "toolChoice"),
        (
            4,
            chat(json!({ "tools": [weather()], "toolChoice": "required", "responseFormat": { "type": "json" } })),
            "toolChoice",
        ),
        (
            5,
            chat(
                json!({ "tools": [{ "name": "x", "inputSchema": { "type": "object", "properties": { "a": { "$ref": "#/nowhere" } } } }], "toolChoice": "required" }),
            ),
            "tools",
        ),
    ] {
        reader.submit(id, request);
        let parts = reader.read(id);
        assert_eq!(
            (error_of(&parts).code, error_of(&parts).field.as_deref()),
            (ErrorCode::InvalidArgument, Some(field))
        );
    }
}

/// A model that knows nothing, except that what closes is likelier than the rest.
struct RandomBackend;

impl Backend for RandomBackend {
    fn parallel_sequences(&self) -> usize {
        1
    }

    fn kept_tokens(&self) -> usize {
        usize::MAX
    }

    fn run(&self, run: Run<'_>, mut step: Step) -> Result<usize, Error> {
        let mut random = ChaCha8Rng::seed_from_u64(run.sequence ^ (run.tokens.len() as u64) << 32);
        loop {
            let mut logits: Vec<f32> = (0..259).map(|_| (random.next_u32() % 2000) as f32 / 1000.0).collect();
            for token in [b'"', b'}', b']', b'<', b'/', b't'] {
                logits[usize::from(token)] += 3.0;
            }
            if step(&logits) == Next::End {
                return Ok(0);
            }
        }
    }
}

fn random_reader(reasoning: &str, tool_calls: &str, template: Option<&str>) -> Reader {
    let script = Script {
        reasoning_format: Some(reasoning.into()),
        tool_call_format: Some(tool_calls.into()),
        chat_template: template.map(str::to_owned),
        context_length: 2_000,
        ..Script::of([ScriptedReply::says("")])
    };
    let text: TextInterface = ScriptedBackend::new(script).unwrap().text_interface().unwrap();
    Reader::of_session(Session::new(Box::new(RandomBackend), text, SessionOptions::default(), Box::new(|| {})).unwrap())
}

#[test]
fn a_forced_call_holds_whatever_the_model_wants_to_write() {
    let formats = [
        "none",
        "hermes",
        "qwen-coder",
        "llama3",
        "mistral",
        "deepseek",
        "deepseek-v3.1",
        "gemma",
        "function-gemma",
        "harmony",
    ];
    for format in formats {
        let reasoning = if format == "harmony" { "harmony" } else { "none" };
        let mut reader = random_reader(reasoning, format, None);
        for id in 0..12 {
            let choice = if id % 2 == 0 { json!("required") } else { json!({ "type": "tool", "toolName": "weather" }) };
            reader.submit(
                id,
                chat(json!({ "tools": [time(), weather()], "toolChoice": choice, "temperature": 1, "seed": id })),
            );
            let parts = reader.read(id);
            if finish_of(&parts) == FinishReason::Length {
                // Random reasoning rarely finds its end.
                assert_eq!(reasoning, "harmony");
                continue;
            }
            assert_eq!(finish_of(&parts), FinishReason::ToolCalls, "{format}");
            assert_eq!(text_of(&parts), "", "{format}");
            let calls = calls_of(&parts);
            let [(name, Some(input))] = &calls[..] else { panic!("{format} {calls:?}") };
            if name == "time" {
                assert!(id % 2 == 0 && *input == json!({}), "{format} {input}");
                continue;
            }
            assert_eq!(name, "weather");
            assert!(input["city"].as_str().is_some_and(|city| city.chars().count() <= 5), "{format} {input}");
            assert!(["c", "f"].contains(&input["unit"].as_str().unwrap_or_default()), "{format} {input}");
            assert!(
                input.get("days").is_none_or(|days| days.as_i64().is_some_and(|days| (1..10).contains(&days))),
                "{format} {input}"
            );
        }
    }
}

#[test]
fn a_forced_call_follows_references_in_its_schema() {
    let schema = json!({
        "type": "object",
        "$defs": { "side": { "enum": ["left", "right"] } },
        "properties": { "side": { "$ref": "#/$defs/side" } },
        "required": ["side"],
        "additionalProperties": false,
    });
    let mut reader = random_reader("none", "hermes", None);
    for id in 0..5 {
        let tools = json!([{ "name": "turn", "inputSchema": schema }]);
        reader.submit(id, chat(json!({ "tools": tools, "toolChoice": "required", "temperature": 1 })));
        let calls = calls_of(&reader.read(id));
        let side = calls[0].1.as_ref().and_then(|input| input["side"].as_str()).unwrap_or_default();
        assert!(["left", "right"].contains(&side), "{calls:?}");
    }
}

#[test]
fn channels_may_be_used_in_front_of_a_forced_call() {
    let harmony = Some("harmony".into());
    let reply = ScriptedReply::says("<|channel|>analysis<|message|>Hm.<|end|> I would rather talk.");
    let script = Script { reasoning_format: harmony.clone(), tool_call_format: harmony, ..Script::of([reply]) };
    let mut reader = Reader::of_script(script);
    reader.submit(1, chat(json!({ "tools": [time()], "toolChoice": "required" })));
    let parts = reader.read(1);
    assert_eq!((reasoning_of(&parts).as_str(), text_of(&parts).as_str()), ("Hm.", ""));
    assert_eq!((calls_of(&parts).len(), finish_of(&parts)), (1, FinishReason::ToolCalls));
}

#[test]
fn a_forced_call_may_be_thought_about_first() {
    for (format, open, close) in [("think", "<think>", "</think>"), ("mistral", "[THINK]", "[/THINK]")] {
        let script =
            |reply: &str| Script { reasoning_format: Some(format.into()), ..Script::of([ScriptedReply::says(reply)]) };
        let request = || chat(json!({ "tools": [time()], "toolChoice": "required" }));
        let mut reader = Reader::of_script(script(&format!("{open}Let me {{think}}.{close}\n\nI would rather talk.")));
        reader.submit(1, request());
        let parts = reader.read(1);
        assert_eq!((reasoning_of(&parts).as_str(), text_of(&parts).as_str()), ("Let me {think}.", ""));
        assert_eq!(calls_of(&parts), [("time".into(), Some(json!({})))]);
        // It may begin in the prompt, and need not begin at all.
        let prompt = format!("{{{{ messages[0].content }}}}{open}\n");
        let mut reader =
            Reader::of_script(Script { chat_template: Some(prompt), ..script(&format!("Hm.{close}talk")) });
        reader.submit(1, request());
        let parts = reader.read(1);
        assert_eq!((reasoning_of(&parts).as_str(), calls_of(&parts).len()), ("Hm.", 1));
        let prompt = format!("{{{{ messages[0].content }}}}{open}\n\n{close}\n\n");
        let thinks = script(&format!("{open}Hm.{close}"));
        let mut reader = Reader::of_script(Script { chat_template: Some(prompt), ..thinks });
        reader.submit(1, request());
        let parts = reader.read(1);
        assert_eq!(
            (reasoning_of(&parts).as_str(), calls_of(&parts).len()),
            ("", 1),
            "the prompt has ended the reasoning"
        );
        let mut reader = Reader::of_script(script("<tool_call>Then I call, but not like this."));
        reader.submit(1, request());
        let parts = reader.read(1);
        assert_eq!((reasoning_of(&parts).as_str(), calls_of(&parts).len()), ("", 1));
    }
}
