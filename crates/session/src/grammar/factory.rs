//! Grammars for one model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::thread;

use llguidance::api::{GrammarInit, ParserLimits, TopLevelGrammar};
use llguidance::toktrie::InferenceCapabilities;
use llguidance::{JsonCompileOptions, Logger, Matcher, ParserFactory, regex_to_lark};
use serde_json::Value;
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};

use super::source::{GrammarKind, GrammarSource};
use super::vocabulary::Vocabulary;
use super::{Grammar, failure};

/// What a grammar is compiled on. References and rules are followed recursively, and as many as the limits allow may
/// lead to each other; memory is only taken for what is used of it.
const STACK_BYTES: usize = 512 << 20;

/// White space between the tokens of JSON: a space, or a new line with its indentation. Schemas allow any amount, in
/// which a weak model loses itself.
const WHITESPACE: &str = r"[\x20\x09]|\r?\n[\x20\x09]{0,64}";

/// Lexer states that one reply may need, at one or two kilobytes each.
const MAX_LEXER_STATES: usize = 50_000;

/// Makes [`Grammar`]s over one model's vocabulary.
///
/// The vocabulary is prepared when the first grammar is asked for, which takes a moment and some memory.
pub struct GrammarFactory {
    source: VocabularySource,
    end_tokens: Vec<u32>,
    parsers: OnceLock<Result<ParserFactory, Error>>,
}

enum VocabularySource {
    Tokenizer(Arc<Tokenizer>),
    Shared(Arc<ParserFactory>),
}

impl GrammarFactory {
    /// Over a tokenizer's vocabulary. Tokens that are not in it are never allowed.
    pub fn new(tokenizer: Arc<Tokenizer>, end_tokens: Vec<u32>) -> Self {
        Self { source: VocabularySource::Tokenizer(tokenizer), end_tokens, parsers: OnceLock::new() }
    }

    /// Over the vocabulary of a factory that somebody has made already, whose end tokens are not used.
    pub fn sharing(factory: Arc<ParserFactory>, end_tokens: Vec<u32>) -> Self {
        Self { source: VocabularySource::Shared(factory), end_tokens, parsers: OnceLock::new() }
    }

    /// The beginning of a reply that follows `source`.
    ///
    /// # Errors
    /// - `invalid-argument` naming the grammar's field: it is no grammar, uses what is not supported, cannot be
    ///   satisfied, or is too complex;
    /// - `unsupported-model`: this model's tokenizer does not tell the bytes of its tokens;
    /// - `engine-failed`: the system gives no thread to compile it on.
    pub fn grammar(&self, source: &GrammarSource) -> Result<Grammar, Error> {
        let field = source.field;
        let compiled = thread::scope(|scope| {
            thread::Builder::new()
                .name("tramontane-grammar".into())
                .stack_size(STACK_BYTES)
                .spawn_scoped(scope, || self.matcher(source))
                .map_err(|e| Error::new(ErrorCode::EngineFailed, format!("no thread could be started: {e}")))?
                .join()
                .unwrap_or_else(|_| Err(failure(field, "cannot be used", "it is beyond what can be compiled")))
        })?;
        Ok(Grammar { matcher: compiled, field })
    }

    fn matcher(&self, source: &GrammarSource) -> Result<Matcher, Error> {
        let parsers = self.parsers.get_or_init(|| self.prepare()).as_ref().map_err(Clone::clone)?;
        let grammar = match &source.kind {
            GrammarKind::JsonSchema(schema) => TopLevelGrammar::from_json_schema(with_bounded_whitespace(schema)),
            // As in JavaScript, and as in the patterns of a schema, digits and word characters are those of ASCII.
            GrammarKind::Regex(pattern) => {
                TopLevelGrammar::from_lark(format!("start: /{}/", regex_to_lark(pattern, "dw")))
            }
            GrammarKind::Lark(text) => TopLevelGrammar::from_lark(text.clone()),
        };
        let limits =
            ParserLimits { max_lexer_states: MAX_LEXER_STATES, verbose_errors: false, ..ParserLimits::default() };
        // Its own logger writes to standard error.
        let silent = Logger::new(0, 0);
        let init = GrammarInit::Serialized(grammar);
        let unusable = |reason: String| failure(source.field, "cannot be used", &reason);
        let parser = parsers
            .create_parser_from_init_ext(init, silent, InferenceCapabilities::default(), limits)
            .map_err(|reason| unusable(reason.to_string()))?;
        let mut matcher = Matcher::new(Ok(parser));
        // What allows no token at all fails here instead of in the middle of a generation.
        matcher.compute_mask().map_err(|reason| unusable(reason.to_string()))?;
        Ok(matcher)
    }

    fn prepare(&self) -> Result<ParserFactory, Error> {
        let prepared = catch_unwind(AssertUnwindSafe(|| {
            let vocabulary = match &self.source {
                VocabularySource::Tokenizer(tokenizer) => Vocabulary::of_tokenizer(tokenizer, &self.end_tokens)?,
                VocabularySource::Shared(factory) => Vocabulary::over(factory.tok_env().clone(), &[], &self.end_tokens),
            };
            ParserFactory::new_simple(&vocabulary).map_err(|reason| reason.to_string())
        }));
        let failed = |reason: &str| {
            let message = format!("this model's tokenizer cannot be used with a grammar: {reason}");
            Error::new(ErrorCode::UnsupportedModel, message)
        };
        prepared
            .unwrap_or_else(|_| Err("it has tokens that are not understood".into()))
            .map_err(|reason| failed(&reason))
    }
}

/// Unless the schema has settings of its own for llguidance.
pub(crate) fn with_bounded_whitespace(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if schema.is_object() && schema.get("x-guidance").is_none() {
        let options =
            JsonCompileOptions { whitespace_pattern: Some(WHITESPACE.into()), ..JsonCompileOptions::default() };
        options.apply_to(&mut schema);
    }
    schema
}
