use serde_json::{Value, json};
use tramontane_error::ErrorCode;

use super::super::GrammarSource;
use super::{grammar, random_reply};

fn read(request: Value) -> Result<Option<GrammarSource>, tramontane_error::Error> {
    GrammarSource::from_request(request.as_object().unwrap())
}

#[test]
fn a_request_names_its_grammar_by_type() {
    let schema = json!({"type": "string"});
    assert_eq!(read(json!({})), Ok(None));
    assert_eq!(
        read(json!({"grammar": {"type": "json-schema", "schema": schema}})),
        GrammarSource::json_schema(schema.clone()).map(Some)
    );
    assert_eq!(read(json!({"grammar": {"type": "regex", "pattern": "a+"}})), GrammarSource::regex("a+").map(Some));
    assert_eq!(
        read(json!({"grammar": {"type": "lark", "source": "start: \"a\""}})),
        GrammarSource::lark("start: \"a\"").map(Some)
    );
}

#[test]
fn a_response_format_is_another_way_to_ask_for_json() {
    assert_eq!(read(json!({"responseFormat": {"type": "text"}})), Ok(None));
    for seed in 0..10 {
        let any = read(json!({"responseFormat": {"type": "json"}})).unwrap().unwrap();
        let reply = random_reply(grammar(Ok(any)), seed);
        assert!(serde_json::from_str::<Value>(&reply).is_ok_and(|value| value.is_object()), "{reply}");
    }
    let format = json!({"type": "json", "schema": {"enum": [1, 2]}, "name": "answer"});
    let reply = random_reply(grammar(read(json!({"responseFormat": format})).map(Option::unwrap)), 1);
    assert!(["1", "2"].contains(&reply.trim()), "{reply}");
}

#[test]
fn what_is_no_grammar_is_refused_by_name() {
    for (request, field) in [
        (json!({"grammar": null}), "grammar.type"),
        (json!({"grammar": "a+"}), "grammar.type"),
        (json!({"grammar": {"type": "gbnf"}}), "grammar.type"),
        (json!({"grammar": {"type": "regex"}}), "grammar.pattern"),
        (json!({"grammar": {"type": "regex", "pattern": 5}}), "grammar.pattern"),
        (json!({"grammar": {"type": "lark", "source": null}}), "grammar.source"),
        (json!({"grammar": {"type": "json-schema"}}), "grammar.schema"),
        (json!({"grammar": {"type": "json-schema", "schema": "string"}}), "grammar.schema"),
        (json!({"responseFormat": null}), "responseFormat.type"),
        (json!({"responseFormat": {"type": "xml"}}), "responseFormat.type"),
        (json!({"responseFormat": {"type": "json", "schema": null}}), "responseFormat.schema"),
        (json!({"responseFormat": {"type": "json"}, "grammar": {"type": "regex", "pattern": "a"}}), "responseFormat"),
    ] {
        let error = read(request.clone()).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some(field)), "{request}");
    }
}
