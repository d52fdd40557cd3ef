//! GGUF: one file with weights, tokenizer and template.

use std::path::PathBuf;
use std::sync::Arc;

use mistralrs_core::{GGUFLoaderBuilder, GGUFSpecificConfig};
use tokenizers::Tokenizer;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{GgufHeader, GgufVocabulary, build_tokenizer};
use tramontane_session::SpecialTokens;

use crate::companion_files::model_paths;
use crate::end_tokens::end_tokens;
use crate::load::{AttentionSizes, LoadPlan, LoadedFiles, token_text, tokenizer_from_file};
use crate::load_progress::LoadProgress;
use crate::load_watch::watch;

pub(crate) fn load_gguf(
    plan: &LoadPlan,
    header: &GgufHeader,
    progress: &mut (dyn FnMut(LoadProgress) + Send),
) -> Result<LoadedFiles, Error> {
    let file = &header.file;
    if plan.isq.is_some() {
        return Err(Error::invalid_argument(
            "isq",
            "isq cannot be applied to a GGUF file, whose weights are quantised already; load the model's safetensors instead",
        )
        .with_file(file));
    }
    let tokenizer = tokenizer(plan, header)?;
    let vocabulary = header.vocabulary.as_ref();
    let declared = vocabulary.map_or([None, None], |it| [it.eos_token_id, it.eot_token_id]);
    let end_tokens = end_tokens(&tokenizer, declared.into_iter().flatten());
    let template = plan.companions.template(&token_text(&tokenizer, end_tokens[0])?)?;
    let tokenizer_path = plan.companions.tokenizer(&tokenizer)?;
    // mistralrs reads its own; two vocabularies are not held at the same time.
    drop(tokenizer);
    let name = file.display().to_string();
    let loader =
        GGUFLoaderBuilder::new(None, None, name.clone(), vec![name], GGUFSpecificConfig::default(), false, None)
            .build();
    let weights = vec![file.clone()];
    let paths = model_paths(weights.clone(), PathBuf::new(), tokenizer_path, template);
    let pipeline = watch(&weights, progress, || plan.load(&*loader, &paths))?;
    Ok(LoadedFiles {
        pipeline,
        format: "gguf",
        architecture: header.architecture.clone(),
        parameter_count: header.parameter_count,
        quantization: header.quantization.into(),
        weight_bytes: header.data_bytes,
        chat_template: header.chat_template.clone(),
        special_tokens: vocabulary.map(special_tokens).unwrap_or_default(),
        end_tokens,
        trained_context_length: header.dimensions.context_length,
        attention: AttentionSizes {
            layers: header.dimensions.block_count,
            key_value_heads: header.dimensions.head_count_kv,
            head_length: header.dimensions.head_length,
        },
    })
}

/// Ours, not mistralrs's, which splits text for every byte-level vocabulary in the way of one model family.
fn tokenizer(plan: &LoadPlan, header: &GgufHeader) -> Result<Arc<Tokenizer>, Error> {
    if let Some(path) = plan.tokenizer {
        return tokenizer_from_file(path);
    }
    match build_tokenizer(header)? {
        Some(built) => Ok(Arc::new(built.tokenizer)),
        None => Err(Error::new(
            ErrorCode::UnsupportedModel,
            "this file's kind of tokenizer cannot be read; pass a tokenizer.json as the option tokenizer",
        )
        .with_file(&header.file)),
    }
}

fn special_tokens(vocabulary: &GgufVocabulary) -> SpecialTokens {
    let text = |id: Option<u32>| vocabulary.tokens.get(id? as usize).map(String::from);
    SpecialTokens {
        bos_token: text(vocabulary.bos_token_id),
        eos_token: text(vocabulary.eos_token_id),
        unk_token: text(vocabulary.unknown_token_id),
        pad_token: text(vocabulary.padding_token_id),
    }
}
