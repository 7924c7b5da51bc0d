//! The functions that the built library exports are those of the header, and are listed in `cmake/exports.txt`.
//!
//! `TWINSPECT_WRITE_HEADER=1 cargo test exports` writes the list, after the header was written.
#![cfg(unix)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The names that the committed header declares: those before a parenthesis, outside of comments.
fn declared() -> BTreeSet<String> {
    let header = fs::read_to_string(root().join("include/twinspect/twinspect.h")).unwrap();
    let code = header.split("/*").map(|part| match part.split_once("*/") {
        Some((_, code)) => code,
        None => part,
    });
    let mut names = BTreeSet::new();
    for code in code {
        let before = code.split('(').map(|before| {
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            &before[before.trim_end_matches(is_name).len()..]
        });
        names.extend(
            before
                .filter(|name| name.starts_with("tsp_"))
                .map(str::to_owned),
        );
    }
    names
}

fn listed() -> Vec<String> {
    let list = fs::read_to_string(root().join("cmake/exports.txt")).unwrap_or_default();
    list.lines().map(str::to_owned).collect()
}

#[test]
fn exports_are_listed_one_a_line_and_sorted() {
    let declared: Vec<String> = declared().into_iter().collect();
    if std::env::var_os("TWINSPECT_WRITE_HEADER").is_some() {
        let list: String = declared.iter().map(|name| format!("{name}\n")).collect();
        fs::write(root().join("cmake/exports.txt"), list).unwrap();
        return;
    }
    assert_eq!(listed(), declared, "`make header` writes cmake/exports.txt");
}

#[test]
fn built_library_exports_what_is_listed_and_no_other_function_of_ours() {
    let test = std::env::current_exe().unwrap();
    let library = test.parent().unwrap().join("libtwinspect.so");
    let output = Command::new("nm")
        .args(["-D", "--defined-only"])
        .arg(&library)
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return crate::skip::skip("the exports of the library", error),
    };
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let names = text
        .lines()
        .filter_map(|line| line.split_whitespace().last());
    let mut ours: Vec<&str> = names.filter(|name| name.starts_with("tsp_")).collect();
    ours.sort_unstable();
    assert_eq!(ours, listed());
}
