use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use serde_json::{Map, Value, json};

use super::super::GrammarSource;
use super::{grammar, random_reply};

fn below(random: &mut ChaCha8Rng, bound: u32) -> u32 {
    random.next_u32() % bound
}

fn any_schema(random: &mut ChaCha8Rng, depth: u32) -> Value {
    let kinds = if depth == 0 { 9 } else { 14 };
    match below(random, kinds) {
        0 => json!({"type": "null"}),
        1 => json!({"type": "boolean"}),
        2 => {
            let low = i64::from(below(random, 2000)) - 1000;
            json!({"type": "integer", "minimum": low, "maximum": low + i64::from(below(random, 300))})
        }
        3 => {
            let low = f64::from(below(random, 100)) / 4.0 - 10.0;
            json!({"type": "number", "minimum": low, "exclusiveMaximum": low + 0.5 + f64::from(below(random, 40))})
        }
        4 => {
            let low = below(random, 5);
            json!({"type": "string", "minLength": low, "maxLength": low + below(random, 20)})
        }
        5 => json!({"type": "string", "pattern": "^[a-c]{2,4}$"}),
        6 => json!({"enum": ["red", "gr\"een\n", "blü", 7, null, ["x"]]}),
        7 => json!({"const": {"a": [1, "<|im_end|>"]}}),
        8 => json!({"type": ["string", "null"], "maxLength": 3}),
        9 => {
            let low = below(random, 3);
            let items = any_schema(random, depth - 1);
            json!({"type": "array", "items": items, "minItems": low, "maxItems": low + below(random, 4)})
        }
        10 => {
            let prefix: Vec<Value> = (0..1 + below(random, 3)).map(|_| any_schema(random, depth - 1)).collect();
            json!({"type": "array", "prefixItems": prefix, "items": false, "minItems": prefix.len()})
        }
        11 => json!({"anyOf": [any_schema(random, depth - 1), any_schema(random, depth - 1)]}),
        12 => json!({"$ref": "#/$defs/list"}),
        _ => {
            let names = ["name", "größe", "a b", "", "type"];
            let count = below(random, names.len() as u32 + 1) as usize;
            let properties: Map<String, Value> =
                names[..count].iter().map(|name| (name.to_string(), any_schema(random, depth - 1))).collect();
            let required: Vec<&str> = names[..count].iter().copied().filter(|_| below(random, 2) == 0).collect();
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
        }
    }
}

fn with_definitions(mut schema: Value) -> Value {
    let list = json!({
        "type": "object",
        "properties": {"value": {"type": "integer", "minimum": 0, "maximum": 99}, "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/list"}]}},
        "required": ["value", "next"],
        "additionalProperties": false,
    });
    schema["$defs"] = json!({"list": list});
    schema
}

/// Whether `value` is what `schema` describes; for the keywords above.
fn is_valid(value: &Value, schema: &Value, root: &Value) -> bool {
    if let Value::Bool(anything) = schema {
        return *anything;
    }
    let number = |name: &str| schema[name].as_f64();
    schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
        "type" => match rule {
            Value::Array(types) => types.iter().any(|kind| is_of_type(value, kind)),
            kind => is_of_type(value, kind),
        },
        "minimum" => value.as_f64().is_none_or(|value| value >= number("minimum").unwrap()),
        "maximum" => value.as_f64().is_none_or(|value| value <= number("maximum").unwrap()),
        "exclusiveMaximum" => value.as_f64().is_none_or(|value| value < number("exclusiveMaximum").unwrap()),
        "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap()),
        "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap()),
        // The only one that is made.
        "pattern" => value
            .as_str()
            .is_none_or(|text| (2..=4).contains(&text.len()) && text.bytes().all(|byte| (b'a'..=b'c').contains(&byte))),
        "enum" => rule.as_array().unwrap().contains(value),
        "const" => rule == value,
        "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= rule.as_u64().unwrap()),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= rule.as_u64().unwrap()),
        "prefixItems" => value.as_array().is_none_or(|items| {
            items.iter().zip(rule.as_array().unwrap()).all(|(item, schema)| is_valid(item, schema, root))
        }),
        "items" => value.as_array().is_none_or(|items| {
            let prefix = schema["prefixItems"].as_array().map_or(0, Vec::len);
            items.iter().skip(prefix).all(|item| is_valid(item, rule, root))
        }),
        "anyOf" => rule.as_array().unwrap().iter().any(|schema| is_valid(value, schema, root)),
        "$ref" => is_valid(value, &root["$defs"]["list"], root),
        "properties" => value.as_object().is_none_or(|fields| {
            fields.iter().all(|(name, field)| rule.get(name).is_none_or(|schema| is_valid(field, schema, root)))
        }),
        "required" => value.as_object().is_none_or(|fields| {
            rule.as_array().unwrap().iter().all(|name| fields.contains_key(name.as_str().unwrap()))
        }),
        "additionalProperties" => value.as_object().is_none_or(|fields| {
            fields.keys().all(|name| schema["properties"].get(name).is_some() || *rule == Value::Bool(true))
        }),
        "$defs" => true,
        other => panic!("{other} is not made here"),
    })
}

fn is_of_type(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is not made here"),
    }
}

#[test]
fn whatever_the_model_says_is_valid_json_of_its_schema() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    for round in 0..240 {
        let schema = with_definitions(any_schema(&mut random, 3));
        let reply = random_reply(grammar(GrammarSource::json_schema(schema.clone())), round);
        let value: Value = serde_json::from_str(&reply).unwrap_or_else(|e| panic!("{e} in {reply:?} of {schema}"));
        assert!(is_valid(&value, &schema, &schema), "{reply} is not of {schema}");
    }
}

#[test]
fn properties_come_in_the_order_of_the_schema() {
    let schema = json!({"type": "object", "additionalProperties": false, "required": ["z", "a", "m"],
        "properties": {"z": {"const": 1}, "a": {"const": 2}, "m": {"const": 3}}});
    let reply = random_reply(grammar(GrammarSource::json_schema(schema)), 5);
    let compact: String = reply.split_whitespace().collect();
    assert_eq!(compact, r#"{"z":1,"a":2,"m":3}"#);
}

#[test]
fn white_space_is_what_indented_lines_need_and_no_more() {
    let source = || GrammarSource::json_schema(json!({"type": "object"}));
    let mut pretty = grammar(source());
    let text = serde_json::to_string_pretty(&json!({"a": [1, {"b": null}], "c": {}})).unwrap();
    super::commit(&mut pretty, &text);
    assert!(pretty.accepts_end());
    for white in [" ".to_string(), format!("\n{}", " ".repeat(64)), "\r\n\t".into()] {
        let mut grammar = grammar(source());
        super::commit(&mut grammar, &format!("{{{white}"));
        let more = super::allowed(&mut grammar).contains(&u32::from(b' '));
        assert_eq!(more, white == "\r\n\t", "{white:?}");
    }
}
