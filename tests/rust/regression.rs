//! Files that earlier versions wrote: each is read, and says of the same pictures what it said when it was written.
//!
//! `tests/regression/VERSION` holds the files, the pictures and `expected.json`. `TWINSPECT_WRITE_REGRESSION=1` writes the folder
//! of this version, where there is none.

mod layout;
mod writing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use twinspect::ErrorKind;
use twinspect::image::{ImageView, PixelFormat};
use twinspect::legacy::{Tolerance, Variation};
use twinspect::model::{Fitter, Inspector, Model};
use twinspect::options::Options;
use twinspect::verdict::Verdict;

use crate::parts;

/// A network's sums come out in another order on another processor, and a score multiplies their rounding: 4e-6 was measured
/// between AVX-512 or AVX2 and plain code (2026-12-01).
const TOLERANCE: f64 = 1e-3;

/// Where a picture is moved onto its lead, rounding also moves the pixels that it is compared with.
const MOVED_TOLERANCE: f64 = 1e-2;

/// What was said of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    score: f32,
    verdict: Verdict,
    regions: usize,
}

/// What each file said of each picture.
type Expected = BTreeMap<String, BTreeMap<String, Said>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regression")
}

/// The folder of the version that is being built: `0.1`, as files are the same for all of its patches.
fn own_folder() -> PathBuf {
    let (major, minor) = (
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
    );
    root().join(format!("{major}.{minor}"))
}

/// The network of the files, which lies elsewhere than when they were written; a variation model learns on by the rest.
fn options() -> Options {
    let mut options = parts::options(&[("input.size", "64"), ("statistics.few", "0")]);
    let backbone = root().join("backbone.pt").display().to_string();
    options.set_text("backbone", &backbone).unwrap();
    options
}

fn said(file: &Path, picture: &Path) -> Said {
    match file.extension().and_then(|ending| ending.to_str()) {
        Some("twin") => said_by_model(file, picture),
        Some("variation") => said_by_variation(file, picture),
        other => panic!("{}: a file of {other:?}", file.display()),
    }
}

fn said_by_model(file: &Path, picture: &Path) -> Said {
    let model = Model::load(file, &options()).unwrap();
    let picture = image::open(picture).unwrap().to_rgb8();
    let view = rgb(&picture);
    let mut inspector = Inspector::new(Arc::new(model), &Options::default()).unwrap();
    let found = inspector.inspect(&view, None).unwrap();
    Said {
        score: found.score,
        verdict: found.verdict,
        regions: found.regions.len(),
    }
}

fn said_by_variation(file: &Path, picture: &Path) -> Said {
    let mut model = Variation::read(file, &options()).unwrap();
    if !model.is_prepared() {
        let automatic = Tolerance {
            absolute: [-1.0; 2],
            relative: [3.0; 2],
        };
        model.prepare(&automatic).unwrap();
    }
    let picture = image::open(picture).unwrap().to_luma8();
    let view = gray(&picture);
    let found = model.compare(&view, None).unwrap().decided;
    Said {
        score: found.score(),
        verdict: found.verdict,
        regions: found.regions.len(),
    }
}

fn rgb(picture: &image::RgbImage) -> ImageView<'_> {
    let (width, height) = picture.dimensions();
    ImageView::packed(PixelFormat::Rgb8, width, height, picture.as_raw()).unwrap()
}

fn gray(picture: &image::GrayImage) -> ImageView<'_> {
    let (width, height) = picture.dimensions();
    ImageView::packed(PixelFormat::Gray8, width, height, picture.as_raw()).unwrap()
}

fn expected_in(folder: &Path) -> Expected {
    let path = folder.join("expected.json");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The folders of all versions; what fuzzing has found lies beside them.
fn versions() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap());
    let mut versions: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !path.ends_with("fuzz"))
        .collect();
    versions.sort();
    versions
}

/// Names of the files of models in a folder.
fn files_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".twin") || name.ends_with(".variation"))
        .collect();
    names.sort();
    names
}

#[track_caller]
fn assert_said(file: &Path, picture: &str, expected: Said) {
    let found = said(file, &file.with_file_name(picture));
    let is_moved = file.ends_with("registered.twin");
    let tolerance = if is_moved { MOVED_TOLERANCE } else { TOLERANCE };
    let off = (f64::from(found.score) - f64::from(expected.score)).abs();
    let allowed = tolerance * f64::from(expected.score).abs();
    assert!(
        off <= allowed && (found.verdict, found.regions) == (expected.verdict, expected.regions),
        "{} on {picture}: {found:?}, when it was written {expected:?}; {off:.2e} off, allowed {allowed:.2e}",
        file.display()
    );
}

#[test]
fn files_of_every_version_say_what_they_said() {
    let versions = versions();
    assert!(versions.contains(&root().join("0.1")), "{versions:?}");
    for version in versions {
        let expected = expected_in(&version);
        let names: Vec<&String> = expected.keys().collect();
        assert_eq!(names, files_in(&version).iter().collect::<Vec<_>>());
        for (file, pictures) in &expected {
            let score = |name: &str| {
                let found = pictures.iter().find(|(picture, _)| picture.ends_with(name));
                found.unwrap().1.score
            };
            let (good, defect) = (score("good.png"), score("defect.png"));
            assert!(defect > good, "{file}: {good} and {defect} tell nothing");
            for (picture, said) in pictures {
                assert_said(&version.join(file), picture, *said);
            }
        }
    }
}

#[test]
fn models_of_every_version_learn_on_and_are_saved_anew() {
    for version in versions() {
        for file in files_in(&version) {
            let path = version.join(&file);
            if !file.ends_with(".twin") {
                let read = Variation::read(&path, &options()).unwrap();
                let bytes = read.to_bytes().unwrap();
                let again = Variation::from_bytes(&bytes, &options()).unwrap();
                assert_eq!(again.to_bytes().unwrap(), bytes, "{}", path.display());
                continue;
            }
            let model = Arc::new(Model::load(&path, &options()).unwrap());
            let pictures = expected_in(&version).remove(&file).unwrap();
            let good = pictures.keys().find(|name| name.ends_with("good.png"));
            let picture = image::open(version.join(good.unwrap())).unwrap().to_rgb8();
            let mut fitter = Fitter::extending(Arc::clone(&model), &Options::default()).unwrap();
            fitter.add(&rgb(&picture), None, "one more").unwrap();
            let more = fitter.fit(&mut ()).unwrap();
            assert_eq!(
                more.image_count(),
                model.image_count() + 1,
                "{}",
                path.display()
            );
            let bytes = more.to_bytes().unwrap();
            let again = Model::from_bytes(&bytes, &options()).unwrap();
            assert_eq!(again.to_bytes().unwrap(), bytes, "{}", path.display());
        }
    }
}

#[test]
fn every_kind_of_file_is_kept_of_this_version() {
    if std::env::var_os("TWINSPECT_WRITE_REGRESSION").is_some() {
        return writing::write_own();
    }
    assert_eq!(
        files_in(&own_folder()),
        writing::names(),
        "`make regression-files` writes the files of a new version; of one that was released none is changed"
    );
}

#[test]
fn module_of_another_hash_is_not_run_for_an_old_file() {
    let other = crate::oracle::data("backbones/flat.pt");
    let mut options = options();
    options
        .set_text("backbone", &other.display().to_string())
        .unwrap();
    let error = Model::load(&root().join("0.1/gaussian.twin"), &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
}
