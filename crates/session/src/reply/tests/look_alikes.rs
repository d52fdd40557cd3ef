use super::*;
use ToolCallFormat::*;

#[test]
fn what_only_looks_like_a_call_comes_through_whole() {
    let hermes = [
        "<tool_call>",
        "<tool_call",
        "a <tool_call> b </tool_call> c",
        "<tool_call>{\"name\": \"unknown\", \"arguments\": {}}</tool_call>",
        "<tool_call>{\"name\": 1, \"arguments\": {}}</tool_call>",
        "<tool_call>{name: \"weather\"}</tool_call>",
        "<tool_call>{\"arguments\": {}}</tool_call>",
        "<tool_call>[{\"name\": \"weather\"}]</tool_call>",
        "<tool_call>\n\n",
        "<tool_call>{\"name\": \"weath",
        "Write ```xml\n<tool_call>\nlike this\n</tool_call>\n``` to call.",
        "<<<tool_<tool_cal",
        "{\"name\": \"weather\", \"arguments\": {}}",
    ];
    let llama = [
        "{\"name\": \"weather\", \"description\": \"a tool\"}",
        "{\"name\": \"unknown\", \"parameters\": {}}",
        "{}",
        "Here: {\"name\": \"weather\", \"parameters\": {}}",
        "<|python_tag|>print(1)",
        "{\"a\": {\"name\": \"weather\", \"parameters\": {}}}",
    ];
    let mistral = [
        "[TOOL_CALLS]",
        "[TOOL_CALLS]unknown[ARGS]{}",
        "[TOOL_CALLS][1, 2]",
        "[TOOL_CALLS]weather and more",
        "[TOOL_CALLS]weather[ARG",
        "[1] [TOOL] see",
    ];
    let deepseek = [
        "<｜tool▁calls▁begin｜>",
        "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>unknown<｜tool▁sep｜>{}",
        "<｜tool▁calls▁begin｜> and text",
        "<｜tool▁call▁begin｜>function<｜tool▁sep｜>unknown\n```json\n{}\n```",
        "<｜tool▁",
    ];
    let gemma =
        ["```json\n{\"a\": 1}\n```", "```json\n", "```tool_code\nprint(1)\n```", "```jsonl", "{\"name\": \"weather\"}"];
    let coder = [
        "<tool_call><function=unknown></function></tool_call>",
        "<function=weather",
        "<tool_call>\n <func",
        "<tool_call>text",
    ];
    let function_gemma = [
        "<start_function_call>weather{}",
        "<start_function_call>call:unknown{}<end_function_call>",
        "<start_function_call>call:weather",
        "<|tool_call>",
    ];
    let formats: [(ToolCallFormat, &[&str]); 7] = [
        (Hermes, &hermes),
        (Llama3, &llama),
        (Mistral, &mistral),
        (DeepSeek, &deepseek),
        (Gemma, &gemma),
        (QwenCoder, &coder),
        (FunctionGemma, &function_gemma),
    ];
    for (format, texts) in formats {
        for text in texts {
            for ended in [true, false] {
                let reply = read_pieces(thinking(format), characters(text), ended);
                assert_eq!((reply.text.as_str(), reply.order.as_str()), (*text, "t"), "{format:?}");
            }
        }
    }
    for text in [
        "<|channel|>other<|message|>x",
        "<|channel|>commentary to=browser.search<|message|>{}<|call|>",
        "<|start|>",
        "a <|chan",
    ] {
        assert_eq!(read(HARMONY, text).text, text);
    }
}

#[test]
fn a_call_behind_what_only_looks_like_one_is_found() {
    let call = "<tool_call>{\"name\": \"get-time\", \"arguments\": {}}</tool_call>";
    for before in
        ["<tool_call>", "<tool_call>{\"name\": \"unknown\"}", "<tool_call>{\"name\": \"", "<tool_call>\n<", "<"]
    {
        let reply = read(thinking(Hermes), &format!("{before}{call}"));
        assert_eq!((reply.text.as_str(), reply.calls.len()), (before, 1));
    }
}

#[test]
fn without_tools_nothing_is_a_call() {
    let text = "<tool_call>{\"name\": \"weather\", \"arguments\": {}}</tool_call>";
    let reply = read_from(ReplyParser::new(thinking(Hermes), Vec::new(), false), [text], true);
    assert_eq!((reply.text.as_str(), reply.order.as_str()), (text, "t"));
}

#[test]
fn white_space_alone_is_text() {
    for text in [" \n ", "\n", &" ".repeat(1000), &format!("{}x", "\n".repeat(1000))] {
        assert_eq!(read(thinking(Hermes), text).text, text);
    }
}

#[test]
fn json_that_is_no_call_is_not_held_to_its_end() {
    for format in [Llama3, Gemma] {
        let mut parser = ReplyParser::new(thinking(format), tools(), false);
        let text = "{\"title\": \"A long";
        assert_eq!(Reply::of(parser.push(text)).text, text);
    }
}
