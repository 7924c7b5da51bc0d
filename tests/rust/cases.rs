//! The map of inputs that break tools to their tests: none of those that it names may be gone.

use std::path::Path;

const MAP: &str = "tests/cases/README.md";

/// Rows of the map.
const INPUTS: usize = 30;

/// Whether a file has a test or a case of this name.
fn has(file: &Path, text: &str, name: &str) -> bool {
    if file.extension().is_some_and(|ending| ending == "tsv") {
        return text
            .lines()
            .any(|line| line.split('\t').next() == Some(name));
    }
    // Rust, Python, C# and C++.
    ["fn ", "def ", "static void "]
        .iter()
        .any(|kind| text.contains(&format!("{kind}{name}(")))
}

/// What the rows behind the map's title name and is not there, and how many rows there are.
fn missing(root: &Path, map: &str) -> (Vec<String>, usize) {
    let (_, rows) = map.split_once("## Which test is whose").unwrap();
    let (mut missing, mut inputs) = (Vec::new(), 0);
    // A title and a line stand above the rows.
    for row in rows.lines().filter(|line| line.starts_with('|')).skip(2) {
        inputs += 1;
        let mut file = None;
        for word in row.split('`').skip(1).step_by(2) {
            if word.starts_with("make ") {
                continue;
            }
            if word.contains('/') {
                let path = root.join(word);
                match std::fs::read_to_string(&path) {
                    Ok(text) => file = Some((path, text)),
                    Err(error) => missing.push(format!("{word}: {error}")),
                }
                continue;
            }
            match &file {
                Some((path, text)) if has(path, text, word) => {}
                _ => missing.push(format!("{word}, in the row: {row}")),
            }
        }
        if file.is_none() {
            missing.push(format!("a test, in the row: {row}"));
        }
    }
    (missing, inputs)
}

#[test]
fn tests_that_the_map_of_cases_names_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let map = std::fs::read_to_string(root.join(MAP)).unwrap();
    let (missing, inputs) = missing(root, &map);
    assert!(missing.is_empty(), "{MAP} names {missing:#?}");
    assert_eq!(inputs, INPUTS, "rows of {MAP}");
}

#[test]
fn test_that_is_gone_is_found_missing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let title = "## Which test is whose\n| input | tests |\n| --- | --- |\n";
    let of = |tests: &str| missing(root, &format!("{title}| a | {tests} |\n")).0.len();
    assert_eq!(
        of("`tests/rust/cases.rs`: `test_that_is_gone_is_found_missing`"),
        0
    );
    assert_eq!(of("`tests/rust/cases.rs`: `is_gone`"), 1);
    assert_eq!(of("`tests/cases/cases.tsv`: `part`, `par`"), 1);
    // Neither the file nor a test of it.
    assert_eq!(of("`tests/no_such_file.rs`: `a`"), 3);
    assert_eq!(of("none"), 1);
}
