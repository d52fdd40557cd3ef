use serde_json::{Value, json};

use super::super::{Dry, Sampling};
use super::sampling;

fn read(request: Value) -> Sampling {
    Sampling::from_request(request.as_object().unwrap()).unwrap_or_else(|error| panic!("{request}: {error}"))
}

#[test]
fn what_is_not_given_is_off() {
    assert_eq!(read(json!({})), Sampling::default());
    assert_eq!(Sampling::default(), sampling(0.7, 0, 1.0));
    let breakers = ["\n", ":", "\"", "*"].map(String::from).to_vec();
    let expected =
        Dry { multiplier: 0.8, base: 1.75, allowed_length: 2, sequence_breakers: breakers, range_tokens: None };
    assert_eq!(read(json!({"dry": {"multiplier": 0.8}})).dry, Some(expected));
}

#[test]
fn settings_are_read_in_camel_case() {
    let given = read(json!({
        "temperature": 0, "topK": 40, "topP": 0.9, "minP": 0.05, "repetitionPenalty": 1.1, "frequencyPenalty": -2,
        "presencePenalty": 2, "logitBias": {"7": -100, "0": 1.5}, "bannedTokens": [3], "forcedTokens": [5, 5],
        "logprobs": 20, "seed": 18446744073709551615u64, "prompt": 1,
        "dry": {"multiplier": 1, "base": 2, "allowedLength": 3, "sequenceBreakers": ["--"], "rangeTokens": 512},
    }));
    let expected = Sampling {
        temperature: 0.0,
        top_k: 40,
        top_p: 0.9,
        min_p: 0.05,
        repetition_penalty: 1.1,
        frequency_penalty: -2.0,
        presence_penalty: 2.0,
        dry: Some(Dry {
            multiplier: 1.0,
            base: 2.0,
            allowed_length: 3,
            sequence_breakers: vec!["--".into()],
            range_tokens: Some(512),
        }),
        logit_bias: [(0, 1.5), (7, -100.0)].into(),
        banned_tokens: vec![3],
        forced_tokens: vec![5, 5],
        logprobs: Some(20),
        seed: Some(u64::MAX),
    };
    assert_eq!(given, expected);
    assert_eq!(given.validate(), Ok(()));
}

#[test]
fn a_refused_setting_is_named() {
    let many = vec![1; 10_001];
    let cases = [
        (json!({"temperature": null}), "temperature"),
        (json!({"temperature": "hot"}), "temperature"),
        (json!({"temperature": 1e39}), "temperature"),
        (json!({"temperature": -0.1}), "temperature"),
        (json!({"temperature": 100.5}), "temperature"),
        (json!({"topK": -1}), "topK"),
        (json!({"topK": 1.5}), "topK"),
        (json!({"topP": 2}), "topP"),
        (json!({"topP": 0}), "topP"),
        (json!({"minP": 1.1}), "minP"),
        (json!({"minP": -0.1}), "minP"),
        (json!({"minP": null}), "minP"),
        (json!({"repetitionPenalty": 0}), "repetitionPenalty"),
        (json!({"repetitionPenalty": 101}), "repetitionPenalty"),
        (json!({"frequencyPenalty": 2.1}), "frequencyPenalty"),
        (json!({"frequencyPenalty": 1e39}), "frequencyPenalty"),
        (json!({"presencePenalty": -2.1}), "presencePenalty"),
        (json!({"dry": 0.8}), "dry"),
        (json!({"dry": null}), "dry"),
        (json!({"dry": {}}), "dry.multiplier"),
        (json!({"dry": {"multiplier": -1}}), "dry.multiplier"),
        (json!({"dry": {"multiplier": null}}), "dry.multiplier"),
        (json!({"dry": {"multiplier": 1, "base": 0.9}}), "dry.base"),
        (json!({"dry": {"multiplier": 1, "allowedLength": 0}}), "dry.allowedLength"),
        (json!({"dry": {"multiplier": 1, "allowedLength": 1.5}}), "dry.allowedLength"),
        (json!({"dry": {"multiplier": 1, "rangeTokens": 0}}), "dry.rangeTokens"),
        (json!({"dry": {"multiplier": 1, "sequenceBreakers": "x"}}), "dry.sequenceBreakers"),
        (json!({"dry": {"multiplier": 1, "sequenceBreakers": vec!["x"; 65]}}), "dry.sequenceBreakers"),
        (json!({"dry": {"multiplier": 1, "sequenceBreakers": ["x", ""]}}), "dry.sequenceBreakers[1]"),
        (json!({"dry": {"multiplier": 1, "sequenceBreakers": ["x".repeat(257)]}}), "dry.sequenceBreakers[0]"),
        (json!({"logitBias": [1]}), "logitBias"),
        (json!({"logitBias": {"x": 1}}), "logitBias.x"),
        (json!({"logitBias": {"07": 1}}), "logitBias.07"),
        (json!({"logitBias": {"-1": 1}}), "logitBias.-1"),
        (json!({"logitBias": {"4294967296": 1}}), "logitBias.4294967296"),
        (json!({"logitBias": {"7": 100.5}}), "logitBias.7"),
        (json!({"logitBias": {"7": null}}), "logitBias.7"),
        (json!({"bannedTokens": 5}), "bannedTokens"),
        (json!({"bannedTokens": many}), "bannedTokens"),
        (json!({"bannedTokens": [1, -1]}), "bannedTokens[1]"),
        (json!({"forcedTokens": [0.5]}), "forcedTokens[0]"),
        (json!({"forcedTokens": many}), "forcedTokens"),
        (json!({"logprobs": 21}), "logprobs"),
        (json!({"logprobs": true}), "logprobs"),
        (json!({"seed": -1}), "seed"),
        (json!({"seed": 0.5}), "seed"),
    ];
    for (request, expected) in cases {
        let error = Sampling::from_request(request.as_object().unwrap()).unwrap_err();
        assert_eq!(error.field.as_deref(), Some(expected), "{request}");
        assert!(error.message.starts_with(expected), "{}", error.message);
    }
    for settings in [sampling(f32::NAN, 0, 1.0), sampling(f32::INFINITY, 0, 1.0)] {
        assert_eq!(settings.validate().unwrap_err().field.as_deref(), Some("temperature"));
    }
    assert!(sampling(1.0, 0, f32::NAN).validate().is_err());
    assert!(Sampling { repetition_penalty: f32::NAN, ..Sampling::default() }.validate().is_err());
}

#[test]
fn tokens_that_the_model_does_not_have_are_refused_by_their_place() {
    for (request, expected) in [
        (json!({"logitBias": {"10": 1}}), "logitBias.10"),
        (json!({"bannedTokens": [9, 10]}), "bannedTokens[1]"),
        (json!({"forcedTokens": [11]}), "forcedTokens[0]"),
        (json!({"bannedTokens": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}), "bannedTokens"),
    ] {
        assert_eq!(read(request).validate_for(10).unwrap_err().field.as_deref(), Some(expected));
    }
    let request = json!({"logitBias": {"9": 1}, "forcedTokens": [9], "bannedTokens": [0, 0, 0, 0, 0, 0, 0, 0, 0, 9]});
    assert_eq!(read(request).validate_for(10), Ok(()));
}
