use std::fmt::Write;
use std::thread;
use std::time::Instant;

use serde_json::{Map, Value, json};
use tramontane_error::ErrorCode;

use super::super::{Grammar, GrammarSource};
use super::{FACTORY, VOCABULARY_SIZE};
use crate::sampler::{Sampler, Sampling};

/// Compiles and follows a grammar for a while, on no more stack than an engine's thread has; an error is as good.
fn survives(name: &str, source: Result<GrammarSource, tramontane_error::Error>) {
    let start = Instant::now();
    let compiled = source.and_then(|source| FACTORY.grammar(&source));
    let error = match compiled {
        Ok(grammar) => {
            let follow = || follow(grammar);
            thread::scope(|scope| {
                thread::Builder::new().stack_size(1 << 20).spawn_scoped(scope, follow).unwrap().join().unwrap()
            })
        }
        Err(error) => Some(error),
    };
    if let Some(error) = &error {
        assert_eq!(error.code, ErrorCode::InvalidArgument, "{name}");
        assert!(error.field.as_deref().is_some_and(|field| field.starts_with("grammar.")), "{name}");
        assert!(error.message.len() < 700 && !error.message.contains("backtrace"), "{name}: {}", error.message);
    }
    println!("{name}: {:?}, {}", start.elapsed(), error.map_or("followed".into(), |error| error.message));
}

fn follow(grammar: Grammar) -> Option<tramontane_error::Error> {
    let settings = Sampling { temperature: 1.0, ..Sampling::default() };
    let mut sampler = match Sampler::new(&settings, 1, &[]).constrained_by(grammar) {
        Ok(sampler) => sampler,
        Err(error) => return Some(error),
    };
    for _ in 0..300 {
        match sampler.sample(&[0.0; VOCABULARY_SIZE]) {
            Ok(sampled) if sampled.is_last || sampled.token >= 256 => return None,
            Ok(_) => {}
            Err(error) => return Some(error),
        }
    }
    None
}

fn schema(name: &str, schema: Value) {
    survives(name, GrammarSource::json_schema(schema));
}

#[test]
fn deep_schemas_are_refused_before_anything_recurses_over_them() {
    let nest = |depth: usize, outside: fn(Value) -> Value| (0..depth).fold(json!({}), |inside, _| outside(inside));
    for outside in [
        |inside| json!({"type": "array", "items": inside}),
        |inside| json!({"anyOf": [inside, {"type": "null"}]}),
        |inside| json!({"allOf": [{"title": "x"}, inside]}),
        |inside| json!({"properties": {"a": inside}}),
    ] as [fn(Value) -> Value; 4]
    {
        for depth in [10, 20, 30, 31, 32, 60] {
            schema(&format!("nested {depth}"), nest(depth, outside));
        }
    }
    let error = GrammarSource::json_schema(nest(60, |inside| json!({"items": inside, "not": {}}))).err();
    assert!(error.is_none(), "60 levels are allowed");
    let error = GrammarSource::json_schema(nest(70, |inside| json!({"items": inside}))).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("grammar.schema"));
    // Deeper than a stack could follow: dropped by hand, as serde_json's own drop recurses.
    let arrays = nest(1000, |inside| json!([inside]));
    assert!(GrammarSource::json_schema(json!({"const": arrays})).is_err());
}

#[test]
fn chains_of_references_do_not_overflow_the_stack() {
    // In the shapes that llguidance follows in different ways.
    for link in [
        |next| json!({"items": {"$ref": next}}),
        |next| json!({"allOf": [{"$ref": next}]}),
        |next| json!({"type": "array", "anyOf": [{"$ref": next}]}),
        |next| json!({"$ref": next, "description": "x", "minItems": 1}),
        |next| json!({"$ref": next}),
    ] as [fn(String) -> Value; 5]
    {
        for length in [100, 2000, 3300, 4900] {
            let mut definitions = Map::new();
            for i in 0..length {
                definitions.insert(format!("d{i}"), link(format!("#/$defs/d{}", i + 1)));
            }
            definitions.insert(format!("d{length}"), json!({"type": ["null", "array"]}));
            schema(&format!("chain of {length} references"), json!({"$ref": "#/$defs/d0", "$defs": definitions}));
        }
    }
    schema("a reference to itself", json!({"$ref": "#"}));
    schema("a reference to itself", json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}));
    schema("a reference to nothing", json!({"$ref": "#/$defs/nothing"}));
    schema("a reference to elsewhere", json!({"$ref": "https://example.com/schema.json"}));
}

#[test]
fn schemas_that_explode_are_cut_short() {
    let pairs = (0..20).map(|i| json!({"anyOf": [{"minLength": i}, {"maxLength": 100 + i}]})).collect::<Vec<_>>();
    schema("2^20 combinations", json!({"type": "string", "allOf": pairs}));
    schema("a million items", json!({"type": "array", "items": {"type": "null"}, "minItems": 1_000_000}));
    schema("too many items", json!({"type": "array", "minItems": 1u64 << 60}));
    schema("a million characters", json!({"type": "string", "minLength": 1_000_000}));
    schema("too many characters", json!({"type": "string", "maxLength": 1u64 << 60}));
    schema("more at least than at most", json!({"type": "string", "minLength": 5, "maxLength": 4}));
    schema("a large enum", json!({"enum": (0..9_000).map(|i| format!("value {i}")).collect::<Vec<_>>()}));
    schema("a large pattern", json!({"type": "string", "pattern": "(a{1,500}b?){500}"}));
    schema("a pattern with look-around", json!({"type": "string", "pattern": "(?=a)b"}));
    schema("nothing is valid", json!(false));
    schema("nothing is valid", json!({"type": "string", "enum": [1]}));
    schema("odd keywords", json!({"not": {}, "if": {}, "uniqueItems": true}));
    schema("no schema", json!({"type": 5, "properties": [], "required": "x"}));
    schema("odd numbers", json!({"type": "number", "multipleOf": 0, "minimum": 1e300}));
    schema("odd numbers", json!({"type": "integer", "multipleOf": 1e-300, "maximum": -1e300}));
    schema("long multi-byte text where messages are cut", json!({"minimum": "ä".repeat(200)}));
    schema("odd settings", json!({"x-guidance": {"whitespace_pattern": "("}}));
    schema("odd settings", json!({"x-guidance": 5}));
}

#[test]
fn regular_expressions_are_bounded() {
    for (name, pattern) in [
        ("empty", String::new()),
        ("unbalanced", "(".into()),
        ("nested", "(".repeat(240) + "a" + &")".repeat(240)),
        ("nested too deep", "(".repeat(5000) + "a" + &")".repeat(5000)),
        ("nested stars", "(".repeat(200) + "a" + &")*".repeat(200)),
        ("large repetition", "(a|b){1000000}".into()),
        ("repetitions of repetitions", "((a{1,1000}b){1,1000}c){1,1000}".into()),
        ("exponential for backtracking", "(a*)*(a*)*(a*)*b".into()),
        ("exponential as an automaton", "(a|b)*a(a|b){500}".into()),
        ("long", "abc|".repeat(4000)),
        ("too long", "a".repeat(20_000)),
        ("look-around", "(?!a)b".into()),
        ("Unicode classes", r"\p{L}{1,200}\p{Script=Greek}".into()),
        ("nothing at all", "[^\\x00-\\x{10FFFF}]".into()),
        ("anchors", "^a$".into()),
        ("slashes and newlines", "/\n\\/\\\\".into()),
    ] {
        survives(name, GrammarSource::regex(pattern));
    }
}

#[test]
fn lark_grammars_are_bounded() {
    let chain = |rules: usize| {
        let mut source = String::from("start: r0\n");
        (0..rules).for_each(|i| writeln!(source, "r{i}: \"a\" r{}", i + 1).unwrap());
        source + &format!("r{rules}: \"b\"\n")
    };
    let terminals = |rules: usize| {
        let mut source = String::from("start: T0\n");
        (0..rules).for_each(|i| writeln!(source, "T{i}: \"a\" T{}", i + 1).unwrap());
        source + &format!("T{rules}: \"b\"\n")
    };
    // As many names as fit, each in as few bytes as possible.
    let shortest = |first: char| {
        let letter = |i: u32| char::from_u32(u32::from(first) + i).unwrap();
        let name = |i: u32| [letter(i / 676 % 26), letter(i / 26 % 26), letter(i % 26)].iter().collect::<String>();
        let mut source = format!("start:{}\n", name(0));
        (0..7_000).for_each(|i| writeln!(source, "{}:{}", name(i), name(i + 1)).unwrap());
        source + &format!("{}:\"b\"", name(7_000))
    };
    for (name, source) in [
        ("empty", String::new()),
        ("no start", "a: \"b\"".into()),
        ("garbage", "start: ((((( %%% \u{0} ".into()),
        ("a rule of itself", "start: start".into()),
        ("a rule of itself and more", "start: start start | \"a\"".into()),
        ("ambiguous", "start: a*\na: b*\nb: \"x\"* | a".into()),
        ("a chain of rules", chain(100)),
        ("a long chain of rules", chain(3500)),
        ("a chain of the shortest rules", shortest('a')),
        ("a chain of the shortest terminals", shortest('A')),
        ("a chain of terminals", terminals(100)),
        ("a long chain of terminals", terminals(3000)),
        ("nested", format!("start: {}\"a\"{}", "(".repeat(60), ")".repeat(60))),
        ("nested too deep", format!("start: {}\"a\"{}", "(".repeat(3000), ")".repeat(3000))),
        ("maybes", format!("start: {}\"a\"{}", "[".repeat(60), "]".repeat(60))),
        ("negations", format!("start: T\nT: {}\"a\"", "~".repeat(60))),
        ("too many negations", format!("start: T\nT: {}\"a\"", "~ ".repeat(30_000))),
        ("repetition", "start: \"a\"~1000000".into()),
        ("repetitions", "start: ((\"a\" \"b\"){1,1000}){1,1000}".into()),
        ("a schema inside", format!("start: %json {}", json!({"type": "array", "items": {"$ref": "#"}}))),
        ("a schema inside, nested too deep", format!("start: %json {}{}", "[".repeat(5000), "]".repeat(5000))),
        ("a schema in quotes", format!("start: %json {}\"", "{\"a\":".repeat(60))),
        ("an import", "%import common.NUMBER\nstart: NUMBER".into()),
        ("an import of a file", "%import .other (x)\nstart: x".into()),
        ("an unknown special token", "start: <|nothing|>".into()),
        ("a special token", "start: \"a\" <|im_end|>".into()),
        ("a token by number", "start: <[97]> <[4000000]>".into()),
        ("options", "%llguidance {\"allow_invalid_utf8\": true}\nstart: /(?s:.)/".into()),
        ("odd options", "%llguidance {\"no_such\": {}}\nstart: \"a\"".into()),
        ("too long", "a".repeat(70_000)),
        ("another grammar", "start: @other".into()),
        ("a lexer that explodes", "start: /(a|b)*a(a|b){300}/ /x/".into()),
        ("templates", "start: f{\"a\"}\nf{x}: x x".into()),
    ] {
        survives(name, GrammarSource::lark(source));
    }
}
