//! The text side of a model: how a prompt becomes tokens, and which tokens end a reply.

use std::sync::Arc;

use serde_json::{Map, Value};
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};

use crate::chat_template::ChatTemplate;
use crate::request::Prompt;

/// Everything about a model that concerns text rather than weights.
pub struct TextInterface {
    /// Text to tokens and back.
    pub tokenizer: Arc<Tokenizer>,
    /// How a conversation is written down for this model, where it has one.
    pub chat_template: Option<ChatTemplate>,
    /// Tokens that end a reply and are not part of it.
    pub end_tokens: Vec<u32>,
    /// The most tokens that prompt and reply may have together.
    pub context_length: usize,
    /// Token ids are below this.
    pub vocabulary_size: usize,
}

impl TextInterface {
    /// Turns a prompt into tokens, leaving room for at least one more in the context.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] naming the prompt's field, [`ErrorCode::NoChatTemplate`], or
    /// [`ErrorCode::ContextOverflow`].
    pub fn tokenize(&self, prompt: &Prompt) -> Result<Vec<u32>, Error> {
        let tokens = match prompt {
            // Templates write the beginning-of-sequence token themselves.
            Prompt::Messages(messages) => self.encode(&self.render(messages)?, false, prompt)?,
            Prompt::Text(text) => self.encode(text, true, prompt)?,
            Prompt::Tokens(tokens) => self.checked(tokens)?,
        };
        let field = prompt.field();
        if tokens.is_empty() {
            return Err(Error::invalid_argument(field, format!("{field} is empty; there is nothing to go on from")));
        }
        if tokens.len() >= self.context_length {
            let (have, room) = (tokens.len(), self.context_length);
            return Err(Error::new(
                ErrorCode::ContextOverflow,
                format!("{field} is {have} tokens long, which leaves no room in a context of {room}; shorten it or load the model with a larger contextLength"),
            )
            .with_field(field));
        }
        Ok(tokens)
    }

    fn render(&self, messages: &[Value]) -> Result<String, Error> {
        let Some(template) = &self.chat_template else {
            return Err(Error::new(
                ErrorCode::NoChatTemplate,
                "this model has no chat template; pass chatTemplate to loadModel, or use streamCompletion with a raw prompt",
            )
            .with_field("chatTemplate"));
        };
        if messages.is_empty() {
            return Err(Error::invalid_argument("messages", "messages is empty; a chat needs at least one message"));
        }
        template.render(&Value::Array(messages.to_vec()), None, true, &Map::new())
    }

    fn encode(&self, text: &str, add_special_tokens: bool, prompt: &Prompt) -> Result<Vec<u32>, Error> {
        let encoding = self.tokenizer.encode_fast(text, add_special_tokens).map_err(|e| {
            Error::invalid_argument(prompt.field(), format!("{} cannot be tokenized: {e}", prompt.field()))
        })?;
        Ok(encoding.get_ids().to_vec())
    }

    fn checked(&self, tokens: &[u32]) -> Result<Vec<u32>, Error> {
        match tokens.iter().position(|&token| token as usize >= self.vocabulary_size) {
            Some(at) => Err(Error::invalid_argument(
                format!("tokens[{at}]"),
                format!(
                    "tokens[{at}] is {}, but this model's vocabulary has {} tokens",
                    tokens[at], self.vocabulary_size
                ),
            )),
            None => Ok(tokens.to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::byte_tokenizer::byte_tokenizer;

    fn text_interface() -> TextInterface {
        TextInterface {
            tokenizer: Arc::new(byte_tokenizer()),
            chat_template: None,
            end_tokens: vec![256],
            context_length: 8,
            vocabulary_size: 259,
        }
    }

    fn error(prompt: Prompt) -> Error {
        text_interface().tokenize(&prompt).unwrap_err()
    }

    #[test]
    fn text_becomes_tokens() {
        assert_eq!(text_interface().tokenize(&Prompt::Text("hi".into())).unwrap(), [104, 105]);
    }

    #[test]
    fn a_prompt_that_fills_the_context_is_refused() {
        let overflow = error(Prompt::Text("12345678".into()));
        assert_eq!((overflow.code, overflow.field.as_deref()), (ErrorCode::ContextOverflow, Some("prompt")));
        assert!(text_interface().tokenize(&Prompt::Text("1234567".into())).is_ok());
    }

    #[test]
    fn an_empty_prompt_is_refused_by_name() {
        assert_eq!(error(Prompt::Text(String::new())).field.as_deref(), Some("prompt"));
        assert_eq!(error(Prompt::Tokens(vec![])).field.as_deref(), Some("tokens"));
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_refused_by_its_place() {
        assert_eq!(error(Prompt::Tokens(vec![1, 259])).field.as_deref(), Some("tokens[1]"));
    }

    #[test]
    fn a_chat_without_a_template_says_so() {
        assert_eq!(error(Prompt::Messages(vec![serde_json::json!({})])).code, ErrorCode::NoChatTemplate);
    }
}
