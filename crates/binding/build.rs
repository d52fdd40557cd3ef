//! What the linker has to be told for an addon.

fn main() {
    napi_build::setup();
}
