use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tramontane_error::{Error, ErrorCode};

use super::{ChatTemplate, Limits, SpecialTokens};

fn special() -> SpecialTokens {
    SpecialTokens { bos_token: Some("<s>".into()), eos_token: Some("</s>".into()), ..SpecialTokens::default() }
}

fn compile(source: &str) -> ChatTemplate {
    ChatTemplate::compile(source, special()).unwrap()
}

fn render(source: &str, messages: Value) -> String {
    compile(source).render(&messages, None, true, &Map::new()).unwrap()
}

fn fail(source: &str, messages: Value) -> Error {
    compile(source).render(&messages, None, true, &Map::new()).unwrap_err()
}

fn expression(expression: &str) -> String {
    render(&format!("{{{{ {expression} }}}}"), json!([]))
}

const CHAT_ML: &str = "\
{% for message in messages %}
    {% if loop.first and messages[0]['role'] != 'system' %}
        {{ '<|im_start|>system\\nBe brief.<|im_end|>\\n' }}
    {%- endif %}
    {%- generation %}
    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}
    {%- endgeneration %}
{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
";

#[test]
fn chat_ml_adds_a_system_message_when_there_is_none() {
    let text = render(CHAT_ML, json!([{"role": "user", "content": "Hi {{ x }} 👋"}]));
    // What is in a message is text, not template; the template's own indentation and line ends are trimmed.
    assert_eq!(
        text,
        "        <|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi {{ x }} 👋<|im_end|>\n<|im_start|>assistant\n"
    );
    let text = render(CHAT_ML, json!([{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]));
    assert_eq!(text, "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n");
}

const LLAMA: &str = "\
{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}{%- set date_string = strftime_now(\"%d %b %Y\") %}{%- endif %}
{%- endif %}
{%- if not tools is defined %}{%- set tools = none %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system = \"\" %}
{%- endif %}
{{- \"[system]\\nToday: \" + date_string + \"\\n\" }}
{%- if tools is not none %}
    {%- for tool in tools %}
        {{- tool | tojson(indent=4) }}
        {{- \"\\n\" }}
    {%- endfor %}
{%- endif %}
{{- system + eos_token }}
{%- for message in messages %}
    {%- if not (message.role == 'tool' or 'tool_calls' in message) %}
        {{- '[' + message['role'] + ']' + message['content'] | trim + eos_token }}
    {%- elif 'tool_calls' in message %}
        {%- if not message.tool_calls|length == 1 %}
            {{- raise_exception('One call at a time.') }}
        {%- endif %}
        {%- set call = message.tool_calls[0].function %}
        {{- '{\"name\": \"' + call.name + '\", \"parameters\": ' }}{{ call.arguments | tojson }}{{ '}' }}
    {%- else %}
        {%- if message.content is mapping or message.content is iterable and message.content is not string %}
            {{- message.content | tojson }}
        {%- else %}
            {{- message.content }}
        {%- endif %}
    {%- endif %}
{%- endfor %}";

#[test]
fn llama_renders_tools_as_indented_json() {
    let extra = json!({"date_string": "26 Jul 2024"});
    let tools = json!([{"type": "function", "function": {"name": "größe", "parameters": {}}}]);
    let messages = json!([
        {"role": "system", "content": " Help. "},
        {"role": "user", "content": "How tall?"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "größe", "arguments": {"of": ["<a>", 1.0, true]}}}]},
        {"role": "tool", "content": {"m": 3}},
    ]);
    let text = compile(LLAMA).render(&messages, Some(&tools), false, extra.as_object().unwrap()).unwrap();
    assert_eq!(
        text,
        "<s>[system]\nToday: 26 Jul 2024\n{\n    \"type\": \"function\",\n    \"function\": {\n        \"name\": \"größe\",\n        \
         \"parameters\": {}\n    }\n}\nHelp.</s>[user]How tall?</s>\
         {\"name\": \"größe\", \"parameters\": {\"of\": [\"<a>\", 1.0, true]}}{\"m\": 3}"
    );
}

#[test]
fn llama_knows_the_day() {
    let text = render(LLAMA, json!([{"role": "user", "content": "Hi"}]));
    let date =
        text.strip_prefix("<s>[system]\nToday: ").and_then(|text| text.strip_suffix("\n</s>[user]Hi</s>")).unwrap();
    assert_eq!(date.len(), "26 Jul 2024".len(), "{date}");
}

const MISTRAL: &str = "\
{%- if messages[0][\"role\"] == \"system\" %}
    {%- set system_message = messages[0][\"content\"] %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set loop_messages = messages %}
{%- endif %}
{%- set user_messages = loop_messages | selectattr(\"role\", \"equalto\", \"user\") | list %}
{%- set ns = namespace(index=0) %}
{%- for message in loop_messages %}
    {%- if message.role == \"user\" or (message.role == \"assistant\" and message.tool_calls is not defined) %}
        {%- if (message[\"role\"] == \"user\") != (ns.index % 2 == 0) %}
            {{- raise_exception(\"Roles must alternate, beginning with \" ~ 'user') }}
        {%- endif %}
        {%- set ns.index = ns.index + 1 %}
    {%- endif %}
{%- endfor %}
{{- bos_token }}
{%- for message in loop_messages %}
    {%- if message[\"role\"] == \"user\" %}
        {%- if tools is not none and (message == user_messages[-1]) %}
            {{- \"[TOOLS][\" }}
            {%- for tool in tools %}
                {%- for key, value in tool.function.items() if key != \"return\" %}
                    {%- if value is string %}{{- '\"' + key + '\": \"' + value + '\"' }}{%- else %}
                        {{- '\"' + key + '\": ' + value|tojson }}{%- endif %}
                    {%- if not loop.last %}{{- \", \" }}{%- endif %}
                {%- endfor %}
            {%- endfor %}
            {{- \"]\" }}
        {%- endif %}
        {%- if loop.last and system_message is defined %}
            {{- \"[INST]\" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}
        {%- else %}
            {{- \"[INST]\" + message[\"content\"] + \"[/INST]\" }}
        {%- endif %}
    {%- else %}
        {{- message[\"content\"] + eos_token }}
    {%- endif %}
{%- endfor %}
";

#[test]
fn mistral_refuses_roles_out_of_order_in_its_own_words() {
    let error = fail(MISTRAL, json!([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]));
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    assert_eq!(error.field.as_deref(), Some("messages"));
    assert!(error.message.ends_with("Roles must alternate, beginning with user"), "{}", error.message);
}

#[test]
fn mistral_puts_tools_before_the_last_user_message() {
    let messages = json!([
        {"role": "system", "content": "S"}, {"role": "user", "content": "a"},
        {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"},
    ]);
    let tools = json!([{"function": {"name": "f", "return": 1, "parameters": {"type": "object"}}}]);
    let text = compile(MISTRAL).render(&messages, Some(&tools), false, &Map::new()).unwrap();
    assert_eq!(
        text,
        "<s>[INST]a[/INST]b</s>[TOOLS][\"name\": \"f\", \"parameters\": {\"type\": \"object\"}][INST]S\n\nc[/INST]"
    );
}

const QWEN: &str = "\
{%- set ns = namespace(multi_step_tool=true, last_query_index=messages|length - 1) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if ns.multi_step_tool and message.role == \"user\" and message.content is string and not(message.content.startswith('<tool>') and message.content.endswith('</tool>')) %}
        {%- set ns.multi_step_tool = false %}
        {%- set ns.last_query_index = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- if message.role == \"assistant\" %}
        {%- set content = message.content %}
        {%- set reasoning = '' %}
        {%- if message.reasoning_content is defined and message.reasoning_content is not none %}
            {%- set reasoning = message.reasoning_content %}
        {%- elif '</think>' in message.content %}
            {%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}
            {%- set reasoning = message.content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_query_index and (loop.last or (not loop.last and reasoning)) %}
            {{- 'A:<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- 'A:' + content }}
        {%- endif %}
    {%- else %}
        {{- message.role + ':' + message.content + ';' }}
    {%- endif %}
    {%- if loop.previtem and loop.previtem.role == 'tool' %}{%- continue %}{%- endif %}
{%- endfor %}
{%- if add_generation_prompt and enable_thinking is defined and enable_thinking is false %}{{- '<think></think>' }}{%- endif %}";

#[test]
fn qwen_keeps_the_reasoning_behind_the_last_question_only() {
    let messages = json!([
        {"role": "user", "content": "1"},
        {"role": "assistant", "content": "<think>\nold\n</think>\n\nfirst"},
        {"role": "user", "content": "2"},
        {"role": "assistant", "content": "<think>\nnew\n</think>\n\nsecond"},
        {"role": "user", "content": "<tool>x</tool>"},
    ]);
    let extra = json!({"enable_thinking": false});
    let text = compile(QWEN).render(&messages, None, true, extra.as_object().unwrap()).unwrap();
    assert_eq!(text, "user:1;A:firstuser:2;A:<think>\nnew\n</think>\n\nseconduser:<tool>x</tool>;<think></think>");
}

const GEMMA: &str = "\
{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}\
{% for message in messages %}\
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}{% endif %}\
{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}\
{{ '<turn>' + role + '\n' + (message['content'] | trim) + '</turn>\n' }}{% endfor %}\
{% if add_generation_prompt %}{{'<turn>model\n'}}{% endif %}";

#[test]
fn gemma_calls_the_assistant_model_and_refuses_a_system_message() {
    let text = render(
        GEMMA,
        json!([{"role": "user", "content": " a "}, {"role": "assistant", "content": "b"}, {"role": "user", "content": "c"}]),
    );
    assert_eq!(text, "<s><turn>user\na</turn>\n<turn>model\nb</turn>\n<turn>user\nc</turn>\n<turn>model\n");
    let error = fail(GEMMA, json!([{"role": "system", "content": "x"}]));
    assert!(error.message.ends_with("System role not supported"));
}

#[test]
fn values_print_as_in_python() {
    assert_eq!(expression("true"), "True");
    assert_eq!(expression("none"), "None");
    assert_eq!(expression("missing"), "");
    assert_eq!(expression("{'a': [1, none, 'x']}"), "{'a': [1, None, 'x']}");
    assert_eq!(expression("'' ~ (false|string)"), "False");
    assert_eq!(expression("{'a': {'b': {}}}['a']|tojson"), "{\"b\": {}}");
    assert_eq!(expression("missing|length"), "0");
    assert_eq!(expression("'a' is sequence and {} is sequence and [] is sequence and 1 is not sequence"), "True");
    assert_eq!(expression("unk_token is defined"), "False");
    assert_eq!(expression("tools is none and documents is none"), "True");
}

#[test]
fn methods_of_strings_and_dictionaries_are_those_of_python() {
    assert_eq!(expression("'a-b-c'.rsplit('-', 1)"), "['a-b', 'c']");
    assert_eq!(expression("' a  b c '.rsplit(none, 1)"), "[' a  b', 'c']");
    assert_eq!(expression("' a  b c '.rsplit()"), "['a', 'b', 'c']");
    assert_eq!(expression("'a-b-c'.split('-', 1)"), "['a', 'b-c']");
    assert_eq!(expression("'k=v=w'.partition('=')"), "['k', '=', 'v=w']");
    assert_eq!(expression("'kv'.partition('=')"), "['kv', '', '']");
    assert_eq!(expression("'k=v=w'.rpartition('=')"), "['k=v', '=', 'w']");
    assert_eq!(expression("'kv'.rpartition('=')"), "['', '', 'kv']");
    assert_eq!(expression("'xxa'.removeprefix('x').removesuffix('a')"), "x");
    assert_eq!(expression("'aba'.count('a') + 'é'.count('')"), "4");
    assert_eq!(expression("{'items': 1}.items()|list"), "[['items', 1]]");
    assert_eq!(expression("{'a': none}.get('a', 2) is none and {}.get('b', 2) == 2"), "True");
    assert_eq!(expression("'Ab'.upper() + 'Ab'.lower() + ' x'.strip() + 'a b'.title()"), "ABabxA B");
}

#[test]
fn a_syntax_error_names_the_line_and_the_option() {
    let error = ChatTemplate::compile("a\n{% for x in y -%}\n{% generation %}{{ x }\n", special()).unwrap_err();
    assert_eq!(error.code, ErrorCode::InvalidModel);
    assert_eq!(error.field.as_deref(), Some("chatTemplate"));
    assert!(error.message.contains("line 3: syntax error"), "{}", error.message);
    let error = ChatTemplate::compile("{% if x %}", special()).unwrap_err();
    assert!(error.message.contains("line 1"), "{}", error.message);
    assert!(ChatTemplate::compile(&"x".repeat((1 << 20) + 1), special()).is_err());
    assert!(ChatTemplate::compile("{% set _tramontane_tick = range %}", special()).is_err());
}

#[test]
fn a_failure_names_the_line_and_the_messages() {
    let error = fail("\n\n{{ messages[0].a.b.c }}", json!([{}]));
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("messages")));
    assert!(error.message.contains("line 3: undefined value"), "{}", error.message);
    let inside = fail("{% macro f() %}\n{{ raise_exception('from inside') }}{% endmacro %}{{ f() }}", json!([]));
    assert!(inside.message.ends_with("from inside"), "{}", inside.message);
}

#[test]
fn arguments_cannot_be_hidden_by_further_variables() {
    let extra = json!({"messages": 1, "tools": 2, "add_generation_prompt": 3, "bos_token": "B", "documents": [4]});
    let template = compile("{{ messages }}{{ tools }}{{ add_generation_prompt }}{{ bos_token }}{{ documents }}");
    assert_eq!(template.render(&json!([]), None, false, extra.as_object().unwrap()).unwrap(), "[]NoneFalseB[4]");
}

/// Runs into the deadline, or into whatever comes first, within a fraction of a second.
fn bounded(source: &str) -> Error {
    let template = compile(source);
    let (messages, extra) = (json!([]), Map::new());
    let limits = Limits { duration: Duration::from_millis(200), bytes: 1000 };
    let started = Instant::now();
    let error = template.render_within(template.variables(&messages, None, true, &extra), limits).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(error.code, ErrorCode::InvalidArgument);
    error
}

#[test]
fn a_template_that_would_go_on_for_ever_ends_at_the_deadline() {
    let nested = "{% for c in range(99999) -%}{% for d in range(99999) %}{% set x = c %}{% endfor %}{% endfor %}";
    let growing = "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}";
    let recursive = "{% for x in [1, 2] recursive %}{% if loop.depth < 40 %}{{ loop([1, 2]) }}{% endif %}{% endfor %}";
    for source in [nested, growing, recursive] {
        let error = bounded(source);
        assert!(error.message.contains("takes too long"), "{}", error.message);
    }
}

#[test]
fn endless_recursion_and_output_are_errors() {
    assert!(bounded("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").message.contains("recursion"));
    let error = bounded("{% for x in range(99999) %}xxxx{% endfor %}");
    assert!(error.message.contains("longer than 1000 bytes"), "{}", error.message);
}

#[test]
fn a_template_reaches_no_files() {
    for source in ["{% include '/etc/passwd' %}", "{% import '/etc/passwd' as p %}", "{% extends '/etc/passwd' %}"] {
        assert!(fail(source, json!([])).message.contains("template not found"));
    }
}

#[test]
fn templates_can_be_shared_between_threads() {
    fn shareable<T: Send + Sync>(_: &T) {}
    shareable(&compile(""));
}
