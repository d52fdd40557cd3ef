use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use candle_core::{Device, Tensor};
use mistralrs_core::{
    AdapterPaths, Constraint, DefaultSchedulerMethod, DeviceMapSetting, GGUFLoaderBuilder, GGUFSpecificConfig,
    LocalModelPaths, MistralRs, MistralRsBuilder, ModelDType, ModelPaths, NormalRequest, Request, RequestMessage,
    Response, SamplingParams, SchedulerConfig,
};
use serde_json::{Value, json};
use tramontane_session::{GenerationRequest, Prompt};

use crate::models::{greedy_tokens, load_model, real_model};

const TOKENS: usize = 48;

/// mistralrs alone: its own loader's tokenizer and template, its own greedy sampling, in F32.
fn mistralrs_alone(file: &Path) -> Arc<MistralRs> {
    let name = file.display().to_string();
    let loader =
        GGUFLoaderBuilder::new(None, None, name.clone(), vec![name], GGUFSpecificConfig::default(), false, None)
            .build();
    let nothing = PathBuf::new();
    let paths = LocalModelPaths {
        tokenizer_filename: nothing.clone(),
        config_filename: nothing,
        template_filename: None,
        filenames: vec![file.to_path_buf()],
        adapter_paths: AdapterPaths::None,
        gen_conf: None,
        preprocessor_config: None,
        processor_config: None,
        chat_template_json_filename: None,
    };
    let paths: Box<dyn ModelPaths> = Box::new(paths);
    let pipeline = loader
        .load_model_from_path(&paths, &ModelDType::F32, &Device::Cpu, true, DeviceMapSetting::dummy(), None, None)
        .unwrap();
    let method = DefaultSchedulerMethod::Fixed(1.try_into().unwrap());
    let builder = MistralRsBuilder::new(pipeline, SchedulerConfig::DefaultScheduler { method }, false, None);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(builder.build())
}

/// The tokens that mistralrs generates, seen by a logits processor that changes nothing.
fn tokens_of(engine: &MistralRs, prompt: &[u32]) -> Vec<u32> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watched = Arc::clone(&seen);
    let watch = move |logits: &Tensor, context: &[u32]| {
        *watched.lock().unwrap() = context.to_vec();
        Ok(logits.clone())
    };
    let (sender, mut receiver) = tokio::sync::mpsc::channel(64);
    let request = NormalRequest {
        messages: RequestMessage::CompletionTokens(prompt.to_vec()),
        // One more than is compared: the last one is sampled after the processor has seen the others.
        sampling_params: SamplingParams {
            max_len: Some(TOKENS + 1),
            temperature: Some(0.0),
            ..SamplingParams::deterministic()
        },
        response: sender,
        return_logprobs: false,
        is_streaming: false,
        id: 0,
        constraint: Constraint::None,
        suffix: None,
        tools: None,
        tool_choice: None,
        logits_processors: Some(vec![Arc::new(watch)]),
        return_raw_logits: false,
        web_search_options: None,
        model_id: None,
        truncate_sequence: false,
    };
    engine.get_sender(None).unwrap().blocking_send(Request::Normal(Box::new(request))).unwrap();
    while let Some(response) = receiver.blocking_recv() {
        assert!(matches!(response, Response::CompletionDone(_)), "mistralrs refused the request");
    }
    let context = seen.lock().unwrap();
    context[prompt.len()..].to_vec()
}

#[test]
fn a_greedy_reply_equals_mistralrs_alone_token_for_token() {
    let file = real_model();
    let ours = load_model(json!({ "model": file, "dtype": "f32" })).unwrap();
    let alone = mistralrs_alone(&file);
    let chat = |text: &str| Prompt::Messages(vec![json!({ "role": "user", "content": text })]);
    for prompt in [
        chat("Tell me about the sea."),
        chat("Write a long story about a dragon who lives on a mountain and a knight who wants to be his friend."),
        Prompt::Text("The three colours of a traffic light are".into()),
    ] {
        let prompt = ours.text.tokenize(&GenerationRequest::new(prompt)).unwrap();
        let expected = tokens_of(&alone, &prompt);
        assert!(expected.len() >= 16, "too few tokens to compare: {}", expected.len());
        assert_eq!(greedy_tokens(&ours, &prompt, expected.len()), expected);
    }
}

#[test]
fn a_prompt_of_digits_is_split_as_the_model_was_trained() {
    let model = load_model(json!({ "model": real_model() })).unwrap();
    let prompt = model.text.tokenize(&GenerationRequest::new(Prompt::Text("2026".into()))).unwrap();
    assert_eq!(prompt.len(), 4, "this model's digits are tokens of their own: {prompt:?}");
}

#[test]
fn the_next_sequence_is_not_affected_by_one_that_was_ended_early() {
    let model = load_model(json!({ "model": real_model() })).unwrap();
    let prompt = model.text.tokenize(&GenerationRequest::new(Prompt::Text("Once upon a time".into()))).unwrap();
    let whole = greedy_tokens(&model, &prompt, 24);
    for early in [1, 2, 7] {
        assert_eq!(greedy_tokens(&model, &prompt, early), whole[..early]);
    }
    assert_eq!(greedy_tokens(&model, &prompt, 24), whole);
}

#[test]
fn info_tells_what_was_loaded() {
    let model = load_model(json!({ "model": real_model() })).unwrap();
    let info: Value = serde_json::to_value(&model.info).unwrap();
    assert_eq!(info["architecture"], "llama");
    assert_eq!(info["quantization"], "Q4_1");
    assert_eq!(info["parameterCount"], 134_515_008);
    assert_eq!(info["contextLength"], 8192);
    assert_eq!(info["device"], "cpu");
    assert_eq!(info["dtype"], "f32");
}
