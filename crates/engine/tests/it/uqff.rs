use std::path::{Path, PathBuf};

use candle_core::Device;
use mistralrs_core::{
    AdapterPaths, DeviceMapSetting, IsqType, LocalModelPaths, ModelDType, ModelPaths, NormalLoaderBuilder,
    NormalSpecificConfig,
};
use serde_json::json;
use tramontane_error::ErrorCode;

use crate::models::{greedy_tokens, load_model, write_tiny_llama};

const PROMPT: [u32; 6] = [72, 101, 108, 108, 111, 33];

/// Has mistralrs quantise `source` and write it down as UQFF, as its own tools do.
fn write_uqff(source: &Path, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    let file = |name: &str| source.join(name);
    let paths = LocalModelPaths {
        tokenizer_filename: file("tokenizer.json"),
        config_filename: file("config.json"),
        template_filename: Some(file("tokenizer_config.json")),
        filenames: vec![file("model.safetensors")],
        adapter_paths: AdapterPaths::None,
        gen_conf: None,
        preprocessor_config: None,
        processor_config: None,
        chat_template_json_filename: None,
    };
    let paths: Box<dyn ModelPaths> = Box::new(paths);
    let config = NormalSpecificConfig { write_uqff: Some(folder.join("q8_0.uqff")), ..NormalSpecificConfig::default() };
    let loader = NormalLoaderBuilder::new(config, None, None, Some(source.display().to_string()), false, None)
        .build(None)
        .unwrap();
    loader
        .load_model_from_path(
            &paths,
            &ModelDType::F32,
            &Device::Cpu,
            true,
            DeviceMapSetting::dummy(),
            Some(IsqType::Q8_0),
            None,
        )
        .unwrap();
}

fn folders() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let source = write_tiny_llama(&temporary.path().join("source"));
    let uqff = temporary.path().join("uqff");
    (temporary, source, uqff)
}

#[test]
fn a_uqff_folder_gives_the_tokens_of_the_model_quantised_while_loading() {
    let (_temporary, source, uqff) = folders();
    std::thread::scope(|scope| scope.spawn(|| write_uqff(&source, &uqff)).join()).unwrap();
    let quantised = load_model(json!({ "model": source, "isq": "Q8_0" })).unwrap();
    let expected = greedy_tokens(&quantised, &PROMPT, 32);
    drop(quantised);
    let loaded = load_model(json!({ "model": uqff })).unwrap();
    assert_eq!(loaded.info.format, "uqff");
    assert_eq!(greedy_tokens(&loaded, &PROMPT, 32), expected);

    let refused = load_model(json!({ "model": uqff, "isq": 4 })).err().unwrap();
    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidArgument, Some("isq")));
}

#[test]
fn a_folder_says_what_it_holds() {
    let (_temporary, source, _) = folders();
    let model = load_model(json!({ "model": source, "contextLength": 100 })).unwrap();
    assert_eq!((model.info.format.as_str(), model.info.quantization.as_str()), ("safetensors", "F32"));
    assert_eq!((model.info.context_length, model.info.trained_context_length), (100, 512));
    let refused = load_model(json!({ "model": source, "contextLength": 1000 })).err().unwrap();
    assert_eq!((refused.code, refused.field.as_deref()), (ErrorCode::InvalidArgument, Some("contextLength")));
}
