use super::*;
use serde_json::json;

fn python(value: serde_json::Value) -> String {
    python_str(&Value::from_serialize(value)).unwrap()
}

fn json(value: serde_json::Value, arguments: &[Value]) -> String {
    tojson(&Value::from_serialize(value), Rest(arguments.to_vec())).unwrap().to_string()
}

fn named(arguments: &[(&str, Value)]) -> Vec<Value> {
    vec![Kwargs::from_iter(arguments.iter().cloned()).into()]
}

#[test]
fn values_are_printed_as_python_prints_them() {
    assert_eq!(python(json!("it's")), "it's");
    assert_eq!(
        python(json!([true, false, null, 1, -2.0, "it's", "say \"it's\"", "a\n\u{1}é"])),
        r#"[True, False, None, 1, -2.0, "it's", 'say "it\'s"', 'a\n\x01é']"#
    );
    assert_eq!(python(json!({"b": {"a": []}, "a": {}})), "{'b': {'a': []}, 'a': {}}");
    assert_eq!(python_str(&Value::UNDEFINED).unwrap(), "");
}

#[test]
fn floats_are_printed_as_python_prints_them() {
    for (number, expected) in [
        (0.1, "0.1"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.5e300, "1.5e+300"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (123456.789, "123456.789"),
        (f64::NAN, "nan"),
        (f64::NEG_INFINITY, "-inf"),
    ] {
        assert_eq!(float_repr(number), expected);
    }
}

#[test]
fn json_is_that_of_json_dumps() {
    let value = json!({"b": [1, 2.5, "é\"\\\n\u{7}"], "a": {"x": null, "y": []}, "c": "<&'>"});
    assert_eq!(json(value.clone(), &[]), r#"{"b": [1, 2.5, "é\"\\\n\u0007"], "a": {"x": null, "y": []}, "c": "<&'>"}"#);
    assert_eq!(
        json(value, &named(&[("indent", Value::from(2)), ("sort_keys", Value::from(true))])),
        "{\n  \"a\": {\n    \"x\": null,\n    \"y\": []\n  },\n  \"b\": [\n    1,\n    2.5,\n    \"é\\\"\\\\\\n\\u0007\"\n  ],\n  \"c\": \"<&'>\"\n}"
    );
    assert_eq!(
        json(json!(["é👋\u{7f}"]), &named(&[("ensure_ascii", Value::from(true))])),
        r#"["\u00e9\ud83d\udc4b\u007f"]"#
    );
    assert_eq!(json(json!({"a": [1, 2]}), &named(&[("separators", Value::from(vec![",", ":"]))])), r#"{"a":[1,2]}"#);
    assert_eq!(json(json!([1]), &[Value::from(false), Value::from("\t")]), "[\n\t1\n]");
}

#[test]
fn json_refuses_what_json_dumps_refuses() {
    assert!(tojson(&Value::UNDEFINED, Rest(vec![])).is_err());
    assert!(tojson(&Value::from(1), Rest(named(&[("cls", Value::from(1))]))).is_err());
}

#[test]
fn what_is_nested_too_deeply_is_an_error() {
    let deep = (0..300).fold(Value::from(1), |value, _| Value::from(vec![value]));
    assert!(python_str(&deep).is_err());
    assert!(tojson(&deep, Rest(vec![])).is_err());
}
