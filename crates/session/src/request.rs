//! What a caller asks for, as it crosses from TypeScript.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};
use tramontane_error::Error;

use crate::context_overflow::ContextOverflow;
use crate::fields::{read, required};
use crate::grammar::GrammarSource;
use crate::sampler::Sampling;
use crate::stop_matcher::validate_stop_sequences;
use crate::tools::{ToolChoice, ToolRequest};

/// What the model is to go on from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Prompt {
    /// A conversation, rendered by the model's chat template.
    Messages(Vec<Value>),
    /// Raw text, with no template around it.
    Text(String),
    /// Token ids as they are.
    Tokens(Vec<u32>),
}

impl Prompt {
    /// The field that holds this prompt in the TypeScript API, for errors.
    pub fn field(&self) -> &'static str {
        match self {
            Prompt::Messages(_) => "messages",
            Prompt::Text(_) => "prompt",
            Prompt::Tokens(_) => "tokens",
        }
    }
}

/// One generation to run.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationRequest {
    /// What to go on from.
    pub prompt: Prompt,
    /// The most tokens to generate; by default, what is left of the context.
    pub max_output_tokens: Option<usize>,
    /// How each token is chosen.
    pub sampling: Sampling,
    /// What the reply has to follow.
    pub grammar: Option<GrammarSource>,
    /// What to do where the prompt is too long.
    pub context_overflow: ContextOverflow,
    /// What the model may call.
    pub tools: ToolRequest,
    /// Further variables for the chat template.
    pub template_variables: Map<String, Value>,
    /// Texts that end the reply, and are not part of it.
    pub stop_sequences: Vec<String>,
    /// Streams of higher priority are served before those of lower; 0 by default.
    pub priority: i32,
    /// How long after its submission the stream may be taken up at the latest; for ever, by default.
    pub deadline: Option<Duration>,
}

impl GenerationRequest {
    /// A request to go on from `prompt`, with all else by default.
    pub fn new(prompt: Prompt) -> Self {
        Self {
            prompt,
            max_output_tokens: None,
            sampling: Sampling::default(),
            grammar: None,
            context_overflow: ContextOverflow::default(),
            tools: ToolRequest::default(),
            template_variables: Map::new(),
            stop_sequences: Vec::new(),
            priority: 0,
            deadline: None,
        }
    }

    /// Reads a request from JSON and checks every value in it.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`](crate::ErrorCode::InvalidArgument) naming the field.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let fields: Map<String, Value> = serde_json::from_str(json)
            .map_err(|e| Error::invalid_argument("request", format!("the request cannot be read: {e}")))?;
        let prompt = required(&fields, "prompt", "an object with messages, text or tokens")?;
        let max_output_tokens = read(&fields, "maxOutputTokens", "a whole number, 1 or above")?;
        if max_output_tokens == Some(0) {
            return Err(Error::invalid_argument("maxOutputTokens", "maxOutputTokens is 0; ask for at least 1 token"));
        }
        let context_overflow =
            read(&fields, "contextOverflow", "\"error\", \"stop\" or \"truncate-oldest\"")?.unwrap_or_default();
        if context_overflow == ContextOverflow::TruncateOldest && !matches!(prompt, Prompt::Messages(_)) {
            let message = "contextOverflow can only be \"truncate-oldest\" with messages; a prompt or tokens have no turns to leave out";
            return Err(Error::invalid_argument("contextOverflow", message));
        }
        let stop_sequences: Vec<String> = read(&fields, "stopSequences", "an array of strings")?.unwrap_or_default();
        validate_stop_sequences(&stop_sequences)?;
        let priority = read(&fields, "priority", "a whole number from -2147483648 to 2147483647")?.unwrap_or(0);
        let deadline =
            read(&fields, "deadlineMs", "a whole number of milliseconds, 0 or above")?.map(Duration::from_millis);
        let sampling = Sampling::from_request(&fields)?;
        let grammar = GrammarSource::from_request(&fields)?;
        let tools = ToolRequest::from_request(&fields)?;
        let template_variables: Map<String, Value> =
            read(&fields, "templateVariables", "an object")?.unwrap_or_default();
        check_chat_fields(&prompt, &tools, &template_variables, grammar.as_ref())?;
        Ok(Self {
            prompt,
            max_output_tokens,
            sampling,
            grammar,
            context_overflow,
            tools,
            template_variables,
            stop_sequences,
            priority,
            deadline,
        })
    }
}

/// Refuses what only a chat can have, and two grammars at once.
fn check_chat_fields(
    prompt: &Prompt,
    tools: &ToolRequest,
    template_variables: &Map<String, Value>,
    grammar: Option<&GrammarSource>,
) -> Result<(), Error> {
    if !matches!(prompt, Prompt::Messages(_)) {
        for (field, is_there) in
            [("tools", !tools.tools.is_empty()), ("templateVariables", !template_variables.is_empty())]
        {
            if is_there {
                let message =
                    format!("{field} is for the chat template, but {} is not a chat; pass messages", prompt.field());
                return Err(Error::invalid_argument(field, message));
            }
        }
    }
    if grammar.is_some() && matches!(tools.choice, ToolChoice::Required | ToolChoice::Named(_)) {
        return Err(Error::invalid_argument(
            "toolChoice",
            "toolChoice asks for a call, while grammar or responseFormat asks for a text of its own; leave one of them out",
        ));
    }
    Ok(())
}
