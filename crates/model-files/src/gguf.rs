//! A GGUF file's header, read and checked before the engine opens the file.
//!
//! Must hold: whatever the bytes are, reading them returns a header or an error, never panics, and allocates no more
//! than a small multiple of the file's length. A header that is returned describes a file that is whole (every tensor
//! lies inside it) and a model that the engine can load (see [`architecture`]).

mod architecture;
mod blocks;
mod checker;
mod reader;
mod tensor;
mod value;
mod vocabulary;

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use tramontane_error::{Error, ErrorCode};

pub use architecture::GgufDimensions;
use architecture::check_architecture;
use checker::Refusal;
use reader::{Damage, HeaderReader, invalid};
pub use tensor::{Tensor, TensorType};
use tensor::{readable_types, tensor_type};
pub use value::{Array, StringList, Value};
pub use vocabulary::GgufVocabulary;
pub(crate) use vocabulary::token_type;

/// Far above what any model has; a key or tensor takes several times its length in the file while it is checked.
const MAX_KEYS: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 20;

/// What a GGUF file says about itself.
#[derive(Debug, Clone)]
pub struct GgufHeader {
    /// The file that was read.
    pub file: PathBuf,
    /// `llama`, `qwen3`, ...: one that the engine runs.
    pub architecture: String,
    /// The model's name, where the file gives one.
    pub name: Option<String>,
    /// Numbers in all tensors.
    pub parameter_count: u64,
    /// The type that holds most weights, `Q4_K` style.
    pub quantization: &'static str,
    /// The sizes of the transformer.
    pub dimensions: GgufDimensions,
    /// The chat template, as Jinja.
    pub chat_template: Option<String>,
    /// The tokenizer's data; None in a file without tokens.
    pub vocabulary: Option<GgufVocabulary>,
    /// Bytes of all tensors.
    pub data_bytes: u64,
    /// All keys but the vocabulary's lists.
    pub metadata: HashMap<String, Value>,
    /// All tensors, in the file's order.
    pub tensors: Vec<Tensor>,
}

impl GgufHeader {
    /// Reads and checks the header of `file`.
    ///
    /// # Errors
    /// `model-not-found` (no such file), `invalid-model` (damaged, cut short, contradicting itself),
    /// `unsupported-model` (sound, but not for this engine). The error names the file.
    pub fn read(file: &Path) -> Result<Self, Error> {
        GgufContents::read(file)?.checked(file)
    }

    /// Reads and checks a header from `input`, the start of a file of `length` bytes; `file` is for messages.
    pub fn parse(input: impl Read, length: u64, file: &Path) -> Result<Self, Error> {
        GgufContents::parse(input, length, file)?.checked(file)
    }
}

/// What a sound GGUF file holds, whether or not the engine can run it.
#[derive(Debug, Clone)]
pub(crate) struct GgufContents {
    pub(crate) architecture: String,
    pub(crate) vocabulary: Option<GgufVocabulary>,
    pub(crate) metadata: HashMap<String, Value>,
    pub(crate) tensors: Vec<Tensor>,
    pub(crate) data_bytes: u64,
}

impl GgufContents {
    pub(crate) fn read(file: &Path) -> Result<Self, Error> {
        let open = || -> std::io::Result<(File, u64)> {
            let input = File::open(file)?;
            let length = input.metadata()?.len();
            Ok((input, length))
        };
        let (input, length) = open().map_err(|error| {
            let code = match error.kind() {
                std::io::ErrorKind::NotFound => ErrorCode::ModelNotFound,
                _ => ErrorCode::InvalidModel,
            };
            Error::new(code, format!("{} cannot be read: {error}", file.display())).with_file(file)
        })?;
        Self::parse(BufReader::with_capacity(1 << 18, input), length, file)
    }

    fn parse(input: impl Read, length: u64, file: &Path) -> Result<Self, Error> {
        let mut reader = HeaderReader::new(input, length);
        let mut contents = read_contents(&mut reader).map_err(|damage| describe(damage, length, file))?;
        contents.vocabulary =
            GgufVocabulary::take(&mut contents.metadata).map_err(|damage| describe(damage, length, file))?;
        Ok(contents)
    }

    /// Whether the engine can run it.
    pub(crate) fn check(&self, file: &Path) -> Result<GgufDimensions, Error> {
        if self.makes_vectors() {
            let message = format!(
                "{} is an embedding model, which the engine runs from safetensors only; \
                 take the repository that it was made from",
                file.display()
            );
            return Err(Error::new(ErrorCode::UnsupportedModel, message).with_file(file));
        }
        let tokens = self.vocabulary.as_ref().map(|vocabulary| vocabulary.tokens.len());
        check_types(&self.tensors)
            .and_then(|()| check_architecture(&self.architecture, &self.metadata, &self.tensors, tokens))
            .map_err(|refusal| match refusal {
                Refusal::Invalid(message) => {
                    Error::invalid_model(file, format!("{} is not a usable model: {message}", file.display()))
                }
                Refusal::Unsupported(message) => {
                    let message = format!("{} cannot be run: {message}", file.display());
                    Error::new(ErrorCode::UnsupportedModel, message).with_file(file)
                }
            })
    }

    fn checked(self, file: &Path) -> Result<GgufHeader, Error> {
        let dimensions = self.check(file)?;
        Ok(GgufHeader {
            file: file.to_owned(),
            name: self.text("general.name"),
            chat_template: self.text("tokenizer.chat_template"),
            parameter_count: self.parameter_count(),
            quantization: self.quantization(),
            architecture: self.architecture,
            dimensions,
            vocabulary: self.vocabulary,
            data_bytes: self.data_bytes,
            metadata: self.metadata,
            tensors: self.tensors,
        })
    }

    /// Whether it is there to turn texts into vectors: it says how those of a text's tokens become one.
    pub(crate) fn makes_vectors(&self) -> bool {
        self.number("pooling_type").is_some_and(|kind| kind > 0)
    }

    /// The text under `key`.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.metadata.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    /// The number under `key` of the architecture.
    pub(crate) fn number(&self, key: &str) -> Option<u64> {
        self.metadata.get(&format!("{}.{key}", self.architecture)).and_then(Value::as_u64)
    }

    pub(crate) fn parameter_count(&self) -> u64 {
        self.tensors.iter().map(Tensor::elements).fold(0, u64::saturating_add)
    }

    pub(crate) fn quantization(&self) -> &'static str {
        commonest_type(&self.tensors)
    }
}

fn describe(damage: Damage, length: u64, file: &Path) -> Error {
    let path = file.display();
    let message = match damage {
        Damage::CutShort { needed } => {
            format!("{path} is cut short: {length} bytes are there, at least {needed} are needed; fetch the file again")
        }
        Damage::Invalid(message) => format!("{path} is not a sound GGUF file: {message}"),
        Damage::Io(error) => format!("{path} cannot be read: {error}"),
    };
    Error::invalid_model(file, message)
}

fn read_contents(reader: &mut HeaderReader<impl Read>) -> Result<GgufContents, Damage> {
    let length = reader.length();
    check_start(reader)?;
    let tensor_count = reader.u64()?;
    let key_count = reader.u64()?;
    // A key takes at least its length, a byte, its type and a byte; a tensor its length, a byte, a dimension and the rest.
    reader.expect(key_count, 14)?;
    reader.expect(tensor_count, 33)?;
    if tensor_count == 0 {
        return invalid("it holds no tensors");
    }
    if key_count > MAX_KEYS || tensor_count > MAX_TENSORS {
        return invalid(format!("it claims {key_count} keys and {tensor_count} tensors"));
    }

    let mut metadata = HashMap::new();
    for _ in 0..key_count {
        let key = reader.name()?;
        let value = reader.value()?;
        if let Some(_first) = metadata.insert(key.clone(), value) {
            return invalid(format!("the key {key} is there twice"));
        }
    }
    let architecture = match metadata.get("general.architecture") {
        Some(Value::String(architecture)) if !architecture.is_empty() => architecture.clone(),
        Some(_) => return invalid("general.architecture is not a name"),
        None => return invalid("general.architecture is missing"),
    };
    let alignment = match metadata.get("general.alignment") {
        None => 32,
        Some(Value::U32(alignment)) if alignment.is_power_of_two() && *alignment <= 1 << 20 => u64::from(*alignment),
        Some(_) => return invalid("general.alignment is not a power of two"),
    };

    let mut tensors = Vec::new();
    let mut names = HashSet::new();
    for _ in 0..tensor_count {
        let tensor = read_tensor(reader, alignment)?;
        if !names.insert(tensor.name.clone()) {
            return invalid(format!("the tensor {} is there twice", tensor.name));
        }
        tensors.push(tensor);
    }
    let data_start = reader.position().next_multiple_of(alignment);
    let mut data_bytes = 0_u64;
    for tensor in &tensors {
        let end = tensor.offset.checked_add(tensor.bytes).and_then(|end| end.checked_add(data_start));
        match end {
            Some(end) if end <= length => data_bytes = data_bytes.saturating_add(tensor.bytes),
            Some(_) => {
                let ends = tensors.iter().map(|tensor| tensor.offset.saturating_add(tensor.bytes));
                return Err(Damage::CutShort { needed: ends.max().unwrap_or(0).saturating_add(data_start) });
            }
            None => return invalid(format!("the tensor {} lies beyond any file's end", tensor.name)),
        }
    }
    Ok(GgufContents { architecture, vocabulary: None, metadata, tensors, data_bytes })
}

fn check_start(reader: &mut HeaderReader<impl Read>) -> Result<(), Damage> {
    if reader.length() == 0 {
        return invalid("it is empty");
    }
    let magic = reader.u32()?.to_le_bytes();
    match &magic {
        b"GGUF" => {}
        b"ggml" | b"lmgg" | b"tjgg" | b"fmgg" | b"algg" => {
            return invalid("it is in the GGML format that came before GGUF; convert it or find a GGUF file");
        }
        b"vers" => return invalid("it is a Git LFS pointer, not the file itself; run `git lfs pull`"),
        _ => return invalid("it does not begin with \"GGUF\""),
    }
    match reader.u32()? {
        2 | 3 => Ok(()),
        1 => invalid("it is GGUF version 1, which is no longer read; convert it to version 3"),
        version if version.swap_bytes() <= 16 => invalid("it is big-endian; convert it to little-endian"),
        version => invalid(format!("it says GGUF version {version}; versions 2 and 3 are read")),
    }
}

fn read_tensor(reader: &mut HeaderReader<impl Read>, alignment: u64) -> Result<Tensor, Damage> {
    let name = reader.name()?;
    let count = reader.u32()?;
    if !(1..=4).contains(&count) {
        return invalid(format!("the tensor {name} has {count} dimensions"));
    }
    let dimensions = (0..count).map(|_| reader.u64()).collect::<Result<Vec<_>, _>>()?;
    let id = reader.u32()?;
    let offset = reader.u64()?;
    let Some(kind) = tensor_type(id) else {
        return invalid(format!("the tensor {name} has number type {id}, which is not known"));
    };
    // candle multiplies the dimensions as usize and, for some types, by four.
    let elements = dimensions.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
    let bytes = elements.map(|elements| elements / kind.block).and_then(|blocks| blocks.checked_mul(kind.bytes));
    let (Some(1..), Some(bytes)) = (elements, bytes) else {
        return invalid(format!("the tensor {name} has the impossible shape {dimensions:?}"));
    };
    if bytes > i64::MAX as u64 / 16 {
        return invalid(format!("the tensor {name} has the impossible shape {dimensions:?}"));
    }
    if !dimensions[0].is_multiple_of(kind.block) {
        return invalid(format!(
            "the tensor {name} has rows of {}, not a multiple of {}'s {}",
            dimensions[0], kind.name, kind.block
        ));
    }
    if !offset.is_multiple_of(alignment) {
        return invalid(format!("the tensor {name} begins at {offset}, not a multiple of {alignment}"));
    }
    Ok(Tensor { name, dimensions, kind, offset, bytes })
}

fn check_types(tensors: &[Tensor]) -> Result<(), Refusal> {
    match tensors.iter().find(|tensor| !tensor.kind.engine) {
        None => Ok(()),
        Some(tensor) => Err(Refusal::Unsupported(format!(
            "the tensor {} is {}; the engine reads {}",
            tensor.name,
            tensor.kind.name,
            readable_types()
        ))),
    }
}

fn commonest_type(tensors: &[Tensor]) -> &'static str {
    let mut weights: HashMap<&'static str, u64> = HashMap::new();
    for tensor in tensors {
        let total = weights.entry(tensor.kind.name).or_default();
        *total = total.saturating_add(tensor.elements());
    }
    weights.into_iter().max_by_key(|&(name, total)| (total, name)).map_or("F32", |(name, _)| name)
}
