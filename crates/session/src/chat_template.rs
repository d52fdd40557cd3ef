//! Rendering a conversation with the template that came with the model.
//!
//! Such templates are written for Jinja2 as the transformers library sets it up. What must hold:
//! - The text is the one that Jinja2 would render: a model is trained on exactly that. Blocks are trimmed, values and
//!   JSON are printed as Python prints them, and the functions that transformers adds are there.
//! - A template comes from a file that may be damaged or forged, and cannot do harm: it reaches neither files nor
//!   network, panics are caught, loops and recursion end at a deadline, and the text is of bounded length.
//!
//! The deadline is looked at in every round of a loop, on every call of a macro and on every write. What happens inside
//! a single expression is not bounded, nor is the memory it takes (`a ~ a` over and over doubles a string each time):
//! minijinja has no hook there.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use minijinja::Value as TemplateValue;
use serde_json::{Map, Value};
use tramontane_error::{Error, ErrorCode};

mod environment;
mod preparation;
mod python_format;
mod python_methods;
mod python_time;
#[cfg(test)]
mod tests;

use environment::{ENVIRONMENT, Raised};
use preparation::{TICK, prepare};

/// What one rendering may take. Real templates take milliseconds and write little more than the messages.
const LIMITS: Limits = Limits { duration: Duration::from_secs(10), bytes: 64 << 20 };
/// The longest template taken. The longest ones known have some 30 kB.
const MAX_SOURCE_BYTES: usize = 1 << 20;
/// The name under which a template shows up in minijinja's messages.
const NAME: &str = "chat template";

#[derive(Clone, Copy)]
struct Limits {
    duration: Duration,
    bytes: usize,
}

/// The tokens that templates may refer to by name. One that is absent is undefined in the template, which prints as
/// nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Begins a text: `bos_token`.
    pub bos_token: Option<String>,
    /// Ends a text or a turn: `eos_token`.
    pub eos_token: Option<String>,
    /// Stands for what the vocabulary lacks: `unk_token`.
    pub unk_token: Option<String>,
    /// Fills up short texts: `pad_token`.
    pub pad_token: Option<String>,
}

/// A chat template, found to be well-formed.
#[derive(Debug, Clone)]
pub struct ChatTemplate {
    /// As minijinja takes it. It is parsed anew for every rendering, a fraction of a millisecond: what minijinja parses
    /// borrows the source.
    prepared: String,
    special_tokens: SpecialTokens,
}

impl ChatTemplate {
    /// Checks the template's syntax.
    ///
    /// # Errors
    /// `invalid-model`, field `chatTemplate`, with the line and the reason.
    pub fn compile(source: &str, special: SpecialTokens) -> Result<Self, Error> {
        let refused = |reason: String| {
            let message = format!("the chat template is unusable: {reason}; pass another one as chatTemplate");
            Error::new(ErrorCode::InvalidModel, message).with_field("chatTemplate")
        };
        if source.len() > MAX_SOURCE_BYTES {
            return Err(refused(format!("it has {} bytes, more than {MAX_SOURCE_BYTES}", source.len())));
        }
        if source.contains(TICK) {
            return Err(refused(format!("the name {TICK} is reserved")));
        }
        let prepared = prepare(source);
        catch_unwind(AssertUnwindSafe(|| ENVIRONMENT.template_from_named_str(NAME, &prepared).map(drop)))
            .unwrap_or_else(|_| Err(minijinja::Error::new(minijinja::ErrorKind::SyntaxError, "the parser panicked")))
            .map_err(|error| refused(describe(&error)))?;
        Ok(Self { prepared, special_tokens: special })
    }

    /// The prompt for a conversation.
    ///
    /// `messages` is the array of messages, each an object with `role` and `content`, and whatever else the template
    /// knows. `tools`, an array of function schemas, is `none` in the template when absent, as are `documents`. With
    /// `add_generation_prompt` the text ends where the assistant's answer starts. `extra` are further variables
    /// (`enable_thinking`); they hide the special tokens, but not the other arguments.
    ///
    /// # Errors
    /// `invalid-argument`, field `messages`: the template refused the messages, in its own words, could not be
    /// evaluated with them, or took too long.
    pub fn render(
        &self,
        messages: &Value,
        tools: Option<&Value>,
        add_generation_prompt: bool,
        extra: &Map<String, Value>,
    ) -> Result<String, Error> {
        let variables = self.variables(messages, tools, add_generation_prompt, extra);
        self.render_within(variables, LIMITS)
    }

    fn variables<'a>(
        &'a self,
        messages: &'a Value,
        tools: Option<&'a Value>,
        add_generation_prompt: bool,
        extra: &'a Map<String, Value>,
    ) -> Vec<(&'a str, TemplateValue)> {
        let SpecialTokens { bos_token, eos_token, unk_token, pad_token } = &self.special_tokens;
        let special =
            [("bos_token", bos_token), ("eos_token", eos_token), ("unk_token", unk_token), ("pad_token", pad_token)];
        let special =
            special.into_iter().filter_map(|(name, token)| Some((name, TemplateValue::from(token.as_deref()?))));
        let documents = ("documents", TemplateValue::from(()));
        let extra = extra.iter().map(|(name, value)| (name.as_str(), TemplateValue::from_serialize(value)));
        let arguments = [
            ("messages", TemplateValue::from_serialize(messages)),
            ("tools", tools.map_or(TemplateValue::from(()), TemplateValue::from_serialize)),
            ("add_generation_prompt", TemplateValue::from(add_generation_prompt)),
        ];
        // Of equal names the last one counts.
        special.chain([documents]).chain(extra).chain(arguments).collect()
    }

    fn render_within(&self, mut variables: Vec<(&str, TemplateValue)>, limits: Limits) -> Result<String, Error> {
        let deadline = Instant::now() + limits.duration;
        variables.push((TICK, environment::tick(deadline)));
        let context = TemplateValue::from_iter(variables);
        let mut output = BoundedOutput { text: Vec::new(), limits, deadline };
        let rendered = catch_unwind(AssertUnwindSafe(|| {
            let template = ENVIRONMENT.template_from_named_str(NAME, &self.prepared)?;
            template.render_captured_to(&context, &mut output).map(drop)
        }));
        let refused = |message| Error::invalid_argument("messages", message);
        match rendered {
            Ok(Ok(())) => String::from_utf8(output.text)
                .map_err(|_| refused("the chat template does not write text for these messages".to_owned())),
            Ok(Err(error)) => Err(refused(match raised(&error) {
                Some(message) => format!("the model's chat template refuses these messages: {message}"),
                None => format!("the model's chat template fails on these messages: {}", describe(&error)),
            })),
            Err(_) => Err(refused("the model's chat template makes the template engine panic".to_owned())),
        }
    }
}

/// What the template itself said with `raise_exception`.
fn raised(error: &minijinja::Error) -> Option<&str> {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = source {
        if let Some(Raised(message)) = error.downcast_ref() {
            return Some(message);
        }
        source = error.source();
    }
    None
}

/// Line and reason, with the reason behind the reason.
fn describe(error: &minijinja::Error) -> String {
    let mut description = error.line().map_or(String::new(), |line| format!("line {line}: "));
    description += &error.kind().to_string();
    if let Some(detail) = error.detail() {
        description += &format!(": {detail}");
    }
    if let Some(source) = std::error::Error::source(error) {
        let source = source.downcast_ref().map_or_else(|| source.to_string(), describe);
        description += &format!(" ({source})");
    }
    description
}

/// What a template writes, as long as it is not too much or too late.
struct BoundedOutput {
    text: Vec<u8>,
    limits: Limits,
    deadline: Instant,
}

impl io::Write for BoundedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.text.len() + bytes.len() > self.limits.bytes {
            return Err(io::Error::other(format!("the text gets longer than {} bytes", self.limits.bytes)));
        }
        if Instant::now() > self.deadline {
            return Err(io::Error::other(environment::TOO_SLOW));
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
