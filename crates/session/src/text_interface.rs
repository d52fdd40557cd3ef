//! The text side of a model: how a prompt becomes tokens, and which tokens end a reply.

use std::sync::Arc;

use serde_json::Value;
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};

use crate::chat_prompt::render_chat;
use crate::chat_template::ChatTemplate;
use crate::context_overflow::{ContextOverflow, FittedPrompt, most_input_tokens, without_oldest_turns};
use crate::detokenizer::Detokenizer;
use crate::grammar::GrammarFactory;
use crate::reply::{ReasoningState, ReplyFormat, ReplyParser};
use crate::reply_parts::ReplyParts;
use crate::request::{GenerationRequest, Prompt};
use crate::sampler::Sampler;
use crate::stop_matcher::StopMatcher;
use crate::stream_part::StreamPart;
use crate::tool_call_grammar::{forced_format, tool_call_grammar};

/// Everything about a model that concerns text rather than weights.
pub struct TextInterface {
    /// Text to tokens and back.
    pub tokenizer: Arc<Tokenizer>,
    /// How a conversation is written down for this model, where it has one.
    pub chat_template: Option<ChatTemplate>,
    /// How it writes reasoning and tool calls.
    pub reply_format: ReplyFormat,
    /// Tokens that end a reply and are not part of it.
    pub end_tokens: Vec<u32>,
    /// The most tokens that prompt and reply may have together.
    pub context_length: usize,
    /// Token ids are below this.
    pub vocabulary_size: usize,
    /// Grammars over the tokenizer's vocabulary.
    pub grammars: GrammarFactory,
}

impl TextInterface {
    /// Turns a request's prompt into tokens, however many.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] naming the prompt's field, or [`ErrorCode::NoChatTemplate`].
    pub fn tokenize(&self, request: &GenerationRequest) -> Result<Vec<u32>, Error> {
        self.tokens_of(&request.prompt, request)
    }

    /// Tokens of `prompt`, which is the request's own or a part of it.
    fn tokens_of(&self, prompt: &Prompt, request: &GenerationRequest) -> Result<Vec<u32>, Error> {
        let tokens = match prompt {
            // Templates write the beginning-of-sequence token themselves.
            Prompt::Messages(messages) => self.encode(&self.render(messages, request)?, false, prompt.field())?,
            Prompt::Text(text) => self.encode(text, true, prompt.field())?,
            Prompt::Tokens(tokens) => self.checked(tokens)?,
        };
        let field = prompt.field();
        if tokens.is_empty() {
            return Err(Error::invalid_argument(field, format!("{field} is empty; there is nothing to go on from")));
        }
        Ok(tokens)
    }

    /// The tokens of a request's prompt, without the turns that it lets go where it is too long. They may still be too
    /// many: [`TextInterface::require_room`].
    pub(crate) fn fit(&self, request: &GenerationRequest) -> Result<FittedPrompt, Error> {
        let tokens = self.tokenize(request)?;
        let most = most_input_tokens(self.context_length, request.max_output_tokens);
        match &request.prompt {
            Prompt::Messages(messages)
                if request.context_overflow == ContextOverflow::TruncateOldest && tokens.len() > most =>
            {
                without_oldest_turns(messages, most, |kept| self.tokens_of(&Prompt::Messages(kept), request))
            }
            _ => Ok(FittedPrompt { tokens, dropped_messages: 0 }),
        }
    }

    /// Refuses a prompt that leaves no room in the context, with [`ErrorCode::ContextOverflow`].
    pub(crate) fn require_room(&self, prompt: &Prompt, fitted: &FittedPrompt) -> Result<(), Error> {
        let (have, room) = (fitted.tokens.len(), self.context_length);
        if have < room {
            return Ok(());
        }
        let field = prompt.field();
        let without = match fitted.dropped_messages {
            0 => String::new(),
            dropped => format!(", without its {dropped} oldest messages,"),
        };
        let message = format!(
            "{field}{without} is {have} tokens long, which leaves no room in a context of {room}; shorten it or load the model with a larger contextLength"
        );
        Err(Error::new(ErrorCode::ContextOverflow, message).with_field(field))
    }

    /// What chooses the tokens of the reply to `prompt`. Compiles the request's grammar, which can take a while.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidArgument`] naming the field: a token that this model does not have, or a grammar that cannot
    /// be used; [`ErrorCode::UnsupportedModel`] where this model cannot be held to any grammar.
    pub fn sampler(&self, request: &GenerationRequest, seed: u64, prompt: &[u32]) -> Result<Sampler, Error> {
        request.sampling.validate_for(self.vocabulary_size)?;
        let sampler = Sampler::reading(&request.sampling, seed, prompt, Some(&self.tokenizer));
        let forced = request.tools.forced();
        let call = (!forced.is_empty()).then(|| {
            let reasoning = ReasoningState::at_end_of(&self.end_of(prompt), self.reply_format.reasoning);
            tool_call_grammar(self.reply_format, forced, &self.tokenizer, reasoning)
        });
        match call.as_ref().or(request.grammar.as_ref()) {
            Some(source) => sampler.constrained_by(self.grammars.grammar(source)?),
            None => Ok(sampler),
        }
    }

    /// What makes parts of the reply to `prompt`. Reasoning and tool calls are looked for in chats.
    pub(crate) fn reply_parts(
        &self,
        request: &GenerationRequest,
        prompt: &[u32],
        emit: Box<dyn FnMut(StreamPart) + Send>,
    ) -> ReplyParts {
        let format =
            if request.tools.forced().is_empty() { self.reply_format } else { forced_format(self.reply_format) };
        let is_chat = matches!(request.prompt, Prompt::Messages(_));
        let reasoning = ReasoningState::at_end_of(&self.end_of(prompt), format.reasoning);
        let parser = (is_chat && format != ReplyFormat::default())
            .then(|| ReplyParser::new(format, request.tools.offered().to_vec(), reasoning == ReasoningState::Open));
        ReplyParts {
            detokenizer: Detokenizer::new(Arc::clone(&self.tokenizer), true),
            markers: if parser.is_some() { format.special_markers(&self.tokenizer) } else { Vec::new() },
            parser,
            stop: Some(StopMatcher::new(request.stop_sequences.clone())),
            call_id: String::new(),
            emit,
        }
    }

    /// The last of a prompt's text: enough for any marker, and white space behind it, written byte by byte.
    fn end_of(&self, prompt: &[u32]) -> String {
        const TOKENS: usize = 16;
        let end = &prompt[prompt.len().saturating_sub(TOKENS)..];
        self.tokenizer.decode(end, false).unwrap_or_default()
    }

    pub(crate) fn render(&self, messages: &[Value], request: &GenerationRequest) -> Result<String, Error> {
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
        render_chat(template, messages, request, self.reply_format)
    }

    /// `field` is where the text comes from.
    pub(crate) fn encode(&self, text: &str, add_special_tokens: bool, field: &str) -> Result<Vec<u32>, Error> {
        let encoding = self
            .tokenizer
            .encode_fast(text, add_special_tokens)
            .map_err(|e| Error::invalid_argument(field, format!("{field} cannot be tokenized: {e}")))?;
        Ok(encoding.get_ids().to_vec())
    }

    pub(crate) fn checked(&self, tokens: &[u32]) -> Result<Vec<u32>, Error> {
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
    use serde_json::json;

    use super::*;
    use crate::byte_tokenizer::byte_tokenizer;

    fn text_interface() -> TextInterface {
        let tokenizer = Arc::new(byte_tokenizer());
        TextInterface {
            tokenizer: Arc::clone(&tokenizer),
            chat_template: None,
            reply_format: ReplyFormat::default(),
            end_tokens: vec![256],
            context_length: 8,
            vocabulary_size: 259,
            grammars: GrammarFactory::new(tokenizer, vec![256]),
        }
    }

    fn tokenize(prompt: serde_json::Value) -> Result<Vec<u32>, Error> {
        let request = GenerationRequest::from_json(&json!({ "prompt": prompt }).to_string()).unwrap();
        text_interface().tokenize(&request)
    }

    fn error(prompt: serde_json::Value) -> Error {
        tokenize(prompt).unwrap_err()
    }

    #[test]
    fn text_becomes_tokens() {
        assert_eq!(tokenize(json!({"text": "hi"})).unwrap(), [104, 105]);
    }

    #[test]
    fn an_empty_prompt_is_refused_by_name() {
        assert_eq!(error(json!({"text": ""})).field.as_deref(), Some("prompt"));
        assert_eq!(error(json!({"tokens": []})).field.as_deref(), Some("tokens"));
    }

    #[test]
    fn a_token_outside_the_vocabulary_is_refused_by_its_place() {
        assert_eq!(error(json!({"tokens": [1, 259]})).field.as_deref(), Some("tokens[1]"));
    }

    #[test]
    fn a_chat_without_a_template_says_so() {
        assert_eq!(error(json!({"messages": [{}]})).code, ErrorCode::NoChatTemplate);
    }

    fn sampler(request: serde_json::Value) -> Result<Sampler, Error> {
        let request = GenerationRequest::from_json(&request.to_string()).unwrap();
        text_interface().sampler(&request, 1, &[104, 105])
    }

    #[test]
    fn settings_about_tokens_outside_the_vocabulary_are_refused_by_their_place() {
        let request = json!({"prompt": {"text": "hi"}, "forcedTokens": [258, 259]});
        assert_eq!(sampler(request).err().unwrap().field.as_deref(), Some("forcedTokens[1]"));
    }

    #[test]
    fn a_reply_is_held_to_the_grammar_of_its_request() {
        let mut sampler =
            sampler(json!({"prompt": {"text": "hi"}, "grammar": {"type": "regex", "pattern": "yes"}})).unwrap();
        let tokens = [0; 3].map(|_| sampler.sample(&[0.0; 259]).unwrap().token);
        assert_eq!(tokens.map(|token| token as u8), *b"yes");
    }

    #[test]
    fn a_grammar_that_cannot_be_used_is_refused_by_name() {
        let request = json!({"prompt": {"text": "hi"}, "responseFormat": {"type": "json", "schema": {"type": "x"}}});
        let error = sampler(request).err().unwrap();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("responseFormat.schema")));
    }

    #[test]
    fn sequence_breakers_are_found_in_the_text_of_the_tokens() {
        // "ab" comes again, with a newline in front of it; so "c" costs nothing where two tokens are not enough.
        let penalised = |text: &str| {
            let dry = json!({"multiplier": 100, "allowedLength": 3, "sequenceBreakers": ["\n"]});
            let request = json!({"prompt": {"text": text}, "temperature": 0, "dry": dry});
            let request = GenerationRequest::from_json(&request.to_string()).unwrap();
            let prompt: Vec<u32> = text.bytes().map(u32::from).collect();
            let mut logits = [0.0; 259];
            logits[usize::from(b'c')] = 1.0;
            text_interface().sampler(&request, 1, &prompt).unwrap().sample(&logits).unwrap().token != u32::from(b'c')
        };
        assert!(penalised("xabc xab"));
        assert!(!penalised("\nabc \nab"));
    }
}
