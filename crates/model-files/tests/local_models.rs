//! Finding models on disk.

mod gguf_writer;
mod scratch_folder;

use gguf_writer::GgufWriter;
use scratch_folder::ScratchFolder;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{ModelFiles, ModelFolder, ModelReference, resolve};

const CONFIG: &str = r#"{"architectures":["LlamaForCausalLM"],"model_type":"llama","max_position_embeddings":2048,
    "vocab_size":100}"#;

fn gguf() -> Vec<u8> {
    GgufWriter::llama(&["a", "b"]).bytes()
}

fn weights(elements: usize) -> Vec<u8> {
    let end = elements * 2;
    let header = format!(r#"{{"w":{{"dtype":"BF16","shape":[{elements}],"data_offsets":[0,{end}]}}}}"#);
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; end]].concat()
}

fn find(model: &str, file: Option<&str>) -> Result<ModelFiles, Error> {
    let reference = ModelReference { model: model.to_owned(), file: file.map(str::to_owned), ..Default::default() };
    resolve(&reference, &mut |_| {}, &|| false)
}

fn in_folder(folder: &ScratchFolder, file: Option<&str>) -> Result<ModelFiles, Error> {
    find(folder.path().to_str().unwrap(), file)
}

fn as_folder(found: Result<ModelFiles, Error>) -> ModelFolder {
    match found.unwrap() {
        ModelFiles::Safetensors(folder) => folder,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gguf_file_is_found_whatever_its_name() {
    let folder = ScratchFolder::new();
    for name in ["model.gguf", "sha256-abcdef"] {
        let path = folder.write(name, gguf());
        let Ok(ModelFiles::Gguf { file, header }) = find(path.to_str().unwrap(), None) else { panic!("{name}") };
        assert_eq!((file, header.architecture.as_str()), (path, "llama"));
    }
    let path = folder.write("x.bin", b"nothing of the kind");
    let error = find(path.to_str().unwrap(), None).unwrap_err();
    assert_eq!((error.code, error.file.as_deref()), (ErrorCode::InvalidModel, path.to_str()));
    let error = find(folder.path().join("model.gguf").to_str().unwrap(), Some("x")).unwrap_err();
    assert_eq!(error.field.as_deref(), Some("file"));
}

#[test]
fn a_folder_with_one_gguf_file_means_that_file() {
    let folder = ScratchFolder::new();
    folder.write("README.md", "");
    folder.write("mmproj-model.gguf", "an image projector is not a model");
    let path = folder.write("a.gguf", gguf());
    let Ok(ModelFiles::Gguf { file, .. }) = in_folder(&folder, None) else { panic!() };
    assert_eq!(file, path);
}

#[test]
fn among_several_gguf_files_the_caller_chooses() {
    let folder = ScratchFolder::new();
    for name in ["m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m.Q8_0.gguf", "sub/m-F16.gguf"] {
        folder.write(name, gguf());
    }
    let error = in_folder(&folder, None).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("file")));
    assert!(error.message.contains("m-Q4_K_M.gguf, m-Q4_K_S.gguf, m.Q8_0.gguf"), "{error}");
    let cases = [
        ("m-Q4_K_S.gguf", "m-Q4_K_S.gguf"),
        ("q4_k_m", "m-Q4_K_M.gguf"),
        ("Q8_0", "m.Q8_0.gguf"),
        ("sub/m-F16.gguf", "sub/m-F16.gguf"),
    ];
    for (asked, expected) in cases {
        let Ok(ModelFiles::Gguf { file, .. }) = in_folder(&folder, Some(asked)) else { panic!("{asked}") };
        assert_eq!(file, folder.path().join(expected));
    }
    for asked in ["Q4_K", "Q6_K", "../x.gguf", "m", "Q4"] {
        assert_eq!(in_folder(&folder, Some(asked)).unwrap_err().field.as_deref(), Some("file"), "{asked}");
    }
}

#[test]
fn a_split_gguf_is_refused_with_the_way_out() {
    let folder = ScratchFolder::new();
    folder.write("m-00001-of-00002.gguf", gguf());
    folder.write("m-00002-of-00002.gguf", gguf());
    for file in [None, Some("m-00001-of-00002.gguf"), Some("m")] {
        let error = in_folder(&folder, file).unwrap_err();
        assert_eq!(error.code, ErrorCode::UnsupportedModel, "{error}");
        assert!(error.message.contains("--merge"), "{error}");
    }
}

#[test]
fn a_safetensors_folder_is_found_with_all_its_files() {
    let folder = ScratchFolder::new();
    folder.write("config.json", CONFIG);
    folder.write("tokenizer.json", "{}");
    folder.write("chat_template.json", "{}");
    let template = folder.write("chat_template.jinja", "");
    let model = folder.write("model.safetensors", weights(5));
    folder.write("consolidated.safetensors", weights(5));
    let found = as_folder(in_folder(&folder, None));
    assert_eq!(found.weights, std::slice::from_ref(&model));
    assert_eq!(found.chat_template, Some(template));
    assert_eq!((found.architecture.as_str(), found.model_type.as_str()), ("LlamaForCausalLM", "llama"));
    assert_eq!((found.context_length, found.vocabulary_size), (Some(2048), Some(100)));
    assert_eq!((found.parameter_count, found.dtype.as_deref(), found.data_bytes), (5, Some("BF16"), 10));
    assert_eq!((found.generation_config, found.multimodal), (None, false));
    assert_eq!(as_folder(find(model.to_str().unwrap(), None)).root, folder.path());
}

#[test]
fn the_index_says_which_weights_there_are() {
    let folder = ScratchFolder::new();
    folder.write("config.json", CONFIG);
    folder.write("tokenizer.json", "{}");
    folder.write("a.safetensors", weights(1));
    folder.write("b.safetensors", weights(2));
    folder.write("other.safetensors", weights(9));
    let index = |text: &str| folder.write("model.safetensors.index.json", text);
    index(r#"{"weight_map":{"x":"b.safetensors","y":"a.safetensors","z":"b.safetensors"}}"#);
    assert_eq!(as_folder(in_folder(&folder, None)).parameter_count, 3);

    index(r#"{"weight_map":{"x":"a.safetensors","y":"c.safetensors"}}"#);
    let error = in_folder(&folder, None).unwrap_err();
    assert_eq!(error.code, ErrorCode::ModelNotFound);
    assert!(error.file.unwrap().ends_with("c.safetensors"));
    for text in ["", "{}", r#"{"weight_map":{"x":"../a.safetensors"}}"#, r#"{"weight_map":{"x":1}}"#] {
        let path = index(text);
        let error = in_folder(&folder, None).unwrap_err();
        assert_eq!((error.code, error.file.as_deref()), (ErrorCode::InvalidModel, path.to_str()), "{text}");
    }
}

#[test]
fn a_config_that_cannot_be_used_is_named() {
    let folder = ScratchFolder::new();
    folder.write("tokenizer.json", "{}");
    folder.write("model.safetensors", weights(1));
    let cases = [
        ("{", ErrorCode::InvalidModel, "not JSON"),
        ("{}", ErrorCode::InvalidModel, "architectures"),
        (r#"{"architectures":[]}"#, ErrorCode::InvalidModel, "architectures"),
        (r#"{"architectures":["A","B"]}"#, ErrorCode::UnsupportedModel, "several"),
        (r#"{"architectures":["BertModel"]}"#, ErrorCode::UnsupportedModel, "BertModel"),
    ];
    for (text, code, part) in cases {
        let path = folder.write("config.json", text);
        let error = in_folder(&folder, None).unwrap_err();
        assert_eq!((error.code, error.file.as_deref()), (code, path.to_str()), "{error}");
        assert!(error.message.contains(part), "{error}");
    }
}

#[test]
fn what_a_folder_lacks_is_named() {
    let folder = ScratchFolder::new();
    let refused = |code: ErrorCode, part: &str| {
        let error = in_folder(&folder, None).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(error.file.is_some() && error.message.contains(part), "{part:?} is not in: {error}");
    };
    refused(ErrorCode::ModelNotFound, "neither a .gguf file, nor config.json with .safetensors");
    folder.write("pytorch_model.bin", "");
    refused(ErrorCode::UnsupportedModel, "another format");
    folder.write("model.safetensors", weights(1));
    refused(ErrorCode::ModelNotFound, "no config.json");
    folder.write("config.json", CONFIG);
    refused(ErrorCode::ModelNotFound, "no tokenizer.json");
    folder.write("tokenizer.model", "");
    refused(ErrorCode::UnsupportedModel, "tokenizer.json");
    folder.write("tokenizer.json", "{}");
    folder.write("model.safetensors", &weights(4)[..20]);
    refused(ErrorCode::InvalidModel, "cut short");
}

#[test]
fn uqff_files_are_found_with_all_their_parts() {
    let folder = ScratchFolder::new();
    folder.write("config.json", CONFIG);
    folder.write("tokenizer.json", "{}");
    let residual = folder.write("residual.safetensors", weights(3));
    let parts = [folder.write("q4k-0.uqff", "x"), folder.write("q4k-1.uqff", "x")];
    let Ok(ModelFiles::Uqff { uqff, .. }) = in_folder(&folder, None) else { panic!("the only one needs no name") };
    assert_eq!(uqff, parts);
    folder.write("q8_0-0.uqff", "x");
    for asked in ["q4k", "Q4K", "q4k-0.uqff"] {
        let Ok(ModelFiles::Uqff { folder: found, uqff }) = in_folder(&folder, Some(asked)) else { panic!("{asked}") };
        assert_eq!(uqff, parts);
        assert_eq!(found.weights, std::slice::from_ref(&residual));
    }
    let Ok(ModelFiles::Uqff { .. }) = find(parts[0].to_str().unwrap(), None) else { panic!() };
}

#[test]
fn a_call_that_is_cancelled_before_it_begins_does_nothing() {
    let reference = ModelReference { model: "org/name".into(), ..Default::default() };
    let error = resolve(&reference, &mut |_| {}, &|| true).unwrap_err();
    assert_eq!(error.code, ErrorCode::Aborted);
}
