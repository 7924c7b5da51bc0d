//! Tells the linker where libtorch will be found, and the crate what it was built from.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-changed=.git/HEAD");
    println!("cargo:rerun-if-env-changed=DEP_TCH_LIBTORCH_LIB");
    link();
    describe();
}

fn link() {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }
    let (major, minor) = (
        variable("CARGO_PKG_VERSION_MAJOR"),
        variable("CARGO_PKG_VERSION_MINOR"),
    );
    // 0.x promises no stable ABI, so the minor version is part of the name.
    let soname = if major == "0" {
        format!("libtwinspect.so.0.{minor}")
    } else {
        format!("libtwinspect.so.{major}")
    };
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,{soname}");
    // Thread-local destructors run after dlclose otherwise (rust-lang/rust 91979).
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");

    // Beside the file first, where a package puts libtorch; then where this build found it.
    let mut folders = vec!["$ORIGIN".to_owned(), "$ORIGIN/libtorch/lib".to_owned()];
    if let Some(libtorch) = std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) {
        let libtorch = std::fs::canonicalize(&libtorch).unwrap_or(libtorch);
        folders.push(libtorch.display().to_string());
    }
    println!(
        "cargo:rustc-link-arg=-Wl,--enable-new-dtags,-rpath,{}",
        folders.join(":")
    );
}

fn describe() {
    let commit =
        output("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let rustc = output(&variable("RUSTC"), &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=TWINSPECT_COMMIT={commit}");
    println!("cargo:rustc-env=TWINSPECT_RUSTC={rustc}");
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(Path::new(&variable("CARGO_MANIFEST_DIR")))
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
