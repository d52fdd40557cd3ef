//! What a model's text side can be asked for without a generation.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tramontane_error::{Error, ErrorCode};

use crate::context_overflow::{ContextOverflow, most_input_tokens, without_oldest_turns};
use crate::request::{GenerationRequest, Prompt};
use crate::text_interface::TextInterface;

/// One question, as JSON has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "task", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum TextTask {
    /// The tokens of a text.
    Tokenize {
        /// The text.
        text: String,
        /// Whether the tokens that the model wants around a text are put there.
        add_special_tokens: bool,
    },
    /// The text of tokens.
    Detokenize {
        /// The tokens.
        tokens: Vec<u32>,
        /// Whether special tokens (end of text, roles) give no text.
        skip_special_tokens: bool,
    },
    /// A request's prompt, as the model gets it.
    Render {
        /// The request, as JSON.
        request: String,
    },
}

/// A prompt as the model gets it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RenderedPrompt {
    /// As text: the chat template, rendered.
    pub text: String,
    /// As tokens.
    pub tokens: Vec<u32>,
    /// Messages that [`ContextOverflow::TruncateOldest`] has left out.
    pub dropped_messages: usize,
}

impl TextTask {
    /// Reads a task.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`].
    pub fn from_json(json: &str) -> Result<Self, Error> {
        serde_json::from_str(json)
            .map_err(|e| Error::invalid_argument("options", format!("the options cannot be read: {e}")))
    }
}

impl TextInterface {
    /// Answers `task` with JSON: a list of tokens, a text, or a [`RenderedPrompt`].
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] naming the field at fault, [`ErrorCode::NoChatTemplate`].
    pub fn answer(&self, task: &TextTask) -> Result<Value, Error> {
        match task {
            TextTask::Tokenize { text, add_special_tokens } => {
                Ok(json!(self.encode(text, *add_special_tokens, "text")?))
            }
            TextTask::Detokenize { tokens, skip_special_tokens } => {
                Ok(json!(self.decode(&self.checked(tokens)?, *skip_special_tokens)?))
            }
            TextTask::Render { request } => Ok(json!(self.rendered(&GenerationRequest::from_json(request)?)?)),
        }
    }

    /// The prompt of `request` as the model gets it, without the turns that the request lets go. It may be too long.
    fn rendered(&self, request: &GenerationRequest) -> Result<RenderedPrompt, Error> {
        let whole = |text: String, tokens: Vec<u32>| RenderedPrompt { text, tokens, dropped_messages: 0 };
        let messages = match &request.prompt {
            Prompt::Messages(messages) => messages,
            Prompt::Text(text) => return Ok(whole(text.clone(), self.encode(text, true, request.prompt.field())?)),
            Prompt::Tokens(tokens) => {
                let tokens = self.checked(tokens)?;
                return Ok(whole(self.decode(&tokens, false)?, tokens));
            }
        };
        let text_and_tokens = |messages: &[Value]| -> Result<(String, Vec<u32>), Error> {
            let text = self.render(messages, request)?;
            let tokens = self.encode(&text, false, request.prompt.field())?;
            Ok((text, tokens))
        };
        let (text, tokens) = text_and_tokens(messages)?;
        let most = most_input_tokens(self.context_length, request.max_output_tokens);
        if request.context_overflow != ContextOverflow::TruncateOldest || tokens.len() <= most {
            return Ok(whole(text, tokens));
        }
        let mut tried = Vec::new();
        let fitted = without_oldest_turns(messages, most, |kept| {
            let (text, tokens) = text_and_tokens(&kept)?;
            tried.push((text, tokens.clone()));
            Ok(tokens)
        })?;
        let text = tried.into_iter().find(|(_, tokens)| *tokens == fitted.tokens).map(|(text, _)| text);
        let dropped_messages = fitted.dropped_messages;
        Ok(RenderedPrompt { text: text.unwrap_or_default(), tokens: fitted.tokens, dropped_messages })
    }

    fn decode(&self, tokens: &[u32], skip_special_tokens: bool) -> Result<String, Error> {
        self.tokenizer
            .decode(tokens, skip_special_tokens)
            .map_err(|e| Error::new(ErrorCode::EngineFailed, format!("the tokens cannot be turned into text: {e}")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::byte_tokenizer::byte_tokenizer;
    use crate::chat_template::{ChatTemplate, SpecialTokens};
    use crate::grammar::GrammarFactory;
    use crate::reply::ReplyFormat;

    fn interface() -> TextInterface {
        let tokenizer = Arc::new(byte_tokenizer());
        let template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";
        TextInterface {
            grammars: GrammarFactory::new(Arc::clone(&tokenizer), vec![0]),
            vocabulary_size: tokenizer.get_vocab_size(true),
            chat_template: Some(ChatTemplate::compile(template, SpecialTokens::default()).unwrap()),
            reply_format: ReplyFormat::default(),
            end_tokens: vec![0],
            context_length: 40,
            tokenizer,
        }
    }

    fn answer(task: Value) -> Result<Value, Error> {
        interface().answer(&TextTask::from_json(&task.to_string())?)
    }

    #[test]
    fn text_comes_back_from_its_tokens() {
        for text in ["", "Hello, sea!", "\u{1f30a}\n\0é", " two  spaces "] {
            let tokens = answer(json!({ "task": "tokenize", "text": text, "addSpecialTokens": false })).unwrap();
            let back = answer(json!({ "task": "detokenize", "tokens": tokens, "skipSpecialTokens": false })).unwrap();
            assert_eq!(back, json!(text));
        }
    }

    #[test]
    fn tokens_that_the_model_lacks_are_named() {
        let error =
            answer(json!({ "task": "detokenize", "tokens": [1, 70000], "skipSpecialTokens": false })).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("tokens[1]")));
    }

    #[test]
    fn a_prompt_is_rendered_as_the_model_gets_it() {
        let render = |request: Value| answer(json!({ "task": "render", "request": request.to_string() })).unwrap();
        let messages = |count: usize| {
            (0..count).map(|i| json!({ "role": "user", "content": format!("m{i}") })).collect::<Vec<_>>()
        };
        let short = render(json!({ "prompt": { "messages": messages(2) } }));
        assert_eq!((&short["text"], &short["droppedMessages"]), (&json!("[user]m0[user]m1"), &json!(0)));
        assert_eq!(short["tokens"].as_array().unwrap().len(), 16);
        let long = render(json!({ "prompt": { "messages": messages(9) }, "contextOverflow": "truncate-oldest" }));
        assert_eq!((&long["text"], &long["droppedMessages"]), (&json!("[user]m6[user]m7[user]m8"), &json!(6)));
        let tokens = render(json!({ "prompt": { "tokens": short["tokens"] } }));
        assert_eq!(tokens["text"], short["text"]);
        assert_eq!(render(json!({ "prompt": { "text": "so" } }))["text"], "so");
    }
}
