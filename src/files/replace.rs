//! Puts a file in the place of another in one step.

use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{Temporary, remove_abandoned, what_it_is};
use crate::error::{Error, ErrorKind, Result};

/// As Linux does: longer chains of symbolic links are taken for a circle.
const MOST_LINKS: usize = 40;

/// Where a file will stand.
struct Target {
    path: PathBuf,
    folder: PathBuf,
    /// Those of the file that stands there.
    permissions: Option<Permissions>,
}

/// Whether a file could be written as `path`, without touching it: ask before long work. `what` is what an error calls it.
///
/// Symbolic links are followed; the file that they name is the one to be replaced.
///
/// Errors: `NotFound` if there is no such folder, `Io` if it is none, or if `path` is there and no regular file (a
/// folder, a device, a pipe).
///
/// # Example
/// ```
/// use twinspect::files::check_target;
/// let error = check_target("the scores", "no/such/folder/scores.txt".as_ref()).unwrap_err();
/// assert_eq!(error.kind(), twinspect::ErrorKind::NotFound);
/// ```
pub fn check_target(what: &str, path: &Path) -> Result<()> {
    target(what, path).map(|_| ())
}

/// Writes a file beside `path`, makes sure that it is on the disk, and moves it there in one step.
///
/// `what` is what an error calls the content, for instance "the picture". Errors: as [`check_target`]; `Io` (no right to
/// write, full disk), and then a file of that name is as it was.
///
/// # Example
/// ```
/// use twinspect::files::replace;
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("scores.txt");
/// replace("the scores", &path, b"1.25")?;
/// assert_eq!(std::fs::read(&path)?, b"1.25");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn replace(what: &str, path: &Path, bytes: &[u8]) -> Result<()> {
    let target = target(what, path)?;
    remove_abandoned(&target.folder);
    written(&target, bytes, true).map_err(|error| failed(&error, what, path))
}

/// The same without waiting for the disk, for one of many files that can be made again: after a power cut it may be empty.
///
/// What killed processes have left in the folder stays: a program removes it before the first of its many files. Errors: as
/// [`replace`].
pub fn replace_unsynced(what: &str, path: &Path, bytes: &[u8]) -> Result<()> {
    let target = target(what, path)?;
    written(&target, bytes, false).map_err(|error| failed(&error, what, path))
}

fn failed(error: &io::Error, what: &str, path: &Path) -> Error {
    Error::io(error, &format!("write {what}"), path)
        .hint("The file of that name, if any, is as it was.")
}

fn written(target: &Target, bytes: &[u8], is_synced: bool) -> io::Result<()> {
    let mut temporary = Temporary::new_in(&target.folder)?;
    let file = temporary.file();
    file.write_all(bytes)?;
    if let Some(permissions) = &target.permissions {
        file.set_permissions(permissions.clone())?;
    }
    if !is_synced {
        return temporary.name(&target.path);
    }
    file.sync_all()?;
    #[cfg(unix)]
    let folder = File::open(&target.folder);
    temporary.name(&target.path)?;
    // The new file stands: that its name may not outlive a power cut is no failure to report, nor is a folder that may be
    // written to but not read.
    #[cfg(unix)]
    let _ = folder.and_then(|folder| folder.sync_all());
    Ok(())
}

fn target(what: &str, path: &Path) -> Result<Target> {
    let refuse = |why: String| {
        Err(Error::new(ErrorKind::Io, format!("cannot write {what}: {why}")).at(path))
    };
    let failed = |error| Error::io(&error, &format!("write {what}"), path);
    let ends_as_folder = path.to_string_lossy().ends_with(std::path::is_separator);
    if path.file_name().is_none() || ends_as_folder {
        return refuse("the path names no file".to_owned());
    }
    let target = followed(path).map_err(failed)?;
    let folder = folder_of(&target);
    match std::fs::metadata(&folder) {
        Ok(metadata) if metadata.is_dir() => (),
        Ok(_) => return refuse(format!("'{}' is no folder", folder.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let message = format!(
                "cannot write {what}: there is no folder '{}'",
                folder.display()
            );
            return Err(Error::new(ErrorKind::NotFound, message).at(path));
        }
        Err(error) => return Err(failed(error)),
    }
    let permissions = match std::fs::symlink_metadata(&target) {
        Ok(metadata) => match what_it_is(&metadata) {
            None => Some(metadata.permissions()),
            Some(kind) => return refuse(format!("it is {kind}, which is not replaced")),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed(error)),
    };
    Ok(Target {
        path: target,
        folder,
        permissions,
    })
}

/// The path that symbolic links lead to, whether anything stands there or not.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match std::fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => {
                path = folder_of(&path).join(std::fs::read_link(&path)?);
            }
            _ => return Ok(path),
        }
    }
    Err(io::Error::other("its symbolic links lead in a circle"))
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
