//! Tells the linker where libtorch will be found, and the crate what it was built from.

use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=src/build.rs");
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
    // Keeps what other crates export for their own C++ (tch_*, bz_*) out of the list, which is then the header's.
    println!("cargo:rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");

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
    watch_commit();
    let commit =
        output("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    let rustc = output(&variable("RUSTC"), &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=TWINSPECT_COMMIT={commit}");
    println!("cargo:rustc-env=TWINSPECT_RUSTC={rustc}");
    println!(
        "cargo:rustc-env=TWINSPECT_LIBTORCH={}",
        libtorch_version().unwrap_or_default()
    );
}

/// Has the build run again after a checkout, and after a commit on the same branch, which only the log shows.
fn watch_commit() {
    // Git knows the place, which in a work tree of its own is not under .git. A file that is absent would mean always.
    for name in ["HEAD", "logs/HEAD"] {
        let path = output("git", &["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo:rerun-if-changed={path}");
        }
    }
}

/// The version that libtorch's headers state, such as "2.11.0".
fn libtorch_version() -> Option<String> {
    let library = PathBuf::from(std::env::var_os("DEP_TCH_LIBTORCH_LIB")?);
    let header = library.parent()?.join("include/torch/headeronly/version.h");
    let text = std::fs::read_to_string(&header).ok()?;
    println!("cargo:rerun-if-changed={}", header.display());
    let number = |part: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(&format!("#define TORCH_VERSION_{part} ")))?;
        line.trim().parse::<u32>().ok()
    };
    let (major, minor, patch) = (number("MAJOR")?, number("MINOR")?, number("PATCH")?);
    Some(format!("{major}.{minor}.{patch}"))
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
