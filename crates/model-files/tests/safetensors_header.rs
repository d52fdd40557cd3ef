//! What reading a safetensors header finds, and what it refuses.

use proptest::prelude::*;
use tramontane_model_files::SafetensorsHeader;

fn file(header: &str, data: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; data]].concat()
}

fn read(bytes: &[u8]) -> Result<SafetensorsHeader, String> {
    SafetensorsHeader::parse(bytes, bytes.len() as u64)
}

const SOUND: &str = r#"{"__metadata__":{"format":"pt"},
    "b":{"dtype":"BF16","shape":[2,3],"data_offsets":[8,20]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;

#[test]
fn a_sound_file_says_what_it_holds() {
    let header = read(&file(SOUND, 20)).unwrap();
    assert_eq!((header.tensor_count, header.data_bytes), (2, 20));
    let types: Vec<_> =
        header.types.iter().map(|(name, of)| (name.as_str(), of.tensors, of.elements, of.bytes)).collect();
    assert_eq!(types, [("BF16", 1, 6, 12), ("F32", 1, 2, 8)]);
}

#[test]
fn a_file_cut_anywhere_is_told_so() {
    let bytes = file(SOUND, 20);
    for length in 0..bytes.len() {
        let message = read(&bytes[..length]).unwrap_err();
        assert!(message.contains(&format!("cut short: {length} bytes are there")), "{message}");
    }
    assert!(read(&file(SOUND, 21)).unwrap_err().contains("longer than its tensors"));
}

#[test]
fn headers_that_cannot_be_are_refused() {
    let refused = |header: &str, part: &str| {
        let message = read(&file(header, 8)).unwrap_err();
        assert!(message.contains(part), "{message}");
    };
    refused("not json", "header");
    refused("[]", "header");
    refused(r#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, "lacks");
    refused(r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, "length of its shape");
    refused(r#"{"a":{"dtype":"F32","shape":[18446744073709551615,9],"data_offsets":[0,8]}}"#, "impossible shape");
    refused(r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#, "gap");
    refused(r#"{"a":{"dtype":"U8","shape":[8],"data_offsets":[8,0]}}"#, "ends before");
    refused(
        r#"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[1],"data_offsets":[7,8]}}"#,
        "overlaps",
    );
    assert!(read(&[0xFF; 64]).unwrap_err().contains("claims"));
    assert!(read(b"version https://git-lfs.github.com/spec/v1").unwrap_err().contains("git lfs pull"));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), length in 0_u64..400) {
        drop(read(&[&length.to_le_bytes()[..], &bytes].concat()));
        let mut damaged = file(SOUND, 20);
        for pair in bytes.chunks_exact(2) {
            let at = pair[0] as usize % damaged.len();
            damaged[at] = pair[1];
        }
        drop(read(&damaged));
    }
}
