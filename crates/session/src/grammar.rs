//! Replies that follow a grammar: a JSON schema, a regular expression, or a grammar in Lark's notation.
//!
//! What must hold:
//! - A reply that ends by itself is a text of the grammar; one that is cut short is the beginning of one.
//! - An end token is allowed exactly where the grammar accepts what there is.
//! - Nothing a user can pass takes the process down: sizes are looked at before anything recurses over them, grammars
//!   are compiled on a large stack, and panics become errors.
//!
//! Parsing is llguidance's, over the model's own vocabulary. Where the grammar leaves one text only, its tokens are those
//! that the tokenizer would make of it.

use llguidance::Matcher;
use tramontane_error::Error;

mod factory;
mod limits;
mod source;
#[cfg(test)]
mod tests;
mod token_mask;
mod vocabulary;

pub use factory::GrammarFactory;
pub(crate) use factory::with_bounded_whitespace;
pub(crate) use limits::check_schema;
pub use source::GrammarSource;
pub use token_mask::TokenMask;

/// Where in its grammar one reply is.
pub struct Grammar {
    matcher: Matcher,
    field: &'static str,
}

impl Grammar {
    /// The tokens that may come next. End tokens are among them where the reply may end here.
    ///
    /// # Errors
    /// `invalid-argument` naming the grammar's field: it has become too complex to follow, or asks for bytes that this
    /// model's vocabulary cannot write. Every later call fails too.
    pub fn mask(&mut self) -> Result<TokenMask, Error> {
        let mask = if self.is_complete() { self.matcher.compute_mask_or_eos() } else { self.matcher.compute_mask() };
        mask.map(TokenMask::new).map_err(|reason| self.failure(&reason.to_string()))
    }

    /// Goes on behind a token that [`Grammar::mask`] allows.
    ///
    /// # Errors
    /// `invalid-argument` naming the grammar's field: the token is not allowed, or the grammar has become too complex.
    pub fn commit(&mut self, token: u32) -> Result<(), Error> {
        self.matcher.consume_token(token).map_err(|reason| self.failure(&reason.to_string()))
    }

    /// Whether nothing may follow any more.
    pub fn is_complete(&self) -> bool {
        self.matcher.is_stopped() && !self.matcher.is_error()
    }

    /// Whether the reply may end here.
    pub fn accepts_end(&mut self) -> bool {
        self.is_complete() || self.matcher.is_accepting().unwrap_or(false)
    }

    /// The request's field that the grammar comes from.
    pub fn field(&self) -> &'static str {
        self.field
    }

    fn failure(&self, reason: &str) -> Error {
        failure(self.field, "cannot be followed any further", reason)
    }
}

/// An error about the user's grammar, for llguidance's reason. That may have many lines, draw the place in the grammar,
/// and go on with dumps of state.
fn failure(field: &str, what: &str, reason: &str) -> Error {
    let mut lines = reason.lines().take_while(|line| !line.starts_with('<'));
    let first = lines.next().unwrap_or_default();
    let short: String = match first {
        "NoExtensionBias" => "it allows no text here that this model can write".into(),
        _ if first.starts_with("panic:") => "it is not understood".into(),
        _ => first.chars().take(300).collect(),
    };
    // What regular expressions are refused for comes last.
    let error = lines.filter_map(|line| line.strip_prefix("error: ")).last();
    let detail: String = error.map(|error| format!(" {error}").chars().take(200).collect()).unwrap_or_default();
    Error::invalid_argument(field, format!("{field} {what}: {short}{detail}"))
}
