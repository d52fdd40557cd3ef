//! The tools that a request offers to the model.

use serde_json::{Map, Value, json};
use tramontane_error::Error;

use crate::grammar::check_schema;

/// How many tools a request may have.
const MAX_TOOLS: usize = 128;
/// How many characters a tool's name may have.
const MAX_NAME_LENGTH: usize = 64;

/// A tool that the model may ask for.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// What the model calls it by.
    pub name: String,
    /// What it does, for the model.
    pub description: Option<String>,
    /// The JSON schema of its arguments, an object's.
    pub input_schema: Value,
}

/// Whether the model is to call a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it finds right.
    #[default]
    Auto,
    /// No: it is not told of any.
    None,
    /// Exactly one, whichever.
    Required,
    /// Exactly one, this one.
    Named(String),
}

/// The tools of a request, and what to do with them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolRequest {
    /// In the caller's order, with distinct names.
    pub tools: Vec<Tool>,
    /// Whether to call one.
    pub choice: ToolChoice,
}

impl ToolRequest {
    /// Reads `tools` and `toolChoice`.
    ///
    /// - `tools` is `[{ name, description?, inputSchema }]`, at most 128;
    /// - `toolChoice` is `"auto"`, `"none"`, `"required"` or `{ type: "tool", toolName }`.
    ///
    /// # Errors
    /// `invalid-argument` with the field.
    pub fn from_request(request: &Map<String, Value>) -> Result<Self, Error> {
        let tools = request.get("tools").map(read_tools).transpose()?.unwrap_or_default();
        let choice = request.get("toolChoice").map(|value| read_choice(value, &tools)).transpose()?;
        let choice = choice.unwrap_or_default();
        if tools.is_empty() && matches!(choice, ToolChoice::Required | ToolChoice::Named(_)) {
            let message = "toolChoice asks for a call, but there are no tools; pass some as tools";
            return Err(Error::invalid_argument("toolChoice", message));
        }
        Ok(Self { tools, choice })
    }

    /// The tools that the model may call.
    pub fn offered(&self) -> &[Tool] {
        if self.choice == ToolChoice::None { &[] } else { &self.tools }
    }

    /// The tools of which one has to be called; none where that is up to the model.
    pub fn forced(&self) -> &[Tool] {
        match &self.choice {
            ToolChoice::Auto | ToolChoice::None => &[],
            ToolChoice::Required => &self.tools,
            ToolChoice::Named(name) => {
                let at = self.tools.iter().position(|tool| &tool.name == name);
                at.map_or(&[], |at| &self.tools[at..=at])
            }
        }
    }

    /// As chat templates know tools: OpenAI's shape. Nothing where none are offered.
    pub fn for_template(&self) -> Option<Value> {
        let function = |tool: &Tool| {
            let mut function = json!({ "name": tool.name });
            if let Some(description) = &tool.description {
                function["description"] = json!(description);
            }
            function["parameters"] = tool.input_schema.clone();
            json!({ "type": "function", "function": function })
        };
        let offered = self.offered();
        (!offered.is_empty()).then(|| offered.iter().map(function).collect())
    }
}

fn read_tools(value: &Value) -> Result<Vec<Tool>, Error> {
    let Some(values) = value.as_array() else {
        return Err(Error::invalid_argument("tools", "tools must be an array of { name, description, inputSchema }"));
    };
    if values.len() > MAX_TOOLS {
        let message = format!("tools may have at most {MAX_TOOLS} entries, not {}", values.len());
        return Err(Error::invalid_argument("tools", message));
    }
    let mut tools: Vec<Tool> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let tool = read_tool(value, at)?;
        if tools.iter().any(|other| other.name == tool.name) {
            return Err(refused(at, "name", &format!("is \"{}\", as another tool's is; names must differ", tool.name)));
        }
        tools.push(tool);
    }
    Ok(tools)
}

fn read_tool(value: &Value, at: usize) -> Result<Tool, Error> {
    let name = value.get("name").and_then(Value::as_str).unwrap_or_default();
    let is_named = (1..=MAX_NAME_LENGTH).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !is_named {
        let what = format!("must be 1 to {MAX_NAME_LENGTH} letters, digits, underscores and hyphens");
        return Err(refused(at, "name", &what));
    }
    let description = match value.get("description") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(_) => return Err(refused(at, "description", "must be a string")),
    };
    let input_schema = value.get("inputSchema").cloned().unwrap_or_default();
    let is_object = input_schema.is_object() && input_schema.get("type").is_none_or(|kind| kind == "object");
    if !is_object {
        return Err(refused(at, "inputSchema", "must be the JSON schema of an object, such as { type: \"object\" }"));
    }
    check_schema(&input_schema, &format!("tools[{at}].inputSchema"))?;
    Ok(Tool { name: name.into(), description, input_schema })
}

fn read_choice(value: &Value, tools: &[Tool]) -> Result<ToolChoice, Error> {
    match value {
        Value::String(choice) if choice == "auto" => Ok(ToolChoice::Auto),
        Value::String(choice) if choice == "none" => Ok(ToolChoice::None),
        Value::String(choice) if choice == "required" => Ok(ToolChoice::Required),
        Value::Object(choice) if choice.get("type").is_some_and(|kind| kind == "tool") => {
            let name = choice.get("toolName").and_then(Value::as_str).unwrap_or_default();
            if !tools.iter().any(|tool| tool.name == name) {
                let message = format!("toolChoice.toolName is \"{name}\", which is none of tools; name one of them");
                return Err(Error::invalid_argument("toolChoice.toolName", message));
            }
            Ok(ToolChoice::Named(name.into()))
        }
        _ => Err(Error::invalid_argument(
            "toolChoice",
            "toolChoice must be \"auto\", \"none\", \"required\" or { type: \"tool\", toolName }",
        )),
    }
}

fn refused(at: usize, name: &str, what: &str) -> Error {
    let field = format!("tools[{at}].{name}");
    let message = format!("{field} {what}");
    Error::invalid_argument(field, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: Value) -> Result<ToolRequest, Error> {
        ToolRequest::from_request(request.as_object().unwrap())
    }

    fn field(request: Value) -> String {
        read(request).unwrap_err().field.unwrap_or_default()
    }

    #[test]
    fn tools_become_what_templates_know() {
        let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
        let tools = json!([{ "name": "weather", "description": "Now", "inputSchema": schema }]);
        let request = read(json!({ "tools": tools })).unwrap();
        let function = json!({ "name": "weather", "description": "Now", "parameters": schema });
        assert_eq!(request.for_template(), Some(json!([{ "type": "function", "function": function }])));
        assert_eq!(read(json!({ "tools": tools, "toolChoice": "none" })).unwrap().for_template(), None);
    }

    #[test]
    fn a_choice_narrows_what_is_forced() {
        let tools = json!([{ "name": "a", "inputSchema": {} }, { "name": "b", "inputSchema": {} }]);
        let forced = |choice: Value| {
            let request = read(json!({ "tools": tools, "toolChoice": choice })).unwrap();
            request.forced().iter().map(|tool| tool.name.clone()).collect::<Vec<_>>()
        };
        assert!(forced(json!("auto")).is_empty());
        assert_eq!(forced(json!("required")), ["a", "b"]);
        assert_eq!(forced(json!({ "type": "tool", "toolName": "b" })), ["b"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let tool = |name: &str| json!({ "name": name, "inputSchema": {} });
        assert_eq!(field(json!({ "tools": {} })), "tools");
        assert_eq!(field(json!({ "tools": vec![tool("a"); 129] })), "tools");
        assert_eq!(field(json!({ "tools": [tool("a"), tool("a")] })), "tools[1].name");
        assert_eq!(field(json!({ "tools": [tool("a b")] })), "tools[0].name");
        assert_eq!(field(json!({ "tools": [tool(&"a".repeat(65))] })), "tools[0].name");
        assert_eq!(field(json!({ "tools": [{ "name": "a" }] })), "tools[0].inputSchema");
        assert_eq!(
            field(json!({ "tools": [{ "name": "a", "inputSchema": { "type": "string" } }] })),
            "tools[0].inputSchema"
        );
        assert_eq!(
            field(json!({ "tools": [{ "name": "a", "description": 1, "inputSchema": {} }] })),
            "tools[0].description"
        );
        assert_eq!(field(json!({ "toolChoice": "required" })), "toolChoice");
        assert_eq!(field(json!({ "toolChoice": "always" })), "toolChoice");
        let unknown = json!({ "tools": [tool("a")], "toolChoice": { "type": "tool", "toolName": "b" } });
        assert_eq!(field(unknown), "toolChoice.toolName");
    }
}
