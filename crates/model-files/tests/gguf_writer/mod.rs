//! Writes GGUF files as the tests need them, sound or not.
#![allow(dead_code)]

pub const F32: u32 = 0;
pub const Q8_0: u32 = 8;

#[derive(Clone)]
pub struct GgufWriter {
    pub magic: [u8; 4],
    pub version: u32,
    /// Encoded values, type first.
    pub keys: Vec<(String, Vec<u8>)>,
    /// Name, dimensions, type, bytes of data.
    pub tensors: Vec<(String, Vec<u64>, u32, u64)>,
    pub alignment: u64,
}

pub fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

pub fn u32_value(value: u32) -> Vec<u8> {
    [4_u32.to_le_bytes(), value.to_le_bytes()].concat()
}

pub fn f32_value(value: f32) -> Vec<u8> {
    [6_u32.to_le_bytes(), value.to_le_bytes()].concat()
}

pub fn bool_value(value: bool) -> Vec<u8> {
    [&7_u32.to_le_bytes()[..], &[u8::from(value)]].concat()
}

pub fn string_value(text: &str) -> Vec<u8> {
    [&8_u32.to_le_bytes()[..], &string(text)].concat()
}

/// An array of `count` elements of type `kind`, already encoded.
pub fn array_value(kind: u32, count: u64, elements: &[u8]) -> Vec<u8> {
    [&9_u32.to_le_bytes()[..], &array(kind, count, elements)].concat()
}

pub fn array(kind: u32, count: u64, elements: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &count.to_le_bytes(), elements].concat()
}

pub fn strings_value(strings: &[&str]) -> Vec<u8> {
    array_value(8, strings.len() as u64, &strings.iter().flat_map(|text| string(text)).collect::<Vec<_>>())
}

pub fn i32s_value(numbers: &[i32]) -> Vec<u8> {
    array_value(5, numbers.len() as u64, &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
}

pub fn f32s_value(numbers: &[f32]) -> Vec<u8> {
    array_value(6, numbers.len() as u64, &numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>())
}

impl GgufWriter {
    pub fn empty() -> Self {
        Self { magic: *b"GGUF", version: 3, keys: Vec::new(), tensors: Vec::new(), alignment: 32 }
    }

    /// A sound model of one layer: 32 wide, two heads, one of them for keys, `tokens` tokens.
    pub fn llama(tokens: &[&str]) -> Self {
        let mut file = Self::empty();
        file.set("general.architecture", string_value("llama"));
        file.set("general.name", string_value("Tiny"));
        for (key, value) in [
            ("block_count", 1),
            ("context_length", 64),
            ("embedding_length", 32),
            ("feed_forward_length", 64),
            ("attention.head_count", 2),
            ("attention.head_count_kv", 1),
            ("rope.dimension_count", 16),
        ] {
            file.set(&format!("llama.{key}"), u32_value(value));
        }
        file.set("llama.attention.layer_norm_rms_epsilon", f32_value(1e-5));
        file.set("tokenizer.ggml.model", string_value("gpt2"));
        file.set("tokenizer.ggml.pre", string_value("gpt-2"));
        file.set("tokenizer.ggml.tokens", strings_value(tokens));
        file.set("tokenizer.chat_template", string_value("{{ messages }}"));
        let rows = tokens.len() as u64;
        for (name, dimensions, kind) in [
            ("token_embd.weight", vec![32, rows], Q8_0),
            ("output_norm.weight", vec![32], F32),
            ("blk.0.attn_norm.weight", vec![32], F32),
            ("blk.0.ffn_norm.weight", vec![32], F32),
            ("blk.0.attn_q.weight", vec![32, 32], Q8_0),
            ("blk.0.attn_k.weight", vec![32, 16], Q8_0),
            ("blk.0.attn_v.weight", vec![32, 16], Q8_0),
            ("blk.0.attn_output.weight", vec![32, 32], Q8_0),
            ("blk.0.ffn_gate.weight", vec![32, 64], Q8_0),
            ("blk.0.ffn_up.weight", vec![32, 64], Q8_0),
            ("blk.0.ffn_down.weight", vec![64, 32], Q8_0),
        ] {
            file.tensor(name, &dimensions, kind);
        }
        file
    }

    pub fn set(&mut self, key: &str, value: Vec<u8>) {
        match self.keys.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.keys.push((key.to_owned(), value)),
        }
    }

    pub fn unset(&mut self, key: &str) {
        self.keys.retain(|(name, _)| name != key);
    }

    pub fn tensor(&mut self, name: &str, dimensions: &[u64], kind: u32) {
        let elements: u64 = dimensions.iter().product();
        let bytes = if kind == Q8_0 { elements / 32 * 34 } else { elements * 4 };
        self.tensors.retain(|(old, ..)| old != name);
        self.tensors.push((name.to_owned(), dimensions.to_vec(), kind, bytes));
    }

    pub fn remove_tensor(&mut self, name: &str) {
        self.tensors.retain(|(old, ..)| old != name);
    }

    /// The file, and where its tensor data begin.
    pub fn bytes_and_data_start(&self) -> (Vec<u8>, usize) {
        let mut out = self.magic.to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.keys.len() as u64).to_le_bytes());
        for (key, value) in &self.keys {
            out.extend(string(key));
            out.extend(value);
        }
        let mut offset = 0_u64;
        for (name, dimensions, kind, bytes) in &self.tensors {
            out.extend(string(name));
            out.extend((dimensions.len() as u32).to_le_bytes());
            out.extend(dimensions.iter().flat_map(|size| size.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset = (offset + bytes).next_multiple_of(self.alignment);
        }
        out.resize(out.len().next_multiple_of(self.alignment as usize), 0);
        let start = out.len();
        for (.., bytes) in &self.tensors {
            out.resize(out.len().next_multiple_of(self.alignment as usize), 0);
            out.resize(out.len() + *bytes as usize, 1);
        }
        (out, start)
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.bytes_and_data_start().0
    }
}
