//! Which of a folder's or repository's files make up the model.
//!
//! Must hold: the same names give the same choice, on disk, on the hub and in the cache.

use tramontane_error::{Error, ErrorCode};

use crate::embedding_modules::{MODULES, PROMPTS};

/// Files that say how to use the weights, in the order in which they are brought.
pub(crate) const SIDE_FILES: [&str; 10] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "preprocessor_config.json",
    "processor_config.json",
    MODULES,
    PROMPTS,
];
/// Lists which file holds which tensor.
pub(crate) const INDEX: &str = "model.safetensors.index.json";
/// The weights that a UQFF file leaves out.
pub(crate) const RESIDUAL: &str = "residual.safetensors";

/// What to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// One GGUF file.
    Gguf(String),
    /// The folder's safetensors.
    Safetensors,
    /// These UQFF files, in order.
    Uqff(Vec<String>),
}

/// Where the names come from, for messages, and whether one of several GGUF files may be taken unasked.
pub(crate) struct Place<'a> {
    /// `the folder /models/x`, `org/name`.
    pub(crate) name: &'a str,
    pub(crate) prefers_q4_k_m: bool,
}

/// Chooses among `names`.
pub(crate) fn choose(names: &[String], file: Option<&str>, place: &Place<'_>) -> Result<Choice, Error> {
    match file {
        Some(file) => choose_named(names, file, place),
        None => choose_unnamed(names, place),
    }
}

fn choose_named(names: &[String], file: &str, place: &Place<'_>) -> Result<Choice, Error> {
    if names.iter().any(|name| name == file) {
        return match extension(file).as_deref() {
            Some("gguf") => whole_gguf(file, place),
            Some("uqff") => Ok(Choice::Uqff(uqff_parts(names, file))),
            Some("safetensors") => Ok(Choice::Safetensors),
            _ => Err(Error::invalid_argument(
                "file",
                format!("file {file:?} is not a .gguf, .safetensors or .uqff file"),
            )),
        };
    }
    let models = models(names);
    let matching: Vec<_> = models.iter().copied().filter(|name| has_tag(name, file)).collect();
    match matching[..] {
        [] if models.is_empty() => Err(no_model(names, place)),
        [] => {
            let message = format!("{} has no file {file:?}; it has {}", place.name, list(&models));
            Err(Error::invalid_argument("file", message))
        }
        [only] if is_uqff(only) => Ok(Choice::Uqff(uqff_parts(names, only))),
        [only] => whole_gguf(only, place),
        _ if matching.iter().all(|name| is_split(name)) => whole_gguf(matching[0], place),
        _ => {
            let message = format!("{} has several files for {file:?}; name one of {}", place.name, list(&matching));
            Err(Error::invalid_argument("file", message))
        }
    }
}

fn choose_unnamed(names: &[String], place: &Place<'_>) -> Result<Choice, Error> {
    let has_config = names.iter().any(|name| name == "config.json");
    if has_config && names.iter().any(|name| is_root_weight(name)) {
        return Ok(Choice::Safetensors);
    }
    let models = models(names);
    let ggufs: Vec<_> = models.iter().copied().filter(|name| !is_uqff(name) && !is_split(name)).collect();
    match ggufs[..] {
        [only] => return Ok(Choice::Gguf(only.to_owned())),
        [] => {}
        _ => {
            let preferred: Vec<_> = ggufs.iter().filter(|name| has_tag(name, "Q4_K_M")).collect();
            if let ([only], true) = (&preferred[..], place.prefers_q4_k_m) {
                return Ok(Choice::Gguf((**only).to_owned()));
            }
        }
    }
    match models[..] {
        [] => Err(no_model(names, place)),
        [only] if is_uqff(only) => Ok(Choice::Uqff(uqff_parts(names, only))),
        [first, ..] if models.iter().all(|name| is_split(name)) => whole_gguf(first, place),
        _ => {
            let message = format!("{} holds several models; set file to one of {}", place.name, list(&models));
            Err(Error::invalid_argument("file", message))
        }
    }
}

fn no_model(names: &[String], place: &Place<'_>) -> Error {
    let place = place.name;
    let has = |wanted: &dyn Fn(&str) -> bool| names.iter().any(|name| wanted(name));
    if has(&is_root_weight) {
        let message = format!("{place} has safetensors but no config.json, without which they cannot be used");
        return Error::new(ErrorCode::ModelNotFound, message);
    }
    if has(&|name| matches!(extension(name).as_deref(), Some("bin" | "pt" | "pth" | "onnx" | "h5" | "msgpack"))) {
        let message = format!("{place} has weights in another format only; GGUF, safetensors and UQFF can be run");
        return Error::new(ErrorCode::UnsupportedModel, message);
    }
    let message = format!("{place} holds no model: neither a .gguf file, nor config.json with .safetensors, nor .uqff");
    Error::new(ErrorCode::ModelNotFound, message)
}

fn whole_gguf(name: &str, place: &Place<'_>) -> Result<Choice, Error> {
    if is_split(name) {
        let message = format!(
            "{name} of {} is one part of a split model; join the parts with `llama-gguf-split --merge`, \
             or choose a file that is whole",
            place.name
        );
        return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(name));
    }
    Ok(Choice::Gguf(name.to_owned()))
}

/// The files that hold the safetensors weights; `index` is the text of [`INDEX`] where there is one. The error is a
/// sentence about the index.
pub(crate) fn weight_names(names: &[String], index: Option<&str>) -> Result<Vec<String>, String> {
    if let Some(index) = index {
        let index: serde_json::Value =
            serde_json::from_str(index).map_err(|error| format!("it is not JSON: {error}"))?;
        let Some(map) = index.get("weight_map").and_then(|map| map.as_object()) else {
            return Err("it has no weight_map".to_owned());
        };
        let mut files = Vec::new();
        for file in map.values() {
            match file.as_str() {
                Some(file) if is_root_weight(file) => files.push(file.to_owned()),
                _ => return Err(format!("its weight_map names {file}, which is not a .safetensors file beside it")),
            }
        }
        files.sort();
        files.dedup();
        if files.is_empty() {
            return Err("its weight_map is empty".to_owned());
        }
        return Ok(files);
    }
    let weights: Vec<_> = names.iter().filter(|name| is_root_weight(name)).cloned().collect();
    // A repository may hold the same weights a second time in the layout of their first publisher.
    if weights.iter().any(|name| name == "model.safetensors") {
        return Ok(vec!["model.safetensors".to_owned()]);
    }
    let is_other = |name: &String| name.starts_with("consolidated") || name.starts_with("adapter") || name == RESIDUAL;
    Ok(weights.into_iter().filter(|name| !is_other(name)).collect())
}

fn extension(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit('/').next()?.rsplit_once('.')?;
    Some(extension.to_ascii_lowercase())
}

fn is_uqff(name: &str) -> bool {
    extension(name).as_deref() == Some("uqff")
}

/// What UQFF leaves out is no model by itself.
fn is_root_weight(name: &str) -> bool {
    extension(name).as_deref() == Some("safetensors") && name != RESIDUAL && !name.contains(['/', '\\'])
}

/// All GGUF and UQFF files that can be asked for: not image projectors, nor the second and later parts of UQFF.
fn models(names: &[String]) -> Vec<&str> {
    let wanted = |name: &&str| match extension(name).as_deref() {
        Some("gguf") => !name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase().contains("mmproj"),
        Some("uqff") => uqff_part(name).is_none_or(|(_, part)| part == 0),
        _ => false,
    };
    names.iter().map(String::as_str).filter(wanted).collect()
}

/// Whether `name` ends like `-00001-of-00003.gguf`.
fn is_split(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".gguf") else { return false };
    let mut parts = stem.rsplitn(4, '-');
    let is_number =
        |part: Option<&str>| part.is_some_and(|part| part.len() == 5 && part.bytes().all(|b| b.is_ascii_digit()));
    is_number(parts.next()) && parts.next() == Some("of") && is_number(parts.next())
}

/// `q4k-1.uqff` is part 1 of `q4k`.
fn uqff_part(name: &str) -> Option<(&str, usize)> {
    let (prefix, part) = name.strip_suffix(".uqff")?.rsplit_once('-')?;
    Some((prefix, part.parse().ok()?))
}

fn uqff_parts(names: &[String], first: &str) -> Vec<String> {
    let Some((prefix, _)) = uqff_part(first) else { return vec![first.to_owned()] };
    let name = |part: usize| format!("{prefix}-{part}.uqff");
    let parts: Vec<_> = (0..names.len()).map(name).take_while(|part| names.contains(part)).collect();
    if parts.is_empty() { vec![first.to_owned()] } else { parts }
}

/// Whether the file's name has `tag` as a word of its own. `Q4_K` is not a word of `Q4_K_M`.
pub(crate) fn has_tag(name: &str, tag: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let tag = tag.to_ascii_lowercase();
    if tag.is_empty() {
        return false;
    }
    stem.match_indices(&tag).any(|(start, _)| {
        let before = stem[..start].chars().next_back();
        let after = stem[start + tag.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric()) && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

fn list(names: &[&str]) -> String {
    const MOST: usize = 24;
    let shown = names.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{shown} and {} more", names.len() - MOST) } else { shown }
}
