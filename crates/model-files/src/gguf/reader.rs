//! Reads the parts of a GGUF header in order, without trusting any number in it.
//!
//! Must hold: nothing is allocated before the file is known to be long enough to hold it, and what a header can make
//! this program (or the engine, which stores array elements less tightly) allocate has a ceiling of its own. Nesting
//! is bounded. Nothing here panics.

use std::io::Read;

use super::value::{Array, StringList, Value};

/// Longest header accepted, tensor list included. The largest known vocabularies take about 30 MB.
const MAX_HEADER_BYTES: u64 = 512 << 20;
/// Most array elements in all of the metadata. Known vocabularies have about a million in tokens, merges and types.
const MAX_ARRAY_ELEMENTS: u64 = 16 << 20;
/// Most arrays inside arrays in all of the metadata: nobody writes them, but the format has them.
const MAX_NESTED_ARRAYS: u64 = 1 << 16;
const MAX_DEPTH: usize = 16;

/// What is wrong with a header.
#[derive(Debug)]
pub(crate) enum Damage {
    /// The file ends before what the header announces.
    CutShort { needed: u64 },
    /// The header contradicts itself or the format.
    Invalid(String),
    /// The file cannot be read.
    Io(std::io::Error),
}

pub(crate) fn invalid<T>(message: impl Into<String>) -> Result<T, Damage> {
    Err(Damage::Invalid(message.into()))
}

/// A reader that knows how many bytes the file has left.
pub(crate) struct HeaderReader<R> {
    input: R,
    position: u64,
    length: u64,
    elements: u64,
    nested: u64,
    buffer: Vec<u8>,
}

impl<R: Read> HeaderReader<R> {
    /// `length` is the length of the whole file.
    pub(crate) fn new(input: R, length: u64) -> Self {
        Self { input, position: 0, length, elements: 0, nested: 0, buffer: Vec::new() }
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Fails unless `count` things of at least `size` bytes each can still come.
    pub(crate) fn expect(&self, count: u64, size: u64) -> Result<(), Damage> {
        let needed = count.checked_mul(size).and_then(|bytes| bytes.checked_add(self.position));
        match needed {
            Some(needed) if needed > self.length => Err(Damage::CutShort { needed }),
            Some(needed) if needed > MAX_HEADER_BYTES => {
                invalid(format!("the header claims more than {MAX_HEADER_BYTES} bytes"))
            }
            Some(_) => Ok(()),
            None => invalid(format!("the header claims {count} items of {size} bytes, more than any file holds")),
        }
    }

    /// The next `count` bytes; valid until the next call.
    fn bytes(&mut self, count: u64) -> Result<&[u8], Damage> {
        self.expect(count, 1)?;
        let length = count as usize; // at most MAX_HEADER_BYTES
        self.buffer.resize(length, 0);
        self.input.read_exact(&mut self.buffer).map_err(|error| match error.kind() {
            // The file shrank while it was read.
            std::io::ErrorKind::UnexpectedEof => Damage::CutShort { needed: self.position + count },
            _ => Damage::Io(error),
        })?;
        self.position += count;
        Ok(&self.buffer)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let mut out = [0; N];
        out.copy_from_slice(self.bytes(N as u64)?);
        Ok(out)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Damage> {
        self.fixed().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Damage> {
        self.fixed().map(u64::from_le_bytes)
    }

    fn boolean(&mut self) -> Result<bool, Damage> {
        match self.fixed::<1>()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => invalid(format!("a boolean is {other}, neither 0 nor 1")),
        }
    }

    /// The name of a key or tensor: valid UTF-8 without NUL.
    pub(crate) fn name(&mut self) -> Result<String, Damage> {
        let length = self.u64()?;
        if length > 65_535 {
            self.expect(length, 1)?;
            return invalid(format!("a name is {length} bytes long"));
        }
        let bytes = self.bytes(length)?;
        match std::str::from_utf8(bytes) {
            Ok(name) if !name.is_empty() && !name.contains('\0') => Ok(name.to_owned()),
            _ => invalid(format!("a name is not readable text: {:?}", String::from_utf8_lossy(bytes))),
        }
    }

    /// The bytes of a string value. Some writers end strings with NUL.
    fn string_bytes(&mut self) -> Result<&[u8], Damage> {
        let length = self.u64()?;
        let bytes = self.bytes(length)?;
        let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        Ok(&bytes[..end])
    }

    /// A value, its type first.
    pub(crate) fn value(&mut self) -> Result<Value, Damage> {
        Ok(match self.u32()? {
            0 => Value::U8(u8::from_le_bytes(self.fixed()?)),
            1 => Value::I8(i8::from_le_bytes(self.fixed()?)),
            2 => Value::U16(u16::from_le_bytes(self.fixed()?)),
            3 => Value::I16(i16::from_le_bytes(self.fixed()?)),
            4 => Value::U32(self.u32()?),
            5 => Value::I32(i32::from_le_bytes(self.fixed()?)),
            6 => Value::F32(f32::from_le_bytes(self.fixed()?)),
            7 => Value::Bool(self.boolean()?),
            // Some files in use hold text that is not quite UTF-8; the engine reads it the same way.
            8 => Value::String(String::from_utf8_lossy(self.string_bytes()?).into_owned()),
            9 => Value::Array(self.array(0)?),
            10 => Value::U64(self.u64()?),
            11 => Value::I64(i64::from_le_bytes(self.fixed()?)),
            12 => Value::F64(f64::from_le_bytes(self.fixed()?)),
            other => return invalid(format!("a value has type {other}, which GGUF does not define")),
        })
    }

    fn array(&mut self, depth: usize) -> Result<Array, Damage> {
        if depth > MAX_DEPTH {
            return invalid(format!("arrays are nested more than {MAX_DEPTH} deep"));
        }
        let element = self.u32()?;
        let count = self.u64()?;
        let smallest = match element {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            9 => 12,
            other => return invalid(format!("an array holds type {other}, which GGUF does not define")),
        };
        self.expect(count, smallest)?;
        self.elements = self.elements.saturating_add(count);
        if self.elements > MAX_ARRAY_ELEMENTS {
            return invalid(format!("the metadata holds more than {MAX_ARRAY_ELEMENTS} array elements"));
        }
        Ok(match element {
            0 => Array::U8(self.numbers(count, u8::from_le_bytes)?),
            1 => Array::I8(self.numbers(count, i8::from_le_bytes)?),
            2 => Array::U16(self.numbers(count, u16::from_le_bytes)?),
            3 => Array::I16(self.numbers(count, i16::from_le_bytes)?),
            4 => Array::U32(self.numbers(count, u32::from_le_bytes)?),
            5 => Array::I32(self.numbers(count, i32::from_le_bytes)?),
            6 => Array::F32(self.numbers(count, f32::from_le_bytes)?),
            7 => Array::Bool((0..count).map(|_| self.boolean()).collect::<Result<_, _>>()?),
            8 => {
                let mut strings = StringList::default();
                for _ in 0..count {
                    strings.push(&String::from_utf8_lossy(self.string_bytes()?));
                }
                Array::String(strings)
            }
            9 => {
                self.nested = self.nested.saturating_add(count);
                if self.nested > MAX_NESTED_ARRAYS {
                    return invalid(format!("the metadata holds more than {MAX_NESTED_ARRAYS} arrays inside arrays"));
                }
                Array::Array((0..count).map(|_| self.array(depth + 1)).collect::<Result<_, _>>()?)
            }
            10 => Array::U64(self.numbers(count, u64::from_le_bytes)?),
            11 => Array::I64(self.numbers(count, i64::from_le_bytes)?),
            _ => Array::F64(self.numbers(count, f64::from_le_bytes)?),
        })
    }

    fn numbers<T, const N: usize>(&mut self, count: u64, from: fn([u8; N]) -> T) -> Result<Vec<T>, Damage> {
        self.expect(count, N as u64)?;
        let bytes = self.bytes(count * N as u64)?;
        Ok(bytes.as_chunks().0.iter().map(|&chunk| from(chunk)).collect())
    }
}
