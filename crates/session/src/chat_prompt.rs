//! A chat as its template knows it: messages, tools and variables.
//!
//! Our messages have `toolCalls` and `reasoning`; templates are written for OpenAI's shape, with `reasoning_content` for what the
//! model thought.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use tramontane_error::Error;

use crate::chat_template::ChatTemplate;
use crate::reply::ReplyFormat;
use crate::request::GenerationRequest;
use crate::tools::ToolChoice;

/// The prompt for a request's chat. `messages` are those of the request that it is about.
///
/// # Errors
/// `invalid-argument` naming the message's field, `messages` where the template refuses them, or `tools` where the model
/// would never hear of them.
pub(crate) fn render_chat(
    template: &ChatTemplate,
    messages: &[Value],
    request: &GenerationRequest,
    format: ReplyFormat,
) -> Result<String, Error> {
    let render = |arguments, tools: Option<&Value>| {
        template.render(&template_messages(messages, arguments)?, tools, true, &request.template_variables)
    };
    let tools = request.tools.for_template();
    let rendered = match render(ArgumentsAs::Value, tools.as_ref()) {
        // Some templates take a call's arguments for text.
        Err(error) if has_tool_calls(messages) => render(ArgumentsAs::Text, tools.as_ref()).map_err(|_| error)?,
        rendered => rendered?,
    };
    // A format was found in the template, or somebody chose it who describes the tools in the messages.
    let is_in_doubt = format.tool_calls.is_none() && tools.is_some() && request.tools.choice == ToolChoice::Auto;
    if is_in_doubt && render(ArgumentsAs::Value, None).is_ok_and(|without| without == rendered) {
        return Err(Error::invalid_argument(
            "tools",
            "this model's chat template does not tell it of tools; set toolChoice to \"required\" or to a tool, pass a chatTemplate that lists them to loadModel, or describe them in your messages and pass toolCallFormat to loadModel",
        ));
    }
    Ok(rendered)
}

/// How a call's arguments are given to a template: some print them as they are, others as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ArgumentsAs {
    /// A value, as transformers asks of templates.
    Value,
    /// JSON text, as in OpenAI's API.
    Text,
}

/// The messages for a template. Fields that are not ours are left as they are.
///
/// # Errors
/// `invalid-argument` naming the field, such as `messages[2].toolCalls[0].toolName`.
fn template_messages(messages: &[Value], arguments: ArgumentsAs) -> Result<Value, Error> {
    let mut names = HashMap::new();
    let converted = messages.iter().enumerate().map(|(at, message)| {
        let Some(message) = message.as_object() else { return Ok(message.clone()) };
        let mut message = message.clone();
        match message.get("role").and_then(Value::as_str) {
            Some("assistant") => assistant(&mut message, &format!("messages[{at}]"), arguments, &mut names)?,
            Some("tool") => tool(&mut message, &format!("messages[{at}]"), &names)?,
            _ => {}
        }
        Ok(Value::Object(message))
    });
    converted.collect::<Result<Vec<_>, Error>>().map(Value::Array)
}

/// Whether some message has calls.
fn has_tool_calls(messages: &[Value]) -> bool {
    messages.iter().any(|message| message.get("toolCalls").is_some())
}

fn assistant(
    message: &mut Map<String, Value>,
    field: &str,
    arguments: ArgumentsAs,
    names: &mut HashMap<String, String>,
) -> Result<(), Error> {
    match message.shift_remove("reasoning") {
        None | Some(Value::Null) => {}
        Some(Value::String(reasoning)) => {
            // GPT-OSS's own name for it, which its template refuses beside content.
            if message.get("content").and_then(Value::as_str).is_none_or(str::is_empty) {
                message.insert("thinking".into(), reasoning.clone().into());
            }
            message.insert("reasoning_content".into(), reasoning.into());
        }
        Some(_) => return Err(refused(&format!("{field}.reasoning"), "must be a string")),
    }
    let calls = match message.shift_remove("toolCalls") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(calls)) => calls,
        Some(_) => return Err(refused(&format!("{field}.toolCalls"), "must be an array")),
    };
    if message.get("content").is_none_or(Value::is_null) {
        message.insert("content".into(), "".into());
    }
    if calls.is_empty() {
        return Ok(());
    }
    let calls = calls.iter().enumerate().map(|(at, call)| {
        let field = format!("{field}.toolCalls[{at}]");
        let id = text(call, &field, "toolCallId")?;
        let name = text(call, &field, "toolName")?;
        names.insert(id.to_owned(), name.to_owned());
        Ok(json!({ "id": id, "type": "function", "function": { "name": name, "arguments": input(call, arguments) } }))
    });
    message.insert("tool_calls".into(), calls.collect::<Result<Vec<_>, Error>>()?.into());
    Ok(())
}

fn input(call: &Value, arguments: ArgumentsAs) -> Value {
    let written = call.get("inputText").and_then(Value::as_str);
    match (call.get("input"), arguments) {
        (Some(input), ArgumentsAs::Value) => input.clone(),
        (Some(input), ArgumentsAs::Text) => written.map_or_else(|| input.to_string(), str::to_owned).into(),
        // The model wrote no JSON; it is shown what it wrote.
        (None, _) => written.unwrap_or("{}").into(),
    }
}

fn tool(message: &mut Map<String, Value>, field: &str, names: &HashMap<String, String>) -> Result<(), Error> {
    let id = text(&Value::Object(message.clone()), field, "toolCallId")?.to_owned();
    let name = match message.shift_remove("toolName") {
        None | Some(Value::Null) => names.get(&id).cloned(),
        Some(Value::String(name)) => Some(name),
        Some(_) => return Err(refused(&format!("{field}.toolName"), "must be a string")),
    };
    message.shift_remove("toolCallId");
    message.insert("tool_call_id".into(), id.into());
    if let Some(name) = name {
        message.insert("name".into(), name.into());
    }
    Ok(())
}

fn text<'a>(value: &'a Value, field: &str, name: &str) -> Result<&'a str, Error> {
    value.get(name).and_then(Value::as_str).ok_or_else(|| refused(&format!("{field}.{name}"), "must be a string"))
}

fn refused(field: &str, what: &str) -> Error {
    Error::invalid_argument(field, format!("{field} {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_results_take_the_shape_that_templates_know() {
        let messages = [
            json!({ "role": "user", "content": "Weather?" }),
            json!({
                "role": "assistant",
                "reasoning": "I look it up.",
                "toolCalls": [{ "toolCallId": "abc", "toolName": "weather", "input": { "city": "Oslo" }, "inputText": "{\"city\":\"Oslo\"}" }],
            }),
            json!({ "role": "tool", "toolCallId": "abc", "content": "rain" }),
        ];
        let call = |arguments: Value| json!([{ "id": "abc", "type": "function", "function": { "name": "weather", "arguments": arguments } }]);
        let values = template_messages(&messages, ArgumentsAs::Value).unwrap();
        assert_eq!(values[0], messages[0]);
        assert_eq!(
            values[1],
            json!({ "role": "assistant", "thinking": "I look it up.", "reasoning_content": "I look it up.", "content": "", "tool_calls": call(json!({ "city": "Oslo" })) })
        );
        assert_eq!(values[2], json!({ "role": "tool", "content": "rain", "tool_call_id": "abc", "name": "weather" }));
        let texts = template_messages(&messages, ArgumentsAs::Text).unwrap();
        assert_eq!(texts[1]["tool_calls"], call(json!("{\"city\":\"Oslo\"}")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let field = |message: Value| template_messages(&[message], ArgumentsAs::Value).unwrap_err().field.unwrap();
        assert_eq!(field(json!({ "role": "assistant", "toolCalls": 1 })), "messages[0].toolCalls");
        assert_eq!(field(json!({ "role": "assistant", "toolCalls": [{}] })), "messages[0].toolCalls[0].toolCallId");
        assert_eq!(field(json!({ "role": "assistant", "reasoning": 1 })), "messages[0].reasoning");
        assert_eq!(field(json!({ "role": "tool", "content": "" })), "messages[0].toolCallId");
    }
}
