//! What is said of a cache, and what is taken out of it.

mod hub_server;
mod scratch_folder;

use std::path::PathBuf;

use hub_server::{COMMIT, HubServer};
use scratch_folder::ScratchFolder;
use tramontane_error::ErrorCode;
use tramontane_model_files::{ModelReference, cached_models, describe, download, remove_cached_model};

const CONFIG: &str = r#"{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":8}"#;

fn weights() -> Vec<u8> {
    let header = br#"{"w":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}"#;
    [&(header.len() as u64).to_le_bytes()[..], header, &[7; 8]].concat()
}

/// A hub with a model, and an empty cache.
struct Scene {
    hub: HubServer,
    cache: ScratchFolder,
}

impl Scene {
    fn new() -> Self {
        let hub = HubServer::start();
        hub.add("config.json", CONFIG, false);
        hub.add("tokenizer.json", r#"{"model":{"type":"BPE"}}"#, false);
        hub.add("model.safetensors", weights(), true);
        Self { hub, cache: ScratchFolder::new() }
    }

    fn reference(&self) -> ModelReference {
        ModelReference {
            model: "org/name".into(),
            cache_dir: self.cache_dir(),
            offline: Some(false),
            token: Some(String::new()),
            endpoint: Some(self.hub.endpoint.clone()),
            ..Default::default()
        }
    }

    fn cache_dir(&self) -> Option<PathBuf> {
        Some(self.cache.path().to_owned())
    }
}

#[test]
fn a_download_says_what_it_brought() {
    let scene = Scene::new();
    let mut reports = 0;
    let found = download(&scene.reference(), &mut |_| reports += 1, &|| false).unwrap();
    assert_eq!((found.format, found.files.len(), found.bytes), ("safetensors", 3, found.downloaded_bytes));
    assert!(reports > 0 && found.path.ends_with(COMMIT));
    let again = download(&scene.reference(), &mut |_| {}, &|| false).unwrap();
    assert_eq!((again.downloaded_bytes, again.bytes), (0, found.bytes));
    assert_eq!(download(&scene.reference(), &mut |_| {}, &|| true).unwrap_err().code, ErrorCode::Aborted);
}

#[test]
fn an_architecture_that_cannot_be_run_is_refused_before_its_weights_come() {
    let scene = Scene::new();
    scene.hub.add("config.json", r#"{"architectures":["XLMRobertaModel"]}"#, false);
    let error = download(&scene.reference(), &mut |_| {}, &|| false).unwrap_err();
    assert_eq!(error.code, ErrorCode::UnsupportedModel);
    assert!(error.message.contains("Qwen3-Embedding"), "{error}");
    assert!(!scene.hub.requests().iter().any(|request| format!("{request:?}").contains("model.safetensors")));
}

#[test]
fn the_modules_of_an_embedding_model_come_with_it() {
    let scene = Scene::new();
    let modules = r#"[{"path":"","type":"x.Transformer"},{"path":"1_Pooling","type":"x.Pooling"},
        {"path":"2_Normalize","type":"x.Normalize"}]"#;
    scene.hub.add("config.json", r#"{"architectures":["Qwen3ForCausalLM"]}"#, false);
    scene.hub.add("modules.json", modules, false);
    let pooling = r#"{"word_embedding_dimension":8,"pooling_mode_lasttoken":true}"#;
    scene.hub.add("1_Pooling/config.json", pooling, false);
    scene.hub.add("1_Pooling/other.json", "not needed", false);
    download(&scene.reference(), &mut |_| {}, &|| false).unwrap();
    let models = cached_models(scene.cache_dir()).unwrap();
    let names: Vec<_> = models[0].revisions[0].files.iter().map(|file| file.name.as_str()).collect();
    let expected = ["1_Pooling/config.json", "config.json", "model.safetensors", "modules.json", "tokenizer.json"];
    assert_eq!(names, expected);
    std::fs::remove_file(models[0].revisions[0].files[0].path.clone()).unwrap();
    let offline = ModelReference { offline: Some(true), ..scene.reference() };
    let error = download(&offline, &mut |_| {}, &|| false).unwrap_err();
    assert!(error.message.contains("1_Pooling/config.json"), "{error}");
}

#[test]
fn a_cache_is_listed_and_emptied() {
    let scene = Scene::new();
    assert_eq!(cached_models(scene.cache_dir()), Ok(vec![]));
    let found = download(&scene.reference(), &mut |_| {}, &|| false).unwrap();
    let models = cached_models(scene.cache_dir()).unwrap();
    let [model] = &models[..] else { panic!("{models:?}") };
    assert_eq!((model.model.as_str(), model.bytes, model.partial_bytes), ("org/name", found.bytes, 0));
    assert_eq!(model.revisions[0].names, ["main"]);
    assert_eq!((model.revisions[0].bytes, model.revisions[0].files.len()), (found.bytes, 3));
    assert!(model.last_used_ms > 1_600_000_000_000);

    let removed = remove_cached_model("org/name", None, scene.cache_dir()).unwrap();
    assert_eq!(removed.commits, [COMMIT]);
    assert!(removed.freed_bytes >= found.bytes);
    assert_eq!(cached_models(scene.cache_dir()), Ok(vec![]));
    let left = std::fs::read_dir(scene.cache.path()).unwrap().flatten().map(|entry| entry.file_name());
    assert_eq!(left.collect::<Vec<_>>(), [".locks"]);
    let error = remove_cached_model("org/name", None, scene.cache_dir()).unwrap_err();
    assert_eq!(error.code, ErrorCode::ModelNotFound);
}

#[test]
fn what_somebody_is_downloading_stays() {
    let scene = Scene::new();
    download(&scene.reference(), &mut |_| {}, &|| false).unwrap();
    let lock = scene.cache.path().join(".locks/models--org--name/something.lock");
    let held = std::fs::File::create(&lock).unwrap();
    held.lock().unwrap();
    for revision in [None, Some("main")] {
        let error = remove_cached_model("org/name", revision, scene.cache_dir()).unwrap_err();
        assert_eq!(error.code, ErrorCode::ModelBusy);
    }
    drop(held);
    assert!(remove_cached_model("org/name", Some("main"), scene.cache_dir()).unwrap().freed_bytes > 0);
}

#[test]
fn names_that_could_lead_out_of_the_cache_are_refused() {
    let scene = Scene::new();
    std::fs::create_dir_all(scene.cache.path().join("models--a--b/snapshots")).unwrap();
    for name in ["", "..", "a/..", "../a/b", "a/b/c", "a\\b", "/a/b", "a--b/c", "a/b\0", ".hidden/x"] {
        let error = remove_cached_model(name, None, scene.cache_dir()).unwrap_err();
        assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("model")), "{name:?}");
    }
    for revision in ["..", "../..", "main", ""] {
        let error = remove_cached_model("a/b", Some(revision), scene.cache_dir()).unwrap_err();
        assert_eq!(error.code, ErrorCode::ModelNotFound, "{revision:?}");
    }
    assert!(scene.cache.path().join("models--a--b/snapshots").is_dir());
}

#[test]
fn a_model_in_the_cache_is_described_without_the_hub() {
    let scene = Scene::new();
    let missing = describe(&scene.reference(), None).unwrap_err();
    assert_eq!(missing.code, ErrorCode::ModelNotFound);
    assert!(missing.message.contains("download it first"), "{missing}");
    download(&scene.reference(), &mut |_| {}, &|| false).unwrap();
    scene.hub.requests();
    let found = describe(&scene.reference(), None).unwrap();
    assert_eq!((found.model.as_str(), found.format, found.parameter_count), ("org/name", "safetensors", 4));
    assert_eq!((found.embedding_width, found.tokenizer.as_deref()), (Some(8), Some("bpe")));
    assert_eq!((found.problem, found.memory), (None, None));
    assert!(scene.hub.requests().is_empty());
}
