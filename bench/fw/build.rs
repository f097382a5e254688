//! The counting image runs on an emulated board and needs its memory map; the other one is only weighed.

fn main() {
    println!("cargo::rerun-if-changed=../bench.ld");
    if std::env::var_os("CARGO_FEATURE_COUNT").is_some() {
        let package = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg=-T{package}/../bench.ld");
    }
}
