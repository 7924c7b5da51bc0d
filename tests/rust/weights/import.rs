//! The weights folder: finding, checking, importing.

use std::fs;

use twinspect::ErrorKind;
use twinspect::features::weights::{self, State, find_in, import, verify};

use super::{assert_as_pytorch_says, data, sha256};

#[test]
fn find_in_an_empty_folder_says_how_to_get_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = find_in("resnet50", folder.path()).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Weights, "there is no resnet50-0676ba61.pth")
    );
    assert!(
        error
            .what_to_do()
            .contains("twinspect weights get resnet50"),
        "{error}"
    );
}

#[test]
fn find_of_a_file_with_another_content_is_weights_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(data("zip.pth"), folder.path().join("resnet50-0676ba61.pth")).unwrap();
    let error = find_in("resnet50", folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights);
    assert!(error.message().contains("expected 0676ba61"), "{error}");
    let wrong = verify(folder.path())
        .into_iter()
        .filter(|(_, state)| matches!(state, State::Wrong(_)));
    assert_eq!(
        wrong.map(|(file, _)| file.name).collect::<Vec<_>>(),
        ["resnet50"]
    );
}

#[test]
fn import_of_an_unknown_file_needs_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let error = import(&data("zip.pth"), None, folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights);
    assert!(error.what_to_do().contains("--name"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn import_under_a_name_keeps_every_tensor_and_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = import(&data("legacy.pth"), Some("resnet18"), folder.path()).unwrap();
    let found = find_in("resnet18", folder.path()).unwrap();
    assert_eq!(
        (&found.path, &found.sha256),
        (&path, &sha256(&fs::read(&path).unwrap()))
    );
    assert_as_pytorch_says(&weights::read(&path).unwrap(), "resnet18.safetensors");
}

#[test]
fn imported_file_that_changed_or_has_no_note_is_weights_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = import(&data("zip.pth"), Some("resnet18"), folder.path()).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(
        find_in("resnet18", folder.path()).unwrap_err().kind(),
        ErrorKind::Weights
    );
    fs::remove_file(folder.path().join("resnet18.safetensors.sha256")).unwrap();
    let error = find_in("resnet18", folder.path()).unwrap_err();
    assert!(error.message().contains("was not imported"), "{error}");
}

#[test]
fn import_beside_the_published_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("resnet18-f37072fd.pth"), "any").unwrap();
    let error = import(&data("zip.pth"), Some("resnet18"), folder.path()).unwrap_err();
    assert!(error.message().contains("are there already"), "{error}");
}

#[test]
fn import_of_a_file_that_would_run_a_command_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        import(&data("runs_zip.pth"), Some("resnet18"), folder.path())
            .unwrap_err()
            .kind(),
        ErrorKind::Format
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn import_of_what_has_no_end_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let mut endless = vec![folder.path().to_owned()];
    if cfg!(unix) {
        endless.push("/dev/zero".into());
    }
    for path in endless {
        let error = import(&path, Some("resnet18"), folder.path()).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Io, "is not a regular file")
        );
    }
}

#[test]
fn import_of_more_than_4_gib_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pth");
    // A file with a hole: it takes no room on the disk.
    let length = (4 << 30) + 1;
    fs::File::create(&path).unwrap().set_len(length).unwrap();
    let error = import(&path, Some("resnet18"), folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Weights);
    assert!(error.message().contains(&length.to_string()), "{error}");
}

#[test]
fn import_of_a_known_file_is_recognised_by_its_digest() {
    let Ok(found) = weights::find("efficientnet-lite0") else {
        crate::skip::skip(
            "import of a known file",
            "efficientnet-lite0 is not in the weights folder",
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let renamed = folder.path().join("renamed.bin");
    fs::copy(&found.path, &renamed).unwrap();
    let into = folder.path().join("weights");
    let path = import(&renamed, None, &into).unwrap();
    assert_eq!(path, into.join("efficientnet-lite0-57934424.pth"));
    assert_eq!(
        find_in("efficientnet-lite0", &into).unwrap().sha256,
        found.sha256
    );
    let error = import(&renamed, Some("resnet50"), &into).unwrap_err();
    assert_eq!(
        error.message(),
        "these are the weights of efficientnet-lite0, not of resnet50"
    );
}
