//! Compiles the bridge against libtorch's headers.

use std::path::Path;

fn main() {
    let mut bridge = cxx_build::bridge("lib.rs");
    // libtorch's headers warn.
    bridge
        .include(".")
        .file("onednn.cc")
        .std("c++17")
        .flag_if_supported("-w");
    println!("cargo:rerun-if-changed=lib.rs");
    println!("cargo:rerun-if-changed=onednn.h");
    println!("cargo:rerun-if-changed=onednn.cc");
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    let library = std::env::var_os("DEP_TCH_LIBTORCH_LIB").unwrap_or_default();
    if let Some(libtorch) = Path::new(&library).parent() {
        let headers = libtorch.join("include");
        bridge.include(headers.join("torch/csrc/api/include"));
        bridge.include(headers);
    }
    bridge.compile("twinspect-onednn");
    // Where this crate's own tests find libtorch; its users say that for themselves.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        let library = Path::new(&library).display();
        println!("cargo:rustc-link-arg=-Wl,-rpath,{library}");
    }
}
