//! From a model's name to a backend that can be fed tokens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use candle_core::Device;
use mistralrs_core::{DeviceMapSetting, IsqType, Loader, ModelDType, ModelPaths};
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode, panic_message};
use tramontane_model_files::{ModelFiles, resolve};
use tramontane_session::{Backend, ChatTemplate, GrammarFactory, ReplyFormat, SpecialTokens, TextInterface};

use crate::chat_template_source::override_source;
use crate::companion_files::CompanionFiles;
use crate::device::{device_name, dtype_name, model_dtype, open_device};
use crate::engine_thread::SharedPipeline;
use crate::isq::isq_type;
use crate::load_folder::{load_safetensors, load_uqff};
use crate::load_gguf::load_gguf;
use crate::load_options::LoadOptions;
use crate::load_progress::{LoadPhase, LoadProgress};
use crate::memory::{LargeBlocksApart, ReleaseOnReturn, release_freed_memory, resident_bytes, total_memory_bytes};
use crate::mistral_backend::{MistralBackend, PrefixCache};
use crate::model_info::ModelInfo;
use crate::shared_steps::sequences_per_step;

/// A model that is ready to run.
pub struct LoadedModel {
    /// Runs token sequences. Dropping it frees the weights, and waits until they are freed.
    pub backend: Box<dyn Backend>,
    /// Turns text into tokens and back.
    pub text: TextInterface,
    /// What there is to know about the model.
    pub info: ModelInfo,
}

/// What one kind of model file knows, once mistralrs has loaded it.
pub(crate) struct LoadedFiles {
    pub pipeline: SharedPipeline,
    pub format: &'static str,
    pub architecture: String,
    pub parameter_count: u64,
    pub quantization: String,
    pub weight_bytes: u64,
    pub chat_template: Option<String>,
    pub special_tokens: SpecialTokens,
    /// Tokens that end a reply. mistralrs is told of the first, and ends sequences at it.
    pub end_tokens: Vec<u32>,
    pub trained_context_length: usize,
    pub attention: AttentionSizes,
}

/// What decides how much memory the keys and values of a token take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AttentionSizes {
    pub layers: usize,
    pub key_value_heads: usize,
    pub head_length: usize,
}

/// How mistralrs is to load, whatever the files.
pub(crate) struct LoadPlan<'a> {
    pub device: Device,
    pub dtype: ModelDType,
    pub isq: Option<IsqType>,
    pub tokenizer: Option<&'a str>,
    pub companions: CompanionFiles,
}

impl LoadPlan<'_> {
    /// Has `loader` read `paths`, which blocks for as long as that takes.
    pub fn load(&self, loader: &dyn Loader, paths: &Box<dyn ModelPaths>) -> Result<SharedPipeline, Error> {
        loader
            .load_model_from_path(paths, &self.dtype, &self.device, true, DeviceMapSetting::dummy(), self.isq, None)
            .map_err(engine_failed)
    }
}

/// Loads the model that `options` names: finds or downloads its files, checks them, and has mistralrs read them.
///
/// Blocks; call it on a thread of its own, and on a new one each time, as mistralrs leaves settings behind in
/// thread-locals. `threads` is what [`set_threads`](crate::set_threads) returned. `cancelled` is asked all through
/// finding and downloading; while mistralrs reads, nothing can stop it, so there it is asked when that is over.
///
/// # Errors
///
/// Any [`ErrorCode`] of options and files, [`ErrorCode::Aborted`], or [`ErrorCode::EngineFailed`] with mistralrs's
/// reason. A panic in mistralrs is an error too.
pub fn load(
    options: &LoadOptions,
    threads: usize,
    progress: &mut (dyn FnMut(LoadProgress) + Send),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<LoadedModel, Error> {
    let device = open_device(options.device.as_deref())?;
    let plan = LoadPlan {
        dtype: model_dtype(options.dtype.as_deref(), &device)?,
        isq: options.isq.as_ref().map(|isq| isq_type(isq, &device)).transpose()?,
        tokenizer: options.tokenizer.as_deref(),
        companions: CompanionFiles::new()?,
        device,
    };
    ReplyFormat::check_options(options.reasoning_format.as_deref(), options.tool_call_format.as_deref())?;
    #[cfg(patched)]
    crate::cpu_kernels::use_our_kernels();
    let template_override = options.chat_template.as_deref().map(usable_override).transpose()?;
    // Declared first, so dropped last: what a load that fails has read goes back too.
    let _released = ReleaseOnReturn;
    let files = resolve(&options.reference, &mut |found| progress(found.into()), cancelled)?;

    release_freed_memory();
    let before = resident_bytes();
    let apart = LargeBlocksApart::begin();
    let loaded = catch_unwind(AssertUnwindSafe(|| match &files {
        ModelFiles::Gguf { header, .. } => load_gguf(&plan, header, progress),
        ModelFiles::Safetensors(folder) => load_safetensors(&plan, folder, progress),
        ModelFiles::Uqff { folder, uqff } => load_uqff(&plan, folder, uqff, progress),
    }))
    .unwrap_or_else(|panic| Err(engine_failed(panic_message(&*panic).unwrap_or_else(|| "it panicked".into()))))
    .map_err(|error| {
        if error.field.is_none() && error.file.is_none() { error.with_file(path_of(&files)) } else { error }
    })?;
    drop(apart);
    if cancelled() {
        return Err(Error::new(ErrorCode::Aborted, "the load was aborted"));
    }
    // The header's copy of the vocabulary goes before memory is measured.
    drop(files);

    let (tokenizer, activation_dtype, engine_context_length, sliding_window) = {
        let pipeline = loaded.pipeline.blocking_lock();
        let metadata = pipeline.get_metadata();
        let tokenizer = pipeline.tokenizer().ok_or_else(|| engine_failed("the model has no tokenizer"))?;
        (tokenizer, metadata.activation_dtype, metadata.max_seq_len, metadata.sliding_window)
    };
    let context_length = context_length(options.context_length, engine_context_length)?;
    let AttentionSizes { layers, key_value_heads, head_length } = loaded.attention;
    let cache = PrefixCache {
        bytes: options.prefix_cache_bytes.unwrap_or_else(|| default_prefix_cache_bytes(&plan.device)),
        live_bytes: total_memory_bytes() / 4,
        bytes_per_token: (2 * layers * key_value_heads * head_length * activation_dtype.size_in_bytes()) as u64,
    };
    let per_step = sequences_per_step(&plan.device, &loaded.architecture, sliding_window);
    let backend = MistralBackend::start(loaded.pipeline, loaded.end_tokens[0], cache, per_step)?;
    release_freed_memory();
    let added = before.zip(resident_bytes()).map(|(before, after)| after.saturating_sub(before));

    let source = template_override.or(loaded.chat_template);
    let chat_template =
        source.as_deref().map(|source| ChatTemplate::compile(source, loaded.special_tokens)).transpose()?;
    let reply_format = ReplyFormat::of_model(
        source.as_deref(),
        &tokenizer,
        options.reasoning_format.as_deref(),
        options.tool_call_format.as_deref(),
    )?;
    let end_tokens = reply_format.end_tokens(loaded.end_tokens, &tokenizer);
    let info = ModelInfo {
        model: options.reference.model.clone(),
        format: loaded.format.into(),
        architecture: loaded.architecture,
        parameter_count: loaded.parameter_count,
        quantization: loaded.quantization,
        context_length,
        trained_context_length: loaded.trained_context_length,
        vocabulary_size: tokenizer.get_vocab_size(true),
        chat_template: source,
        device: device_name(&plan.device),
        dtype: dtype_name(activation_dtype),
        threads,
        memory_bytes: added.filter(|&bytes| bytes > 0).unwrap_or(loaded.weight_bytes),
    };
    let text = TextInterface {
        grammars: GrammarFactory::new(Arc::clone(&tokenizer), end_tokens.clone()),
        vocabulary_size: info.vocabulary_size,
        chat_template,
        reply_format,
        end_tokens,
        context_length,
        tokenizer,
    };
    progress(LoadProgress::bytes(LoadPhase::Ready, loaded.weight_bytes, loaded.weight_bytes));
    Ok(LoadedModel { backend: Box::new(backend), text, info })
}

/// An eighth of the machine's memory, and no more than a gigabyte. Elsewhere than on the CPU what was computed in other
/// pieces is not the same to the last bit, so nothing is kept there unless asked for.
fn default_prefix_cache_bytes(device: &Device) -> u64 {
    if device.is_cpu() { (total_memory_bytes() / 8).min(1 << 30) } else { 0 }
}

/// The caller's template, found to be well-formed before a model is read for it.
fn usable_override(option: &str) -> Result<String, Error> {
    let source = override_source(option)?;
    ChatTemplate::compile(&source, SpecialTokens::default())
        .map_err(|error| Error::invalid_argument("chatTemplate", error.message))?;
    Ok(source)
}

/// What to name where the engine does not say which file it is about.
fn path_of(files: &ModelFiles) -> &Path {
    match files {
        ModelFiles::Gguf { file, .. } => file,
        ModelFiles::Safetensors(folder) | ModelFiles::Uqff { folder, .. } => &folder.root,
    }
}

/// The caller's wish, within what the engine can hold.
pub(crate) fn context_length(wish: Option<usize>, most: usize) -> Result<usize, Error> {
    match wish {
        None => Ok(most),
        Some(0) => Err(Error::invalid_argument(
            "contextLength",
            "contextLength is 0; a prompt needs at least 1 token, and a reply too",
        )),
        Some(wish) if wish > most => Err(Error::invalid_argument(
            "contextLength",
            format!("contextLength is {wish}, but this model was trained for {most} tokens at most"),
        )),
        Some(wish) => Ok(wish),
    }
}

/// The text of a token, as mistralrs looks it up again.
pub(crate) fn token_text(tokenizer: &Tokenizer, token: u32) -> Result<String, Error> {
    tokenizer.id_to_token(token).ok_or_else(|| {
        Error::new(
            ErrorCode::InvalidModel,
            format!("token {token} is to end replies, but the tokenizer has no such token"),
        )
    })
}

pub(crate) fn engine_failed(reason: impl ToString) -> Error {
    Error::new(ErrorCode::EngineFailed, format!("the engine cannot load this model: {}", reason.to_string()))
}

/// Shared by the kinds of files: a tokenizer that the caller passes instead of the model's own.
pub(crate) fn tokenizer_from_file(path: &str) -> Result<Arc<Tokenizer>, Error> {
    Tokenizer::from_file(path).map(Arc::new).map_err(|e| {
        Error::invalid_argument(
            "tokenizer",
            format!("tokenizer cannot be read: {e}; pass the path of a tokenizer.json"),
        )
        .with_file(path)
    })
}
