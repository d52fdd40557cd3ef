//! Hugging Face folders: safetensors, quantised while loading if asked, and UQFF, quantised before.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use mistralrs_core::{DeviceMapSetting, NormalLoaderBuilder, NormalSpecificConfig, TokenSource};
use serde_json::Value;
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::ModelFolder;

use crate::chat_template_source::{folder_source, read_json};
use crate::companion_files::model_paths;
use crate::device::dtype_name;
use crate::end_tokens::end_tokens;
use crate::engine_thread::SharedPipeline;
use crate::load::{AttentionSizes, LoadPlan, LoadedFiles, engine_failed, token_text, tokenizer_from_file};
use crate::load_progress::LoadProgress;
use crate::load_watch::watch;

pub(crate) fn load_safetensors(
    plan: &LoadPlan,
    folder: &ModelFolder,
    progress: &mut (dyn FnMut(LoadProgress) + Send),
) -> Result<LoadedFiles, Error> {
    if folder.multimodal {
        return Err(Error::new(
            ErrorCode::UnsupportedModel,
            format!(
                "{} takes images or sound, which tramontane does not run yet; use a text model",
                folder.architecture
            ),
        )
        .with_file(&folder.config));
    }
    if folder.embedding.is_some() {
        let message = format!(
            "{} is an embedding model, which generates no text; load it with loadEmbeddingModel",
            folder.root.display()
        );
        return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(&folder.root));
    }
    let about = FolderText::read(plan, folder)?;
    let template = plan.companions.template(&about.end_text)?;
    let paths = model_paths(folder.weights.clone(), folder.config.clone(), about.tokenizer_path.clone(), template);
    let loader = NormalLoaderBuilder::new(
        NormalSpecificConfig::default(),
        None,
        None,
        Some(folder.root.display().to_string()),
        false,
        None,
    )
    .build(None)
    .map_err(engine_failed)?;
    let pipeline = watch(&folder.weights, progress, || plan.load(&*loader, &paths))?;
    let quantization = match (plan.isq, &folder.quantization) {
        (Some(isq), _) => format!("{isq:?}"),
        (None, Some(stored)) => stored.clone(),
        // Whatever the file has, weights that are not quantised are held in the type they are computed in.
        (None, None) => dtype_name(pipeline.blocking_lock().get_metadata().activation_dtype).to_uppercase(),
    };
    Ok(about.loaded(folder, pipeline, "safetensors", quantization))
}

pub(crate) fn load_uqff(
    plan: &LoadPlan,
    folder: &ModelFolder,
    uqff: &[PathBuf],
    progress: &mut (dyn FnMut(LoadProgress) + Send),
) -> Result<LoadedFiles, Error> {
    if plan.isq.is_some() {
        return Err(Error::invalid_argument(
            "isq",
            "isq cannot be applied to UQFF files, whose weights are quantised already; load the model's safetensors instead",
        )
        .with_file(&folder.root));
    }
    let about = FolderText::read(plan, folder)?;
    let names = uqff.iter().map(|path| path.strip_prefix(&folder.root).unwrap_or(path).to_path_buf()).collect();
    let template = plan.companions.template(&about.end_text)?;
    let loader = NormalLoaderBuilder::new(
        NormalSpecificConfig { from_uqff: Some(names), ..NormalSpecificConfig::default() },
        Some(template.display().to_string()),
        Some(about.tokenizer_path.display().to_string()),
        Some(folder.root.display().to_string()),
        false,
        None,
    )
    .build(None)
    .map_err(engine_failed)?;
    // mistralrs takes UQFF only by a name, which may be a folder's; nothing is fetched for one.
    let load = || {
        loader.load_model_from_hf(
            None,
            TokenSource::None,
            &plan.dtype,
            &plan.device,
            true,
            DeviceMapSetting::dummy(),
            None,
            None,
        )
    };
    let pipeline = watch(uqff, progress, load).map_err(engine_failed)?;
    let quantization =
        uqff.first().and_then(|path| path.file_stem()).map_or("uqff".into(), |stem| stem.to_string_lossy().into());
    Ok(about.loaded(folder, pipeline, "uqff", quantization))
}

/// Refuses a config.json whose sizes mistralrs would allocate, loop or divide by before it looks at a weight.
pub(crate) fn check_sizes(config: &Value, path: &Path) -> Result<(), Error> {
    /// Position tables have this many rows: the bound that GGUF files are held to.
    const MAX_CONTEXT: u64 = 1 << 22;
    const MAX_LAYERS: u64 = 10_000;
    const MAX_HEADS: u64 = 10_000;
    const LIMITS: [(&str, u64); 4] = [
        ("max_position_embeddings", MAX_CONTEXT),
        ("num_hidden_layers", MAX_LAYERS),
        ("num_attention_heads", MAX_HEADS),
        ("num_key_value_heads", MAX_HEADS),
    ];
    for (name, most) in LIMITS {
        if let Some(size) = config[name].as_u64().filter(|size| !(1..=most).contains(size)) {
            let file = path.display();
            return Err(Error::invalid_model(
                path,
                format!("{file} says that {name} is {size}; the engine takes 1 to {most}"),
            ));
        }
    }
    Ok(())
}

/// The text side of a folder, read before the weights.
struct FolderText {
    tokenizer_path: PathBuf,
    end_tokens: Vec<u32>,
    end_text: String,
    chat_template: Option<String>,
    special_tokens: tramontane_session::SpecialTokens,
    attention: AttentionSizes,
}

impl FolderText {
    fn read(plan: &LoadPlan, folder: &ModelFolder) -> Result<Self, Error> {
        let config = read_json(Some(&folder.config))?.unwrap_or_default();
        check_sizes(&config, &folder.config)?;
        let tokenizer = match plan.tokenizer {
            Some(path) => tokenizer_from_file(path)?,
            None => Tokenizer::from_file(&folder.tokenizer)
                .map(Arc::new)
                .map_err(|e| Error::invalid_model(&folder.tokenizer, format!("the tokenizer cannot be read: {e}")))?,
        };
        let (chat_template, special_tokens) = folder_source(folder)?;
        let named = special_tokens.eos_token.as_deref().and_then(|text| tokenizer.token_to_id(text));
        let generation_config = read_json(folder.generation_config.as_deref())?.unwrap_or_default();
        let declared = declared_end_tokens(&generation_config)
            .into_iter()
            .chain(declared_end_tokens(&config))
            .chain(named)
            .filter(|&id| tokenizer.id_to_token(id).is_some());
        let end_tokens = end_tokens(&tokenizer, declared);
        let end_text = token_text(&tokenizer, end_tokens[0])?;
        let tokenizer_path = plan.tokenizer.map_or_else(|| folder.tokenizer.clone(), PathBuf::from);
        let attention = attention_sizes(&config);
        Ok(Self { tokenizer_path, end_tokens, end_text, chat_template, special_tokens, attention })
    }

    fn loaded(
        self,
        folder: &ModelFolder,
        pipeline: SharedPipeline,
        format: &'static str,
        quantization: String,
    ) -> LoadedFiles {
        let context_length = pipeline.blocking_lock().get_metadata().max_seq_len;
        LoadedFiles {
            pipeline,
            format,
            architecture: folder.architecture.clone(),
            parameter_count: folder.parameter_count,
            quantization,
            weight_bytes: folder.data_bytes,
            chat_template: self.chat_template,
            special_tokens: self.special_tokens,
            end_tokens: self.end_tokens,
            trained_context_length: folder.context_length.unwrap_or(context_length),
            attention: self.attention,
        }
    }
}

/// `eos_token_id` of a config: one id, or several.
fn declared_end_tokens(config: &Value) -> Vec<u32> {
    let id = |value: &Value| value.as_u64().and_then(|id| u32::try_from(id).ok());
    match &config["eos_token_id"] {
        Value::Array(ids) => ids.iter().filter_map(id).collect(),
        one => id(one).into_iter().collect(),
    }
}

/// From the names that all of transformers' configs share. Where one is missing, what it stands for by default.
fn attention_sizes(config: &Value) -> AttentionSizes {
    let size = |name: &str| config[name].as_u64().map(|size| size as usize);
    let heads = size("num_attention_heads").unwrap_or(32);
    AttentionSizes {
        layers: size("num_hidden_layers").unwrap_or(32),
        key_value_heads: size("num_key_value_heads").unwrap_or(heads),
        head_length: size("head_dim").or_else(|| Some(size("hidden_size")? / heads.max(1))).unwrap_or(128),
    }
}
