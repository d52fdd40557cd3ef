//! A call as a JSON object: `{"name": "x", "arguments": {…}}`, its members in any order and others among them.

use super::Symbol;
use super::json_scanner::{JsonScanner, Scan};
use super::syntax::is_blank;
use super::writer::Writer;

/// When such an object is taken for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// As soon as it names a tool: a marker was in front.
    Name,
    /// When it names a tool and begins its arguments: nothing but the object says that it is a call.
    NameAndArguments,
}

/// What a symbol made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectFlow {
    /// Not certain yet.
    Held,
    /// Part of a call.
    Taken,
    /// The object's last brace. The call is complete.
    End,
    /// It is no call.
    Failed,
    /// It is a call, and no JSON from this symbol on. The call is still open.
    Broken,
    /// It is a call, complete already, and no JSON from this symbol on.
    Loose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Open,
    KeyOrEnd,
    Key,
    Colon,
    Value,
    CommaOrEnd,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Name,
    Arguments,
    Other,
}

#[derive(Debug)]
pub(super) struct ObjectCall {
    trust: Trust,
    at: At,
    member: Member,
    scanner: JsonScanner,
    /// The key or value that is being read, where it is needed whole.
    text: String,
    name: Option<String>,
    started: bool,
    /// Arguments that came before the call could start.
    early: Option<String>,
    complete: bool,
}

impl ObjectCall {
    pub fn new(trust: Trust) -> Self {
        Self {
            trust,
            at: At::Open,
            member: Member::Other,
            scanner: JsonScanner::new(),
            text: String::new(),
            name: None,
            started: false,
            early: None,
            complete: false,
        }
    }

    /// Behind the object's first brace.
    pub fn opened(trust: Trust) -> Self {
        Self { at: At::KeyOrEnd, ..Self::new(trust) }
    }

    pub fn push(&mut self, symbol: Symbol, writer: &mut Writer) -> ObjectFlow {
        if symbol.is_special {
            return self.broken();
        }
        let character = symbol.character;
        match self.at {
            At::Open | At::KeyOrEnd | At::Colon | At::CommaOrEnd if is_blank(symbol) => self.going_on(),
            At::Open if character == '{' => self.to(At::KeyOrEnd),
            At::KeyOrEnd | At::CommaOrEnd if character == '}' => self.end(writer),
            At::KeyOrEnd if character == '"' => self.key(),
            At::CommaOrEnd if character == ',' => self.to(At::KeyOrEnd),
            At::Key => self.in_key(character),
            At::Colon if character == ':' => {
                self.scanner = JsonScanner::new();
                self.text.clear();
                self.to(At::Value)
            }
            At::Value => self.value(symbol, writer),
            _ => self.broken(),
        }
    }

    /// What a call holds that is cut off or broken.
    pub fn release(&mut self, writer: &mut Writer) {
        if self.started && !self.complete && self.at == At::Value && self.is_text() {
            writer.argument_text(&std::mem::take(&mut self.text));
        }
    }

    /// The reply is over. False where this is not certain to be a call.
    pub fn finish(&mut self, ended: bool, writer: &mut Writer) -> bool {
        self.release(writer);
        if ended && self.started && !self.complete {
            self.complete_call(writer);
        }
        self.started
    }

    fn going_on(&self) -> ObjectFlow {
        if self.started { ObjectFlow::Taken } else { ObjectFlow::Held }
    }

    fn to(&mut self, at: At) -> ObjectFlow {
        self.at = at;
        self.going_on()
    }

    fn broken(&self) -> ObjectFlow {
        match (self.started, self.complete) {
            (false, _) => ObjectFlow::Failed,
            (true, false) => ObjectFlow::Broken,
            (true, true) => ObjectFlow::Loose,
        }
    }

    fn key(&mut self) -> ObjectFlow {
        self.text.clear();
        self.scanner = JsonScanner::new();
        self.scanner.push('"');
        self.text.push('"');
        self.to(At::Key)
    }

    fn in_key(&mut self, character: char) -> ObjectFlow {
        // No key that counts is as long as that.
        if self.text.len() < 64 {
            self.text.push(character);
        }
        if self.scanner.push(character) != Scan::Last {
            return self.going_on();
        }
        let seen = self.complete || self.early.is_some();
        self.member = match self.text.as_str() {
            r#""name""# if self.name.is_none() => Member::Name,
            r#""arguments""# | r#""parameters""# if !seen => Member::Arguments,
            // An object that may be anything is not held to its end for the sake of what might come.
            r#""type""# | r#""id""# => Member::Other,
            _ if self.trust == Trust::NameAndArguments && !self.started => return ObjectFlow::Failed,
            _ => Member::Other,
        };
        self.to(At::Colon)
    }

    fn value(&mut self, symbol: Symbol, writer: &mut Writer) -> ObjectFlow {
        let is_first = self.text.is_empty();
        if is_first && is_blank(symbol) {
            return self.going_on();
        }
        if is_first && self.member == Member::Arguments && !self.start(writer) {
            self.early = Some(String::new());
        }
        let scan = self.scanner.push(symbol.character);
        if matches!(scan, Scan::Inside | Scan::Last) {
            self.take(symbol, writer);
        }
        match scan {
            Scan::Inside => self.going_on(),
            Scan::Invalid => self.broken(),
            Scan::Last => self.end_value(writer),
            Scan::Over => match self.end_value(writer) {
                ObjectFlow::Held | ObjectFlow::Taken => self.push(symbol, writer),
                other => other,
            },
        }
    }

    /// Whether the arguments are a string, with JSON inside: they are only passed on when they can be read.
    fn is_text(&self) -> bool {
        self.member == Member::Arguments && self.text.starts_with('"')
    }

    fn take(&mut self, symbol: Symbol, writer: &mut Writer) {
        // Of a value that is not needed whole only the first character is kept, as the mark that it has begun.
        let is_whole = self.member == Member::Name || self.is_text();
        if self.text.is_empty() || is_whole {
            self.text.push(symbol.character);
        }
        if self.member == Member::Arguments && !self.is_text() {
            match &mut self.early {
                Some(early) => early.push(symbol.character),
                None => writer.arguments(&[symbol]),
            }
        }
    }

    fn end_value(&mut self, writer: &mut Writer) -> ObjectFlow {
        self.at = At::CommaOrEnd;
        match self.member {
            Member::Name => {
                let name = serde_json::from_str::<String>(&self.text).ok().filter(|name| writer.knows(name));
                if name.is_none() {
                    return self.broken();
                }
                self.name = name;
                if self.trust == Trust::Name || self.early.is_some() {
                    self.start(writer);
                }
                if let Some(early) = self.early.clone().filter(|_| self.started) {
                    writer.argument_text(&early);
                    self.complete_call(writer);
                }
            }
            Member::Arguments => {
                let decoded = self
                    .is_text()
                    .then(|| serde_json::from_str::<String>(&self.text).unwrap_or_else(|_| self.text.clone()));
                match (&mut self.early, decoded) {
                    (Some(early), Some(decoded)) => early.push_str(&decoded),
                    (Some(_), None) => {}
                    (None, decoded) => {
                        writer.argument_text(&decoded.unwrap_or_default());
                        self.complete_call(writer);
                    }
                }
            }
            Member::Other => {}
        }
        self.going_on()
    }

    /// Starts the call where its name is known.
    fn start(&mut self, writer: &mut Writer) -> bool {
        if !self.started
            && let Some(name) = &self.name
        {
            self.started = writer.start(name);
        }
        self.started
    }

    fn complete_call(&mut self, writer: &mut Writer) {
        writer.complete();
        self.complete = true;
    }

    fn end(&mut self, writer: &mut Writer) -> ObjectFlow {
        if !self.started {
            return ObjectFlow::Failed;
        }
        if !self.complete {
            self.complete_call(writer);
        }
        ObjectFlow::End
    }
}
