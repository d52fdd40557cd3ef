//! From a model's name to one that makes vectors of texts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use mistralrs_core::{AdapterPaths, EmbeddingLoaderBuilder, EmbeddingModelPaths, EmbeddingSpecificConfig, ModelPaths};
use serde_json::{Value, json};
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode, panic_message};
use tramontane_model_files::{EmbeddingModule, EmbeddingModules, ModelFiles, ModelFolder, Pooling, resolve};

use crate::chat_template_source::read_json;
use crate::companion_files::CompanionFiles;
use crate::device::{device_name, dtype_name, model_dtype, open_device};
use crate::embedding_config::engine_config;
use crate::embedding_jobs::EmbeddingJobs;
use crate::embedding_model::EmbeddingModel;
use crate::embedding_model_info::EmbeddingModelInfo;
use crate::engine_thread::SharedPipeline;
use crate::isq::isq_type;
use crate::load::{LoadPlan, context_length, engine_failed};
use crate::load_folder::check_sizes;
use crate::load_options::LoadOptions;
use crate::load_progress::{LoadPhase, LoadProgress};
use crate::load_watch::watch;
use crate::memory::{LargeBlocksApart, ReleaseOnReturn, release_freed_memory, resident_bytes};

/// The context that is taken where nothing is said: the engine's masks take four bytes for each pair of a text's tokens.
const USUAL_CONTEXT: usize = 8192;

/// Loads the embedding model that `options` names, as [`load`](crate::load) loads one that generates text, and with the
/// same rules for threads, progress and cancelling.
///
/// # Errors
///
/// As [`load`](crate::load); [`ErrorCode::UnsupportedModel`] for a model that generates text.
pub fn load_embedding_model(
    options: &LoadOptions,
    threads: usize,
    progress: &mut (dyn FnMut(LoadProgress) + Send),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(EmbeddingJobs, EmbeddingModelInfo), Error> {
    let device = open_device(options.device.as_deref())?;
    let plan = LoadPlan {
        dtype: model_dtype(options.dtype.as_deref(), &device)?,
        isq: options.isq.as_ref().map(|isq| isq_type(isq, &device)).transpose()?,
        tokenizer: None,
        companions: CompanionFiles::new()?,
        device,
    };
    #[cfg(patched)]
    crate::cpu_kernels::use_our_kernels();
    // Declared first, so dropped last: what a load that fails has read goes back too.
    let _released = ReleaseOnReturn;
    let files = resolve(&options.reference, &mut |found| progress(found.into()), cancelled)?;
    let (folder, modules) = embedding_folder(&files)?;
    let config = read_json(Some(&folder.config))?.unwrap_or_default();
    check_sizes(&config, &folder.config)?;
    if config["hidden_size"].as_u64() != Some(modules.pooled_width as u64) {
        let message = format!("{} and its pooling differ in the width of a vector", folder.config.display());
        return Err(Error::invalid_model(&folder.config, message));
    }
    let tokenizer = whole_text_tokenizer(&folder.tokenizer)?;

    release_freed_memory();
    let before = resident_bytes();
    let apart = LargeBlocksApart::begin();
    let pipeline =
        catch_unwind(AssertUnwindSafe(|| load_pipeline(&plan, folder, modules, config, progress)))
            .unwrap_or_else(|panic| Err(engine_failed(panic_message(&*panic).unwrap_or_else(|| "it panicked".into()))))
            .map_err(|error| {
                if error.field.is_none() && error.file.is_none() { error.with_file(&folder.root) } else { error }
            })?;
    drop(apart);
    if cancelled() {
        return Err(Error::new(ErrorCode::Aborted, "the load was aborted"));
    }
    let (dtype, trained) = {
        let metadata = pipeline.blocking_lock().get_metadata();
        (metadata.activation_dtype, metadata.max_seq_len)
    };
    let wished = options.context_length.or_else(|| (trained > USUAL_CONTEXT).then_some(USUAL_CONTEXT));
    let context_length = context_length(wished, trained)?;
    let vocabulary_size = tokenizer.get_vocab_size(true);
    // The engine takes no mask for a causal text of one token to be a mistake, and panics.
    let least_tokens = if folder.architecture == "Qwen3ForCausalLM" { 2 } else { 1 };
    let model = EmbeddingModel::start(pipeline, tokenizer, modules.clone(), context_length, least_tokens)?;
    release_freed_memory();
    let added = before.zip(resident_bytes()).map(|(before, after)| after.saturating_sub(before));
    let info = EmbeddingModelInfo {
        model: options.reference.model.clone(),
        format: "safetensors".into(),
        architecture: folder.architecture.clone(),
        parameter_count: folder.parameter_count,
        quantization: match (plan.isq, &folder.quantization) {
            (Some(isq), _) => format!("{isq:?}"),
            (None, Some(stored)) => stored.clone(),
            (None, None) => dtype_name(dtype).to_uppercase(),
        },
        context_length,
        trained_context_length: trained,
        vocabulary_size,
        embedding_width: modules.width,
        pooling: match modules.pooling {
            Pooling::LastToken => "last-token",
            Pooling::Mean => "mean",
        },
        normalised: modules.normalises(),
        prompts: modules.prompts.clone(),
        device: device_name(&plan.device),
        dtype: dtype_name(dtype),
        threads,
        memory_bytes: added.filter(|&bytes| bytes > 0).unwrap_or(folder.data_bytes),
    };
    progress(LoadProgress::bytes(LoadPhase::Ready, folder.data_bytes, folder.data_bytes));
    Ok((EmbeddingJobs::start(model)?, info))
}

fn embedding_folder(files: &ModelFiles) -> Result<(&ModelFolder, &EmbeddingModules), Error> {
    let unsupported = |what: &str| {
        let path = files.path();
        let message = format!("{} {what}", path.display());
        Error::new(ErrorCode::UnsupportedModel, message).with_file(path)
    };
    match files {
        ModelFiles::Safetensors(folder) => match &folder.embedding {
            Some(modules) => Ok((folder, modules)),
            None => Err(unsupported(
                "generates text: it has no modules.json, as embedding models have; load it with loadModel",
            )),
        },
        _ => Err(unsupported("is not safetensors, the only kind of files from which embedding models are run")),
    }
}

/// A tokenizer's file may say that texts are to be cut or padded, which would happen unseen.
fn whole_text_tokenizer(path: &Path) -> Result<Tokenizer, Error> {
    let unreadable = |e| Error::invalid_model(path, format!("the tokenizer cannot be read: {e}"));
    let mut tokenizer = Tokenizer::from_file(path).map_err(unreadable)?;
    tokenizer.with_padding(None).with_truncation(None).map_err(unreadable)?;
    Ok(tokenizer)
}

fn load_pipeline(
    plan: &LoadPlan,
    folder: &ModelFolder,
    modules: &EmbeddingModules,
    config: Value,
    progress: &mut (dyn FnMut(LoadProgress) + Send),
) -> Result<SharedPipeline, Error> {
    let paths: Box<dyn ModelPaths> = Box::new(EmbeddingModelPaths {
        tokenizer_filename: folder.tokenizer.clone(),
        config_filename: plan.companions.json("config.json", &engine_config(config, &folder.config)?)?,
        modules: serde_json::from_value(module_paths(&plan.companions, modules)?).map_err(engine_failed)?,
        filenames: folder.weights.clone(),
        adapter_paths: AdapterPaths::None,
    });
    let name = folder.root.display().to_string();
    let loader = EmbeddingLoaderBuilder::new(EmbeddingSpecificConfig::default(), None, Some(name)).build(None);
    watch(&folder.weights, progress, || plan.load(&*loader, &paths))
}

/// mistralrs does not export the type of its modules' paths, but reads it.
fn module_paths(companions: &CompanionFiles, modules: &EmbeddingModules) -> Result<Value, Error> {
    let pooling = modules.pooling;
    // Older files leave out some of these, all of which mistralrs wants.
    let config = json!({
        "word_embedding_dimension": modules.pooled_width,
        "pooling_mode_cls_token": false,
        "pooling_mode_mean_tokens": pooling == Pooling::Mean,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
        "pooling_mode_weightedmean_tokens": false,
        "pooling_mode_lasttoken": pooling == Pooling::LastToken,
        "include_prompt": true,
    });
    let config = companions.json("pooling.json", &config)?;
    let first = [json!({ "Transformer": { "path": "" } }), json!({ "Pooling": { "path": "", "config": config } })];
    let rest = modules.rest.iter().map(|module| match module {
        EmbeddingModule::Dense { config, weights } => {
            json!({ "Dense": { "path": "", "config": config, "model": weights } })
        }
        EmbeddingModule::Normalize => json!({ "Normalize": { "path": "" } }),
    });
    Ok(first.into_iter().chain(rest).collect())
}
