//! Says whether this build is on the crates that `patches/` changes: they have hooks that the published ones lack.

use std::path::Path;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(patched)");
    println!("cargo::rerun-if-changed=build.rs");
    // Where `build/patched-crates.mjs` puts them.
    if Path::new("../../vendor/mistralrs-core-0.8.1").exists() && Path::new("../../vendor/candle-core-0.11.1").exists()
    {
        println!("cargo::rustc-cfg=patched");
    }
}
