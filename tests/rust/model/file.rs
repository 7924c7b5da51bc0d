//! The model file: what was saved is what is loaded, and nothing else is.

use std::path::Path;
use std::sync::Arc;

use twinspect::ErrorKind;
use twinspect::features::weights;
use twinspect::model::Model;
use twinspect::model::file::check_target;
use twinspect::options::Options;

use super::hostile::Parts;
use super::inspect;
use crate::oracle::data;
use crate::parts::{defective, fit, good, good_parts, options};
use crate::skip::skip;

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
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a picture"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"BM\x9e\0\0\0", "a picture"),
        (b"\x7fELF\x02\xff", "another kind"),
    ] {
        let error = load(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.message().contains(expected), "{error}");
        assert!(error.what_to_do().contains("version 1"), "{error}");
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
fn weights_of_another_hash_than_the_model_names_are_refused() {
    let other = "0".repeat(64);
    let model = fit(&good_parts(2), &options(&[]));
    let mut parts = Parts::of(&model);
    parts.header["backbone"]["sha256"] = other.as_str().into();
    let error = load(&parts.file()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");

    if let Err(error) = weights::find("xfeat") {
        skip("a model whose matcher has other weights", error);
        return;
    }
    let xfeat = options(&[("matcher", "xfeat"), ("matcher.size", "192")]);
    let mut parts = Parts::of(&fit(&good_parts(4), &xfeat));
    load(&parts.file()).unwrap();
    parts.header["matcher"][0] = other.as_str().into();
    let error = load(&parts.file()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights, "{error}");
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

#[test]
fn moved_module_is_named_at_the_models_place_and_may_be_named_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (module, path) = (folder.path().join("a.pt"), folder.path().join("part.twin"));
    std::fs::copy(data("backbones/tuple.pt"), &module).unwrap();
    let settings = options(&[("backbone", module.to_str().unwrap())]);
    fit(&good_parts(2), &settings).save(&path).unwrap();
    let moved = folder.path().join("b.pt");
    std::fs::rename(&module, &moved).unwrap();

    let error = Model::load(&path, &Options::default()).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::Weights, path.to_str().unwrap())
    );
    assert!(
        error.message().contains(module.to_str().unwrap()),
        "{error}"
    );
    assert!(
        error.what_to_do().contains("It moved? --set backbone=PATH"),
        "{error}"
    );

    let mut elsewhere = Options::default();
    elsewhere
        .set_text("backbone", moved.to_str().unwrap())
        .unwrap();
    let model = Model::load(&path, &elsewhere).unwrap();
    let name = moved.to_str().unwrap();
    assert_eq!(
        (model.network().name(), &*model.recipe().backbone),
        (name, name)
    );
    assert_eq!(model.options().text("backbone").unwrap(), name);
    assert!(load(&model.to_bytes().unwrap()).is_ok());
}

#[test]
fn module_is_stored_by_its_absolute_path() {
    let settings = options(&[("backbone", "tests/data/backbones/tuple.pt")]);
    let model = load(&fit(&good_parts(2), &settings).to_bytes().unwrap()).unwrap();
    let expected = std::path::absolute("tests/data/backbones/tuple.pt").unwrap();
    assert_eq!(
        model.options().text("backbone").unwrap(),
        expected.to_str().unwrap()
    );
}

#[test]
fn target_is_checked_before_long_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("file"), "x").unwrap();
    std::fs::create_dir(path("folder")).unwrap();
    for fine in ["new.twin", "file", "folder/new.twin"] {
        check_target(&path(fine)).unwrap();
    }
    check_target(Path::new("new.twin")).unwrap();
    for (bad, kind, words) in [
        ("folder", ErrorKind::Io, "a folder"),
        ("new/", ErrorKind::Io, "names no file"),
        ("..", ErrorKind::Io, "names no file"),
        ("", ErrorKind::Io, "names no file"),
        ("file/new.twin", ErrorKind::Io, "no folder"),
        ("none/new.twin", ErrorKind::NotFound, "there is no folder"),
    ] {
        let bad = if bad.is_empty() {
            Path::new("").to_owned()
        } else {
            path(bad)
        };
        let error = check_target(&bad).unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(words), "{error}");
        assert_eq!(error.place(), bad.display().to_string());
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[cfg(unix)]
mod unix {
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn pipe(path: &Path) {
        let name = CString::new(path.as_os_str().as_bytes()).unwrap();
        #[allow(unsafe_code)]
        // SAFETY: the name ends with NUL.
        let made = unsafe { libc::mkfifo(name.as_ptr(), 0o600) };
        assert_eq!(made, 0);
    }

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn pipes_and_devices_are_neither_replaced_nor_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        pipe(&path);
        let model = fit(&good_parts(2), &options(&[]));
        for (path, words) in [(&*path, "a pipe"), (Path::new("/dev/null"), "a device")] {
            let error = model.save(path).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Io, "{error}");
            assert!(error.message().contains(words), "{error}");
        }
        for (path, words) in [
            (&*path, "a pipe"),
            (Path::new("/dev/zero"), "a device"),
            (folder.path(), "a folder"),
        ] {
            let error = Model::load(path, &Options::default()).unwrap_err();
            assert_eq!(
                (error.kind(), error.place()),
                (ErrorKind::Io, path.to_str().unwrap())
            );
            assert!(error.message().contains(words), "{error}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn symbolic_link_stays_and_its_file_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link"), folder.path().join("sub/target"));
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        symlink("sub/target", &link).unwrap();
        let model = fit(&good_parts(2), &options(&[]));
        for _ in 0..2 {
            model.save(&link).unwrap();
            assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
            assert!(std::fs::symlink_metadata(&target).unwrap().is_file());
        }
        Model::load(&link, &Options::default()).unwrap();

        let circle = folder.path().join("circle");
        symlink("circle", &circle).unwrap();
        let error = check_target(&circle).unwrap_err();
        assert!(error.message().contains("circle"), "{error}");
    }

    #[test]
    fn new_file_follows_the_umask_and_a_replaced_one_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let model = fit(&good_parts(2), &options(&[]));
        let (path, other) = (folder.path().join("a.twin"), folder.path().join("other"));
        model.save(&path).unwrap();
        std::fs::write(&other, "").unwrap();
        assert_eq!(mode(&path), mode(&other));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        model.save(&path).unwrap();
        assert_eq!(mode(&path), 0o640);
    }

    #[test]
    fn failure_to_write_does_not_name_the_temporary_file() {
        // Nobody, not even root, makes a file in this folder.
        let path = Path::new("/proc/part.twin");
        let error = fit(&good_parts(2), &options(&[])).save(path).unwrap_err();
        assert_eq!(error.place(), "/proc/part.twin");
        assert!(!error.message().contains(".part"), "{error}");
    }
}

#[test]
fn file_that_is_longer_than_it_says_reports_format_without_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.twin");
    fit(&good_parts(2), &options(&[])).save(&path).unwrap();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    // A hole on the disk, larger than memory.
    file.set_len(1 << 42).unwrap();
    let error = Model::load(&path, &Options::default()).unwrap_err();
    assert_eq!(
        (error.kind(), error.place()),
        (ErrorKind::Format, path.to_str().unwrap())
    );
}

#[test]
fn description_says_what_the_model_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("part.twin");
    let model = fit(&good_parts(4), &options(&[]));
    model.save(&path).unwrap();
    let description = Model::describe(&path).unwrap();
    assert_eq!(description.backbone, model.network().name());
    assert_eq!(description.sha256, model.network().sha256());
    assert_eq!(description.image_size, model.image_size());
    assert_eq!(description.input_size, model.input_size());
    assert_eq!(description.grid_size, model.grid_size());
    assert_eq!(description.thresholds, model.thresholds());
    assert_eq!(description.image_count(), model.image_count());
    assert_eq!(description.warnings, model.warnings());
    let (found, group) = (&description.groups[0], &model.groups()[0]);
    assert_eq!(found.lead().name, group.lead().name);
    assert_eq!(found.fewest_matches(), group.fewest_matches());
    assert_eq!(&found.thumbnail, group.thumbnail());

    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(
        Model::describe(&path).unwrap_err().kind(),
        ErrorKind::Format
    );
}
