//! The grammar that a request asks for.

use serde_json::{Map, Value, json};
use tramontane_error::Error;

use super::limits::{check_lark, check_regex, check_schema};

/// What a reply has to follow: `grammar`, or `responseFormat`, which is another way to ask for JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct GrammarSource {
    pub(super) kind: GrammarKind,
    /// Where the grammar itself is, for errors.
    pub(super) field: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum GrammarKind {
    JsonSchema(Value),
    Regex(String),
    Lark(String),
}

impl GrammarSource {
    /// Reads `grammar` and `responseFormat`; nothing where neither is there, or `responseFormat` asks for text.
    ///
    /// - `grammar` is `{ type: "json-schema", schema }`, `{ type: "regex", pattern }` or `{ type: "lark", source }`;
    /// - `responseFormat` is `{ type: "text" }` or `{ type: "json", schema? }`, as in the AI SDK; without a schema any
    ///   JSON object will do.
    ///
    /// # Errors
    /// `invalid-argument` with the field: it is not of these shapes, or larger than anything that can be followed.
    pub fn from_request(request: &Map<String, Value>) -> Result<Option<Self>, Error> {
        let grammar = request.get("grammar").map(read_grammar).transpose()?;
        let format = request.get("responseFormat").map(read_response_format).transpose()?.flatten();
        match (grammar, format) {
            (Some(_), Some(_)) => Err(Error::invalid_argument(
                "responseFormat",
                "responseFormat asks for JSON while grammar asks for something of its own; leave one of them out",
            )),
            (grammar, format) => Ok(grammar.or(format)),
        }
    }

    /// A JSON schema.
    ///
    /// # Errors
    /// `invalid-argument` naming `grammar.schema`: it is larger than anything that can be followed.
    pub fn json_schema(schema: Value) -> Result<Self, Error> {
        Self::schema(schema, "grammar.schema")
    }

    /// A regular expression in the syntax of Rust's regex crate, without look-around and back-references; `\d` and `\w`
    /// are ASCII's, as in JavaScript. The whole reply must match it, so anchors may only stand at its ends.
    ///
    /// # Errors
    /// `invalid-argument` naming `grammar.pattern`, as above.
    pub fn regex(pattern: impl Into<String>) -> Result<Self, Error> {
        let (pattern, field) = (pattern.into(), "grammar.pattern");
        check_regex(&pattern, field)?;
        Ok(Self { kind: GrammarKind::Regex(pattern), field })
    }

    /// A grammar in llguidance's variant of Lark; it begins with the rule `start`.
    ///
    /// # Errors
    /// `invalid-argument` naming `grammar.source`, as above.
    pub fn lark(source: impl Into<String>) -> Result<Self, Error> {
        let (source, field) = (source.into(), "grammar.source");
        check_lark(&source, field)?;
        Ok(Self { kind: GrammarKind::Lark(source), field })
    }

    /// A grammar of our own making for what a field asks for. Its parts have been checked.
    pub(crate) fn made_for(field: &'static str, lark: String) -> Self {
        Self { kind: GrammarKind::Lark(lark), field }
    }

    fn schema(schema: Value, field: &'static str) -> Result<Self, Error> {
        check_schema(&schema, field)?;
        Ok(Self { kind: GrammarKind::JsonSchema(schema), field })
    }
}

fn read_grammar(value: &Value) -> Result<GrammarSource, Error> {
    let text = |name: &str| {
        value.get(name).and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
            let field = format!("grammar.{name}");
            let message = format!("{field} must be a string");
            Error::invalid_argument(field, message)
        })
    };
    match value.get("type").and_then(Value::as_str) {
        Some("json-schema") => GrammarSource::json_schema(schema_of(value, "grammar.schema")?),
        Some("regex") => GrammarSource::regex(text("pattern")?),
        Some("lark") => GrammarSource::lark(text("source")?),
        _ => Err(Error::invalid_argument(
            "grammar.type",
            "grammar must be an object with the type \"json-schema\", \"regex\" or \"lark\"",
        )),
    }
}

fn read_response_format(value: &Value) -> Result<Option<GrammarSource>, Error> {
    match value.get("type").and_then(Value::as_str) {
        Some("text") => Ok(None),
        Some("json") => {
            let field = "responseFormat.schema";
            let schema =
                if value.get("schema").is_some() { schema_of(value, field)? } else { json!({ "type": "object" }) };
            GrammarSource::schema(schema, field).map(Some)
        }
        _ => Err(Error::invalid_argument(
            "responseFormat.type",
            "responseFormat must be an object with the type \"text\" or \"json\"",
        )),
    }
}

fn schema_of(value: &Value, field: &str) -> Result<Value, Error> {
    match value.get("schema") {
        Some(schema @ (Value::Object(_) | Value::Bool(_))) => Ok(schema.clone()),
        _ => Err(Error::invalid_argument(field, format!("{field} must be a JSON schema: an object, or true"))),
    }
}
