//! Where a JSON value ends, found character by character.
//!
//! Not recursive, and no memory but a bit for each level. Texts that are not JSON are told as soon as they are none,
//! with one exception: what is inside a string is not looked at beyond its escapes' lengths.

/// How deep arrays and objects may be inside each other.
const MAX_DEPTH: usize = 1024;

/// What a character means for the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scan {
    /// It is part of the value, and there is more to come.
    Inside,
    /// It is the value's last.
    Last,
    /// The value, a number, was over before it.
    Over,
    /// No JSON value goes on like this.
    Invalid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    Text { key: bool, escaped: bool },
    Number(NumberPart),
    Word(&'static str),
    Nothing,
}

/// The grammar of RFC 8259, section 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NumberPart {
    Minus,
    Zero,
    Digits,
    Point,
    Fraction,
    Exponent,
    Sign,
    ExponentDigits,
}

#[derive(Debug)]
pub(super) struct JsonScanner {
    expect: Expect,
    /// The open levels: true for an object.
    levels: Vec<bool>,
}

impl JsonScanner {
    /// At a value's first character: white space in front is none of it.
    pub fn new() -> Self {
        Self { expect: Expect::Value, levels: Vec::new() }
    }

    pub fn push(&mut self, character: char) -> Scan {
        let is_blank = matches!(character, ' ' | '\t' | '\n' | '\r');
        match self.expect {
            Expect::Text { key, escaped } => match character {
                '"' if !escaped && key => self.next(Expect::Colon),
                '"' if !escaped => self.end_value(),
                _ => self.next(Expect::Text { key, escaped: character == '\\' && !escaped }),
            },
            Expect::Word(rest) => match rest.strip_prefix(character) {
                Some("") => self.end_value(),
                Some(rest) => self.next(Expect::Word(rest)),
                None => Scan::Invalid,
            },
            Expect::Number(part) => self.number(part, character),
            Expect::Nothing => Scan::Invalid,
            _ if is_blank && !self.levels.is_empty() => Scan::Inside,
            Expect::Value | Expect::ValueOrEnd => match character {
                '"' => self.next(Expect::Text { key: false, escaped: false }),
                '{' => self.open(true),
                '[' => self.open(false),
                't' => self.next(Expect::Word("rue")),
                'f' => self.next(Expect::Word("alse")),
                'n' => self.next(Expect::Word("ull")),
                '-' => self.next(Expect::Number(NumberPart::Minus)),
                '0' => self.next(Expect::Number(NumberPart::Zero)),
                '1'..='9' => self.next(Expect::Number(NumberPart::Digits)),
                ']' if self.expect == Expect::ValueOrEnd => self.close(),
                _ => Scan::Invalid,
            },
            Expect::Key | Expect::KeyOrEnd => match character {
                '"' => self.next(Expect::Text { key: true, escaped: false }),
                '}' if self.expect == Expect::KeyOrEnd => self.close(),
                _ => Scan::Invalid,
            },
            Expect::Colon if character == ':' => self.next(Expect::Value),
            Expect::CommaOrEnd => match (character, self.levels.last()) {
                (',', Some(true)) => self.next(Expect::Key),
                (',', Some(false)) => self.next(Expect::Value),
                ('}', Some(true)) | (']', Some(false)) => self.close(),
                _ => Scan::Invalid,
            },
            Expect::Colon => Scan::Invalid,
        }
    }

    fn next(&mut self, expect: Expect) -> Scan {
        self.expect = expect;
        Scan::Inside
    }

    fn open(&mut self, object: bool) -> Scan {
        if self.levels.len() == MAX_DEPTH {
            return Scan::Invalid;
        }
        self.levels.push(object);
        self.next(if object { Expect::KeyOrEnd } else { Expect::ValueOrEnd })
    }

    fn close(&mut self) -> Scan {
        self.levels.pop();
        self.end_value()
    }

    fn end_value(&mut self) -> Scan {
        self.expect = if self.levels.is_empty() { Expect::Nothing } else { Expect::CommaOrEnd };
        if self.levels.is_empty() { Scan::Last } else { Scan::Inside }
    }

    fn number(&mut self, part: NumberPart, character: char) -> Scan {
        use NumberPart::*;
        let next = match (part, character) {
            (Minus, '0') => Zero,
            (Minus, '1'..='9') | (Digits, '0'..='9') => Digits,
            (Zero | Digits, '.') => Point,
            (Point | Fraction, '0'..='9') => Fraction,
            (Zero | Digits | Fraction, 'e' | 'E') => Exponent,
            (Exponent, '+' | '-') => Sign,
            (Exponent | Sign | ExponentDigits, '0'..='9') => ExponentDigits,
            (Minus | Point | Exponent | Sign, _) => return Scan::Invalid,
            (Zero | Digits | Fraction | ExponentDigits, _) => {
                return match self.end_value() {
                    Scan::Last => Scan::Over,
                    _ => self.push(character),
                };
            }
        };
        self.next(Expect::Number(next))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How many bytes of `text` the value at its beginning has; none where there is no whole value.
    fn length(text: &str) -> Option<usize> {
        let mut scanner = JsonScanner::new();
        for (at, character) in text.char_indices() {
            match scanner.push(character) {
                Scan::Inside => {}
                Scan::Last => return Some(at + character.len_utf8()),
                Scan::Over => return Some(at),
                Scan::Invalid => return None,
            }
        }
        None
    }

    #[test]
    fn a_value_ends_where_it_ends() {
        for (text, expected) in [
            (r#"{"a": [1, -2.5e+3, "}\""], "b": {}} and more"#, Some(35)),
            ("[]]", Some(2)),
            ("12,", Some(2)),
            ("true}", Some(4)),
            (r#""a" "#, Some(3)),
            ("[1,]", None),
            (r#"{"a" 1}"#, None),
            ("{'a': 1}", None),
            ("[01]", None),
            ("{]", None),
            ("[1", None),
            (" 1", None),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn hostile_depth_is_refused() {
        assert_eq!(length(&"[".repeat(100_000)), None);
        let deep = "[".repeat(1000) + &"]".repeat(1000);
        assert_eq!(length(&deep), Some(2000));
    }

    proptest! {
        #[test]
        fn what_serde_reads_is_a_value(text in r#"[\[\]{}:,"\\a0-9.eE+tfn -]{1,12}"#) {
            let whole = length(&format!("{text} ")).is_some_and(|length| length == text.len());
            let valid = !text.starts_with(' ') && !text.ends_with(' ') && serde_json::from_str::<serde_json::Value>(&text).is_ok();
            prop_assert!(!valid || whole, "{}", text);
            // Only escapes are not looked into.
            prop_assert!(!whole || valid || text.contains('\\') || text.contains('e') || text.contains('E'), "{}", text);
        }
    }
}
