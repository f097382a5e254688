//! An image that is played needs the memory map of the emulated board; the others are only weighed.

fn main() {
    println!("cargo::rerun-if-changed=../../bench.ld");
    if std::env::var_os("CARGO_FEATURE_PLAY").is_some() {
        let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg=-T{package}/../../bench.ld");
    }
}
