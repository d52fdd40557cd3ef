use super::*;
use ToolCallFormat::*;

const FORMATS: [ToolCallFormat; 9] =
    [Hermes, QwenCoder, Llama3, Mistral, DeepSeek, DeepSeekV31, Gemma, FunctionGemma, Harmony];

fn formats() -> impl Iterator<Item = ReplyFormat> {
    let reasoning =
        [None, Some(ReasoningFormat::Think), Some(ReasoningFormat::Mistral), Some(ReasoningFormat::Harmony)];
    let tool_calls = FORMATS.into_iter().map(Some).chain([None]);
    tool_calls.flat_map(move |tool_calls| reasoning.map(|reasoning| ReplyFormat { reasoning, tool_calls }))
}

/// What replies are made of: markers, calls whole and broken, and text that is in none of them.
const PIECES: &[&str] = &[
    "<think>",
    "</think>",
    "[THINK]",
    "[/THINK]",
    "<tool_call>",
    "</tool_call>",
    "<function=",
    "weather>",
    "</function>",
    "<parameter=city>",
    "</parameter>",
    "\n</param",
    "<|python_tag|>",
    "[TOOL_CALLS]",
    "[ARGS]",
    "[CALL_ID]",
    "weather",
    "get-time",
    "<｜tool▁calls▁begin｜>",
    "<｜tool▁call▁begin｜>",
    "<｜tool▁sep｜>",
    "function",
    "<｜tool▁call▁end｜>",
    "<｜tool▁calls▁end｜>",
    "```json\n",
    "```tool_code",
    "```",
    "<start_function_call>",
    "<|tool_call>",
    "call:",
    "<escape>",
    "<|\"|>",
    "<end_function_call>",
    "<tool_call|>",
    "<|channel|>",
    "<|start|>",
    "assistant",
    "analysis",
    "final",
    "commentary",
    " to=functions.weather ",
    "<|constrain|>",
    "<|message|>",
    "<|end|>",
    "<|call|>",
    "<|return|>",
    "{\"name\": \"weather\", \"arguments\": {\"city\": \"Oslo\"}}",
    "{\"name\": \"weather\", \"parameters\": ",
    "{\"city\": \"",
    "{\"name\": \"get-time\"",
    "{\"name\": \"unknown\"}",
    "\"arguments\": ",
    "{\"a\": [1, 2.5e3, null, {\"b\": \"\\\"}\"}]}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ";",
    ":",
    "\"",
    "\\",
    " ",
    "\n",
    "\n\n",
    "true",
    "-1",
    "é",
    "👩‍💻",
    "text ",
    "<",
    "｜",
];

fn random_reply(random: &mut ChaCha8Rng) -> String {
    let count = random.next_u32() as usize % 24;
    let mut reply = String::new();
    for _ in 0..count {
        let piece = PIECES[random.next_u32() as usize % PIECES.len()];
        // Some of them are broken.
        let kept = if random.next_u32().is_multiple_of(8) { random.next_u32() as usize % 6 } else { usize::MAX };
        reply.extend(piece.chars().take(kept));
    }
    reply
}

/// Whole replies of every family, so that what is deep inside a call is cut, too.
const REPLIES: &[&str] = &[
    "<think>\nHm…\n</think>\n\nI look.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Ōsaka </tool_call>\"}}\n</tool_call>\n<tool_call>{\"name\": \"get-time\"}</tool_call> Done.",
    "<tool_call>{\"arguments\": \"{\\\"city\\\": \\\"é\\\"}\", \"name\": \"weather\"}</tool_call>",
    "<tool_call><function=weather><parameter=city>\nA </par B\n</parameter><parameter=days>3</parameter></function></tool_call>",
    "{\"name\": \"weather\", \"parameters\": {\"city\": \"x\"}}; {\"name\": \"get-time\", \"parameters\": {}}; {\"name\": \"unknown\"}",
    "[TOOL_CALLS] [{\"name\": \"weather\", \"arguments\": {}}, {\"name\": \"nobody\", \"arguments\": {}}]",
    "[TOOL_CALLS]weather[ARGS]{\"city\": }[TOOL_CALLS]get-time[CALL_ID]1[ARGS]{} and so on",
    "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>weather\n```json\n{\"city\": \"x\"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>get-time<｜tool▁sep｜>{}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "Look:\n```json\n{\"name\": \"weather\", \"parameters\": {\"days\": 1}}\n```\n```json\n{}\n```",
    "<start_function_call>call:weather{city:<escape>a } , b<escape>,options:{x:[1,<escape>y<escape>]}}<end_function_call>",
    "<|channel|>analysis<|message|>So <|x|>…<|end|><|start|>assistant<|channel|>commentary to=functions.weather <|constrain|>json<|message|>{\"city\": \"x\"}<|call|><|start|>assistant<|channel|>final<|message|>Done.<|return|>",
];

fn all_cuts_agree(format: ReplyFormat, text: &str, random: &mut ChaCha8Rng) {
    for ended in [true, false] {
        let whole = read_pieces(format, [text], ended);
        assert_eq!(read_pieces(format, characters(text), ended), whole, "{format:?} {text:?}");
        for _ in 0..3 {
            let pieces = cut_at_random(text, random);
            assert_eq!(read_pieces(format, pieces.iter().copied(), ended), whole, "{format:?} {pieces:?}");
        }
        let begun = |pieces: Vec<&str>| read_from(ReplyParser::new(format, tools(), true), pieces, ended);
        assert_eq!(begun(vec![text]), begun(characters(text).collect()), "{format:?} {text:?}");
    }
}

#[test]
fn a_reply_is_the_same_however_it_is_cut() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for format in formats() {
        for text in REPLIES {
            all_cuts_agree(format, text, &mut random);
            // Two pieces, at every boundary.
            let whole = read(format, text);
            for (at, _) in text.char_indices() {
                assert_eq!(read_pieces(format, [&text[..at], &text[at..]], true), whole, "{format:?} {text:?} at {at}");
            }
        }
    }
}

#[test]
fn random_replies_are_the_same_however_they_are_cut() {
    let mut random = ChaCha8Rng::seed_from_u64(2);
    for format in formats() {
        for _ in 0..60 {
            let text = random_reply(&mut random);
            all_cuts_agree(format, &text, &mut random);
        }
    }
}

/// Whatever is neither a call's nor reasoning is in the text, in its order.
#[test]
fn without_calls_and_reasoning_the_text_is_the_reply() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for format in formats().filter(|format| *format != HARMONY) {
        for _ in 0..100 {
            let text = random_reply(&mut random);
            let reply = read(format, &text);
            if reply.calls.is_empty()
                && reply.reasoning.is_empty()
                && !text.contains("hink")
                && !text.contains("HINK")
                && !text.contains("<|message|>")
            {
                assert_eq!(reply.text, text, "{format:?}");
            }
        }
    }
}

#[test]
fn the_work_does_not_grow_faster_than_the_reply() {
    let hostile = [
        "<tool_call>",
        "<tool_call>{\"name\":\"",
        "<tool_call>{\"arguments\":[",
        "<tool_call>\n ",
        "<",
        "{\"name\":",
        "[TOOL_CALLS]",
        "[TOOL_CALLS]a",
        "<｜tool▁calls▁begin｜> ",
        "<|channel|>",
        "```json {",
        "<|tool_call>call:",
        " ",
        "<think>",
        "<function=",
        "<tool_call>{\"arguments\":\"<tool_call>{\", \"x\":\"",
    ];
    for format in FORMATS.map(thinking).into_iter().chain([HARMONY]) {
        for piece in hostile {
            let text = piece.repeat(10_000 / piece.len());
            let mut parser = ReplyParser::new(format, tools(), false);
            let mut events = parser.push(&text);
            assert!(parser.held.len() <= super::super::parser::MAX_HELD, "{format:?} {piece}");
            events.extend(parser.finish(true));
            Reply::of(events);
            let steps = parser.steps;
            assert!(steps < 600 * text.len(), "{format:?} {piece}: {steps} steps for {} bytes", text.len());
        }
    }
}

#[test]
fn hostile_depth_is_only_text_or_broken_arguments() {
    let deep = "[".repeat(100_000);
    let reply = read(thinking(Hermes), &format!("<tool_call>{{\"name\": \"weather\", \"arguments\": {deep}"));
    assert_eq!((reply.calls[0].is_complete, &reply.calls[0].input), (true, &None));
    assert_eq!(reply.calls[0].deltas, deep);
    let gemma = "{a:".repeat(10_000);
    let reply = read(thinking(FunctionGemma), &format!("<start_function_call>call:weather{gemma}"));
    assert!(reply.calls[0].is_complete);
}

/// Characters of markers in any order, and markers that are tokens in any place: nothing panics, and nothing is lost.
#[test]
fn noise_and_stray_markers_do_no_harm() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let alphabet: Vec<char> = PIECES.concat().chars().collect();
    for format in formats() {
        for _ in 0..40 {
            let mut parser = ReplyParser::new(format, tools(), random.next_u32().is_multiple_of(4));
            let (mut events, mut whole) = (Vec::new(), String::new());
            for _ in 0..random.next_u32() % 30 {
                if random.next_u32().is_multiple_of(4) {
                    let marker = PIECES[random.next_u32() as usize % PIECES.len()];
                    whole += marker;
                    events.extend(parser.push_marker(marker));
                } else {
                    let count = random.next_u32() as usize % 20;
                    let noise: String =
                        (0..count).map(|_| alphabet[random.next_u32() as usize % alphabet.len()]).collect();
                    whole += &noise;
                    events.extend(parser.push(&noise));
                }
            }
            events.extend(parser.finish(random.next_u32().is_multiple_of(2)));
            assert_eq!(parser.trace, whole, "{format:?}");
            Reply::of(events);
        }
    }
}
