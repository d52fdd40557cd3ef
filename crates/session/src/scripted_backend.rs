//! A backend that says what it is told to, at the pace it is told to: for tests, without a model.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tramontane_error::{Error, ErrorCode};

use crate::backend::{Backend, Next, Run, Step};
use crate::byte_tokenizer::byte_tokenizer;
use crate::chat_template::{ChatTemplate, SpecialTokens};
use crate::grammar::GrammarFactory;
use crate::reply::ReplyFormat;
use crate::text_interface::TextInterface;

const END_OF_TEXT: u32 = 256;
const VOCABULARY_SIZE: usize = 259;

/// What a [`ScriptedBackend`] does.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// The n-th sequence gets the n-th reply, starting over after the last.
    pub replies: Vec<ScriptedReply>,
    /// Tokens of context, 4096 by default. A token is a byte of UTF-8.
    #[serde(default = "default_context_length")]
    pub context_length: usize,
    /// How long loading takes, in milliseconds.
    #[serde(default)]
    pub load_ms: u64,
    /// Tokens that stay computed between runs, of all sequences together; as many as there are, by default.
    #[serde(default = "default_kept_tokens")]
    pub kept_tokens: usize,
    /// How replies write reasoning, as the load option of that name; `think` by default.
    #[serde(default)]
    pub reasoning_format: Option<String>,
    /// How replies write tool calls, as the load option of that name; `hermes` by default.
    #[serde(default)]
    pub tool_call_format: Option<String>,
    /// The chat template; ChatML by default, without tools.
    #[serde(default)]
    pub chat_template: Option<String>,
}

impl Script {
    /// These replies, with all else by default.
    pub fn of(replies: impl IntoIterator<Item = ScriptedReply>) -> Self {
        Self {
            replies: replies.into_iter().collect(),
            context_length: default_context_length(),
            load_ms: 0,
            kept_tokens: default_kept_tokens(),
            reasoning_format: None,
            tool_call_format: None,
            chat_template: None,
        }
    }
}

fn default_kept_tokens() -> usize {
    usize::MAX
}

fn default_context_length() -> usize {
    4096
}

/// One reply of a [`Script`].
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ScriptedReply {
    /// The text, one token for each of its bytes; then the end token.
    pub text: String,
    /// How long the prompt takes, in milliseconds.
    #[serde(default)]
    pub prefill_ms: u64,
    /// How long each token takes, in milliseconds.
    #[serde(default)]
    pub step_ms: u64,
    /// After this many tokens the engine fails.
    #[serde(default)]
    pub fail_after_tokens: Option<usize>,
}

impl ScriptedReply {
    /// A reply without delays.
    pub fn says(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// Plays a [`Script`]: every token that the script wants gets all the probability, so sampling settings do not matter.
pub struct ScriptedBackend {
    script: Script,
    killed: AtomicBool,
}

impl ScriptedBackend {
    /// ChatML, the template of scripted chats.
    pub const CHAT_TEMPLATE: &str = "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}\
        {% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    /// A backend that plays `script`.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] for a script without replies.
    pub fn new(script: Script) -> Result<Self, Error> {
        if script.replies.is_empty() {
            return Err(Error::invalid_argument("scripted.replies", "a script needs at least one reply"));
        }
        Ok(Self { script, killed: AtomicBool::new(false) })
    }

    /// Tokens are bytes, and chats are written as the script says, or as [`ScriptedBackend::CHAT_TEMPLATE`].
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] for a format that is none, [`ErrorCode::InvalidModel`] for such a template.
    pub fn text_interface(&self) -> Result<TextInterface, Error> {
        let tokenizer = Arc::new(byte_tokenizer());
        let template = self.script.chat_template.as_deref().unwrap_or(Self::CHAT_TEMPLATE);
        let reasoning = self.script.reasoning_format.as_deref().unwrap_or("think");
        let tool_calls = self.script.tool_call_format.as_deref().unwrap_or("hermes");
        Ok(TextInterface {
            reply_format: ReplyFormat::of_model(Some(template), &tokenizer, Some(reasoning), Some(tool_calls))?,
            grammars: GrammarFactory::new(Arc::clone(&tokenizer), vec![END_OF_TEXT]),
            tokenizer,
            chat_template: Some(ChatTemplate::compile(template, SpecialTokens::default())?),
            end_tokens: vec![END_OF_TEXT],
            context_length: self.script.context_length,
            vocabulary_size: VOCABULARY_SIZE,
        })
    }
}

impl Backend for ScriptedBackend {
    fn parallel_sequences(&self) -> usize {
        1
    }

    fn kept_tokens(&self) -> usize {
        self.script.kept_tokens
    }

    fn kill(&self) {
        self.killed.store(true, Ordering::Release);
    }

    fn run(&self, run: Run<'_>, mut step: Step) -> Result<usize, Error> {
        let reply = &self.script.replies[run.sequence as usize % self.script.replies.len()];
        let said = run.tokens.len().saturating_sub(run.prompt_length);
        if said == 0 {
            let share = (run.tokens.len() - run.computed) as f64 / run.prompt_length as f64;
            thread::sleep(Duration::from_millis(reply.prefill_ms).mul_f64(share));
        }
        let tokens = reply.text.bytes().map(u32::from).chain(std::iter::repeat(END_OF_TEXT));
        for (count, token) in tokens.enumerate().skip(said) {
            if reply.fail_after_tokens == Some(count) {
                return Err(Error::new(ErrorCode::EngineFailed, format!("the script fails after {count} tokens")));
            }
            if self.killed.swap(false, Ordering::AcqRel) {
                return Err(Error::new(ErrorCode::EngineFailed, "the engine was killed"));
            }
            let mut logits = vec![f32::NEG_INFINITY; VOCABULARY_SIZE];
            logits[token as usize] = 0.0;
            if step(&logits) == Next::End {
                break;
            }
            thread::sleep(Duration::from_millis(reply.step_ms));
        }
        Ok(run.computed)
    }
}
