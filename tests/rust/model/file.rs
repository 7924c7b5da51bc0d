//! The model file: what was saved is what is loaded, and nothing else is.

use std::path::Path;
use std::sync::Arc;

use twinspect::ErrorKind;
use twinspect::model::Model;
use twinspect::options::Options;

use super::inspect;
use crate::oracle::data;
use crate::parts::{defective, fit, good, good_parts, options};

fn load(bytes: &[u8]) -> twinspect::Result<Model> {
    Model::from_bytes(bytes, &Options::default())
}

#[test]
fn saved_model_gives_the_same_scores_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("Teil groß 零件 1.twin");
    let model = Arc::new(fit(&good_parts(12), &options(&[("score", "top")])));
    model.save(&path).unwrap();
    let loaded = Arc::new(Model::load(&path, &Options::default()).unwrap());
    for picture in [good(40), defective(41)] {
        let (a, b) = (inspect(&model, &picture), inspect(&loaded, &picture));
        assert_eq!(
            (a.score.to_bits(), a.verdict, a.matches),
            (b.score.to_bits(), b.verdict, b.matches)
        );
        assert_eq!(a.regions, b.regions);
    }
    assert_eq!(
        loaded.options().recipe().unwrap(),
        model.options().recipe().unwrap()
    );
    assert_eq!(
        loaded.groups()[0].lead().name,
        model.groups()[0].lead().name
    );
    assert_eq!(
        loaded.groups()[0].thumbnail(),
        model.groups()[0].thumbnail()
    );
}

#[test]
fn truncated_file_reports_format_at_every_length() {
    let bytes = fit(&good_parts(2), &options(&[])).to_bytes().unwrap();
    for length in (0..bytes.len()).step_by(64) {
        let error = load(&bytes[..length]).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Format,
            "{length} of {} bytes: {error}",
            bytes.len()
        );
    }
}

#[test]
fn flipped_bit_is_found_wherever_it_is() {
    let bytes = fit(&good_parts(2), &options(&[])).to_bytes().unwrap();
    for place in (0..bytes.len()).step_by(97).chain(0..80) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        let error = load(&flipped).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Format | ErrorKind::Version),
            "byte {place}: {error}"
        );
    }
}

#[test]
fn foreign_files_are_told_apart() {
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04....................", "zip archive"),
        (b"\x80\x02}q\x00.", "pickle"),
        (b"threshold = 3.0\n", "text"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "another kind"),
    ] {
        let error = load(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn newer_version_is_refused_with_both_versions() {
    let mut bytes = fit(&good_parts(2), &options(&[])).to_bytes().unwrap();
    bytes[16] = 9;
    let error = load(&bytes).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Version);
    assert!(
        error.message().contains("version 9") && error.message().contains("version 1"),
        "{error}"
    );
}

#[test]
fn other_weights_than_it_was_fitted_with_are_refused() {
    let bytes = fit(&good_parts(2), &options(&[])).to_bytes().unwrap();
    let mut elsewhere = Options::default();
    elsewhere
        .set_text("backbone", &data("backbones/dict.pt").display().to_string())
        .unwrap();
    let error = Model::from_bytes(&bytes, &elsewhere).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights);
}

#[test]
fn failed_save_leaves_the_old_file_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = fit(&good_parts(2), &options(&[]));
    // A folder of the model's name cannot be replaced by a file.
    let path = folder.path().join("part.twin");
    std::fs::create_dir(&path).unwrap();
    let error = model.save(&path).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::Io, &*path.display().to_string())
    );
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "a temporary file was left"
    );

    let error = model
        .save(&folder.path().join("no/such/folder.twin"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn absent_file_is_named() {
    let error = Model::load(Path::new("no/such.twin"), &Options::default()).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::NotFound, "no/such.twin")
    );
}
