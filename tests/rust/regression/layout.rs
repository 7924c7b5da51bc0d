//! The layout of files as `docs/file-formats.md` describes it, by a reader that knows that page and nothing of this library.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};
use twinspect::features::weights;
use twinspect::legacy::{GrayType, Learning, Tolerance, Variation};
use twinspect::model::Model;

use super::{files_in, gray, options, root, versions, writing};
use crate::parts;
use crate::skip::skip;

/// Bytes of a file before its content.
const FRAME: usize = 60;

fn reader() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/formats/read.py")
}

/// What the reader says of files; none if there is no Python.
fn read(files: &[PathBuf]) -> Option<Output> {
    match Command::new("python3").arg(reader()).args(files).output() {
        Ok(output) => Some(output),
        Err(error) => {
            skip("the layout of files", error);
            None
        }
    }
}

fn objects(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whether all files are as the page says, and what it says of them.
#[track_caller]
fn assert_read(files: &[PathBuf]) -> Vec<Value> {
    let Some(output) = read(files) else {
        return Vec::new();
    };
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docs/file-formats.md: {errors}");
    let objects = objects(&output);
    assert_eq!(objects.len(), files.len());
    objects
}

fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let names = files_in(folder).into_iter();
    names.map(|name| folder.join(name)).collect()
}

#[test]
fn page_describes_the_files_of_every_version() {
    for version in versions() {
        assert_read(&paths_in(&version));
    }
}

#[test]
fn page_describes_what_is_written_today_and_every_tensor_of_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    writing::write(folder.path());
    let objects = assert_read(&paths_in(folder.path()));
    if objects.is_empty() {
        return;
    }
    let rows = objects
        .iter()
        .filter_map(|object| object["rows"].as_array());
    let used: BTreeSet<&str> = rows.flatten().filter_map(Value::as_str).collect();
    let page = fs::read_to_string(root().join("../../docs/file-formats.md")).unwrap();
    let named: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `group.G."))
        .filter_map(|row| row.split('`').next())
        .collect();
    let written: BTreeSet<&str> = used
        .iter()
        .filter_map(|row| row.strip_prefix("group.G."))
        .collect();
    // Other references of a part are formed by the same code as those of a group.
    let of_parts =
        ["bank", "members", "owners", "sum", "products"].map(|name| format!("part.{name}"));
    let missing: Vec<&&str> = named
        .difference(&written)
        .filter(|name| !of_parts.contains(&(**name).to_owned()))
        .collect();
    assert!(missing.is_empty(), "no file has the tensors {missing:?}");
}

#[test]
fn page_describes_a_shadow_and_imported_weights() {
    let folder = tempfile::tempdir().unwrap();
    let shadow = folder.path().join("shadow");
    let mut options = parts::options(&[("variation.engine", "both"), ("statistics.few", "0")]);
    options
        .set_text("shadow.folder", &shadow.display().to_string())
        .unwrap();
    let pictures: Vec<_> = (0..6)
        .map(|seed| image::imageops::grayscale(&parts::good(seed)))
        .collect();
    let mut model =
        Variation::new(parts::SIZE, GrayType::Byte, Learning::Standard, &options).unwrap();
    model
        .train(&pictures.iter().map(gray).collect::<Vec<_>>())
        .unwrap();
    // So wide that the pixels call everything good.
    let tolerance = Tolerance {
        absolute: [200.0; 2],
        relative: [3.0; 2],
    };
    model.prepare(&tolerance).unwrap();
    let defect = image::imageops::grayscale(&parts::defective(50));
    for picture in [&pictures[0], &defect] {
        model.compare(&gray(picture), None).unwrap();
    }
    let source = crate::oracle::data("weights/zip.pth");
    let imported = weights::import(&source, Some("resnet18"), folder.path()).unwrap();
    let objects = assert_read(&[shadow.join("shadow.csv"), imported]);
    if let [shadow, weights] = &objects[..] {
        assert_eq!(shadow["rows"], 2);
        assert_eq!(weights["name"], "resnet18");
    }
}

#[test]
fn reader_refuses_what_the_page_does_not_describe() {
    let folder = tempfile::tempdir().unwrap();
    let whole = fs::read(root().join("0.1/gaussian.twin")).unwrap();
    let header = |from: &str, to: &str| with_header(&whole, from, to);
    let cases = [
        ("a flipped bit", flipped(&whole), "SHA-256"),
        (
            "a short file",
            whole[..whole.len() - 1].to_vec(),
            "bytes of content",
        ),
        (
            "an unknown key",
            header("\\\"pose\\\"", "\\\"posy\\\""),
            "no key ['posy']",
        ),
        (
            "an unknown tensor",
            header("group.0.mean", "group.0.meat"),
            "0 rows for tensor group.0.meat",
        ),
        ("another dtype", header("\"F64\"", "\"I64\""), "is I64"),
    ];
    for (what, bytes, words) in cases {
        let path = folder.path().join("case.twin");
        fs::write(&path, bytes).unwrap();
        let Some(output) = read(&[path]) else { return };
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && errors.contains(words),
            "{what}: {errors}"
        );
    }
}

#[test]
fn key_that_the_library_does_not_know_is_ignored() {
    let whole = fs::read(root().join("0.1/gaussian.twin")).unwrap();
    let key = "{\\\"library\\\"";
    let later = with_header(
        &whole,
        key,
        "{\\\"of a later version\\\":{\\\"a\\\":[1]},\\\"library\\\"",
    );
    let found = Model::from_bytes(&later, &options()).unwrap();
    let known = Model::from_bytes(&whole, &options()).unwrap();
    assert_eq!(found.to_bytes().unwrap(), known.to_bytes().unwrap());
}

fn flipped(whole: &[u8]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    bytes
}

/// A model file with the first of some words of the archive's header replaced; lengths and checksum are right again.
fn with_header(whole: &[u8], from: &str, to: &str) -> Vec<u8> {
    let content = &whole[FRAME..];
    let (length, rest) = content.split_first_chunk().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header = std::str::from_utf8(header).unwrap();
    assert!(header.contains(from), "'{from}' is not in {header}");
    let header = header.replacen(from, to, 1);
    let mut changed = (header.len() as u64).to_le_bytes().to_vec();
    changed.extend_from_slice(header.as_bytes());
    changed.extend_from_slice(data);
    let mut bytes = whole[..20].to_vec();
    bytes.extend_from_slice(&(changed.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(&changed));
    bytes.extend_from_slice(&changed);
    bytes
}
