fn main() {
    let args: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let header = tramontane_model_files::GgufHeader::read(std::path::Path::new(&args[1])).unwrap();
    eprintln!(
        "header {:?} {} {} {} {:?}",
        t.elapsed(),
        header.architecture,
        header.parameter_count,
        header.quantization,
        header.dimensions
    );
    let t = std::time::Instant::now();
    let built = tramontane_model_files::build_tokenizer(&header).unwrap().unwrap();
    eprintln!("tokenizer {:?} {:?}", t.elapsed(), built.warnings);
    let texts: Vec<String> = serde_json::from_slice(&std::fs::read(&args[2]).unwrap()).unwrap();
    let ids: Vec<Vec<u32>> =
        texts.iter().map(|t| built.tokenizer.encode_fast(t.as_str(), false).unwrap().get_ids().to_vec()).collect();
    let mut bad = 0;
    for (t, i) in texts.iter().zip(&ids) {
        let d = built.tokenizer.decode(i, false).unwrap();
        if &d != t {
            bad += 1;
            if bad < 4 {
                eprintln!("decode {t:?} -> {d:?}");
            }
        }
    }
    eprintln!("decode mismatches {bad} of {}", texts.len());
    std::fs::write(&args[3], serde_json::to_vec(&ids).unwrap()).unwrap();
}
