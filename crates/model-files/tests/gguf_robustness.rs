//! Whatever bytes a GGUF file holds, reading its header returns, and allocates no more than the file's length allows.

mod gguf_writer;

use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use gguf_writer::*;
use proptest::prelude::*;
use tramontane_model_files::{GgufHeader, build_tokenizer};

/// Remembers the largest allocation.
struct Guard;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Guard {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        LARGEST.fetch_max(size, Ordering::Relaxed);
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static GUARD: Guard = Guard;

fn file() -> GgufWriter {
    let mut file = GgufWriter::llama(&["a", "b", "ab", "<|end|>"]);
    file.set("tokenizer.ggml.token_type", i32s_value(&[1, 1, 1, 3]));
    file.set("tokenizer.ggml.scores", f32s_value(&[0.0, -1.0, -2.0, -3.0]));
    file.set("tokenizer.ggml.merges", strings_value(&["a b"]));
    file.set("tokenizer.ggml.eos_token_id", u32_value(3));
    file.set("general.odd", array_value(9, 2, &[array(0, 2, &[1, 2]), array(7, 1, &[1])].concat()));
    file
}

fn read(bytes: &[u8]) -> Option<GgufHeader> {
    GgufHeader::parse(bytes, bytes.len() as u64, Path::new("x.gguf")).ok()
}

/// Builds the tokenizer of a header and uses it, without caring for the outcome.
fn tokenize(header: &GgufHeader) {
    if let Ok(Some(built)) = build_tokenizer(header) {
        let encoded = built.tokenizer.encode("ab a\u{301}<|end|>", true);
        drop(encoded);
    }
}

#[test]
fn random_damage_never_panics_nor_allocates_absurdly() {
    let (bytes, data_start) = file().bytes_and_data_start();
    tokenize(&read(&bytes).unwrap());
    LARGEST.store(0, Ordering::Relaxed);
    // A small generator of its own, so that every run tries the same damage.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut passed = 0_u32;
    for round in 0..40_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=next() % 4 {
            let at = next() as usize % data_start;
            damaged[at] = match next() % 4 {
                0 => 0xFF,
                1 => 0,
                2 => damaged[at] ^ (1 << (next() % 8)),
                _ => next() as u8,
            };
        }
        if let Some(header) = read(&damaged) {
            passed += 1;
            // Compiling the patterns takes far longer than reading the header.
            if round % 32 == 0 {
                tokenize(&header);
            }
        }
    }
    // Some damage is harmless (a letter in a name), most is found.
    assert!((1..30_000).contains(&passed), "{passed} of 40000 passed");
    assert!(LARGEST.load(Ordering::Relaxed) < 1 << 20, "{} bytes at once", LARGEST.load(Ordering::Relaxed));
}

#[test]
fn every_single_byte_can_be_anything() {
    let (bytes, data_start) = file().bytes_and_data_start();
    for at in 0..data_start {
        for value in [0, 1, 0x7F, 0x80, 0xFE, 0xFF] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            read(&damaged);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_after_the_magic_are_read_without_a_panic(rest in proptest::collection::vec(any::<u8>(), 0..600)) {
        read(&[&b"GGUF\x03\0\0\0"[..], &rest].concat());
    }

    #[test]
    fn any_value_of_any_type_is_read_without_a_panic(
        kind in 0_u32..14,
        value in proptest::collection::vec(any::<u8>(), 0..64),
        key in "[a-z.]{1,20}",
    ) {
        let mut damaged = file();
        damaged.set(&key, [&kind.to_le_bytes()[..], &value].concat());
        read(&damaged.bytes()).iter().for_each(tokenize);
    }

    #[test]
    fn any_number_in_any_key_is_read_without_a_panic(index in 0_usize..20, number in any::<u32>()) {
        let mut damaged = file();
        let key = damaged.keys[index % damaged.keys.len()].0.clone();
        damaged.set(&key, u32_value(number));
        read(&damaged.bytes()).iter().for_each(tokenize);
    }
}
