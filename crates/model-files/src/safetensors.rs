//! The header of a safetensors file, read and checked before the engine maps the file.
//!
//! Must hold: a file that passes is whole, its tensors fill it without gaps or overlaps, and each is as long as its
//! shape and type say. Nothing is allocated before the file is known to be long enough for it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Deserialize;
use tramontane_error::{Error, ErrorCode};

use crate::tensor_count::TensorCount;

/// Longest header accepted; the format's own limit.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// What a safetensors file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SafetensorsHeader {
    /// Tensors in the file.
    pub tensor_count: usize,
    /// What there is of each type (`BF16`, `F32`, ...). Packed types count what is stored.
    pub types: BTreeMap<String, TensorCount>,
    /// Bytes of all tensors.
    pub data_bytes: u64,
}

#[derive(Deserialize)]
struct Entry {
    dtype: Option<String>,
    shape: Option<Vec<u64>>,
    data_offsets: Option<[u64; 2]>,
}

impl SafetensorsHeader {
    /// Reads and checks the header of `file`.
    ///
    /// # Errors
    /// `model-not-found` (no such file), `invalid-model` (damaged or cut short). The error names the file.
    pub fn read(file: &Path) -> Result<Self, Error> {
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
        Self::parse(input, length)
            .map_err(|message| Error::invalid_model(file, format!("{} {message}", file.display())))
    }

    /// Reads and checks a header from `input`, the start of a file of `length` bytes. The error is what is wrong with
    /// the file, without its name.
    pub fn parse(mut input: impl Read, length: u64) -> Result<Self, String> {
        let cut_short = |needed: u64| {
            format!("is cut short: {length} bytes are there, at least {needed} are needed; fetch the file again")
        };
        let mut size = [0; 8];
        if length < 8 {
            return Err(cut_short(8));
        }
        input.read_exact(&mut size).map_err(|error| format!("cannot be read: {error}"))?;
        if &size == b"version " {
            return Err("is a Git LFS pointer, not the file itself; run `git lfs pull`".to_owned());
        }
        let header_bytes = u64::from_le_bytes(size);
        if header_bytes > MAX_HEADER_BYTES {
            return Err(format!("is not a sound safetensors file: its header claims {header_bytes} bytes"));
        }
        if header_bytes > length - 8 {
            return Err(cut_short(header_bytes + 8));
        }
        let mut header = vec![0; header_bytes as usize];
        input.read_exact(&mut header).map_err(|error| format!("cannot be read: {error}"))?;
        let entries: BTreeMap<String, Entry> = serde_json::from_slice(&header)
            .map_err(|error| format!("is not a sound safetensors file: its header is not as it should be: {error}"))?;
        let unsound = |name: &str, what: &str| format!("is not a sound safetensors file: the tensor {name} {what}");

        let mut found = Self::default();
        let mut spans = Vec::new();
        for (name, entry) in &entries {
            if name == "__metadata__" {
                continue;
            }
            let (Some(dtype), Some(shape), Some([start, end])) = (&entry.dtype, &entry.shape, entry.data_offsets)
            else {
                return Err(unsound(name, "lacks its type, shape or place"));
            };
            let elements = shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
            let Some(elements) = elements else { return Err(unsound(name, "has an impossible shape")) };
            if end < start {
                return Err(unsound(name, "ends before it begins"));
            }
            if let Some(bits) = bits(dtype)
                && elements.checked_mul(bits) != (end - start).checked_mul(8)
            {
                return Err(unsound(name, "does not have the length of its shape and type"));
            }
            found.types.entry(dtype.clone()).or_default().add(elements, end - start);
            found.tensor_count += 1;
            spans.push((start, end, name));
        }
        spans.sort_unstable();
        let mut position = 0;
        for (start, end, name) in spans {
            if start != position {
                return Err(unsound(name, "leaves a gap before it or overlaps another"));
            }
            position = end;
        }
        found.data_bytes = position;
        match position.checked_add(8 + header_bytes) {
            Some(needed) if needed == length => Ok(found),
            Some(needed) if needed > length => Err(cut_short(needed)),
            _ => Err("is not a sound safetensors file: it is longer than its tensors".to_owned()),
        }
    }
}

fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        // A type that came later: its place is still checked.
        _ => return None,
    })
}
