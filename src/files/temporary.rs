//! Files that wait for their name, and those that wait in vain.
//!
//! Whoever writes one holds a lock on it, which the system takes back when the process ends, however it ends. So one that can
//! be locked has nobody left. Where a file system knows no locks, none can be locked, and all stay.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

const PREFIX: &str = ".twinspect-";
const SUFFIX: &str = ".part";

/// Between being made and being locked, a file can be taken for one that was left; more often in a row is no accident.
const MOST_ATTEMPTS: usize = 16;

/// A file without a name of its own yet; it is removed with this value, unless it is given one.
pub struct Temporary(NamedTempFile<File>);

impl Temporary {
    /// A new, empty file in `folder`. The user's umask decides who may read it, as of any file.
    pub fn new_in(folder: &Path) -> io::Result<Self> {
        for _ in 0..MOST_ATTEMPTS {
            // Opened here, so that the temporary name stays out of the errors.
            let file = tempfile::Builder::new()
                .prefix(PREFIX)
                .suffix(SUFFIX)
                .make_in(folder, |path| {
                    OpenOptions::new().write(true).create_new(true).open(path)
                })?;
            if is_mine(file.as_file()) {
                return Ok(Self(file));
            }
        }
        Err(io::Error::other("its temporary files are taken away"))
    }

    /// What is written to.
    pub fn file(&mut self) -> &mut File {
        self.0.as_file_mut()
    }

    /// Where it is until it has its name.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Gives it a name in the same folder, in one step; a file of that name is replaced.
    pub fn name(self, path: &Path) -> io::Result<()> {
        self.0
            .persist(path)
            .map(drop)
            .map_err(|persist| persist.error)
    }
}

/// Removes what processes that are no more have left in a folder. What cannot be removed stays; nobody needs to know.
pub fn remove_abandoned(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.as_encoded_bytes();
        let is_ours = name.starts_with(PREFIX.as_bytes()) && name.ends_with(SUFFIX.as_bytes());
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            remove_if_abandoned(&entry.path());
        }
    }
}

#[cfg(unix)]
fn remove_if_abandoned(path: &Path) {
    use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};

    // To be written to, as network file systems lock no other; not through a link, nor waiting for a pipe's reader.
    let flags = OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    if let Ok(file) = open(path, flags, Mode::empty())
        && flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    {
        // The name is drawn by chance: if its file has got another one meanwhile, nothing is there to be removed.
        let _ = fs::remove_file(path);
    }
}

/// Locks a file that was just made; not if it was taken for one that was left.
#[cfg(unix)]
fn is_mine(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;

    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    let locked = flock(file, FlockOperation::NonBlockingLockExclusive);
    locked != Err(Errno::WOULDBLOCK) && file.metadata().is_ok_and(|metadata| metadata.nlink() > 0)
}

#[cfg(not(unix))]
fn remove_if_abandoned(_: &Path) {}

#[cfg(not(unix))]
fn is_mine(_: &File) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn only_what_nobody_writes_any_more_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for name in [".twinspect-0a1B2c.part", ".twinspect-notes", "part.twin"] {
            fs::write(path.join(name), name).unwrap();
        }
        std::os::unix::fs::symlink("part.twin", path.join(".twinspect-link.part")).unwrap();
        let written = Temporary::new_in(path).unwrap();
        let own = written
            .path()
            .file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        remove_abandoned(path);
        let mut expected = vec![
            ".twinspect-link.part".to_owned(),
            ".twinspect-notes".to_owned(),
            own,
            "part.twin".to_owned(),
        ];
        expected.sort_unstable();
        assert_eq!(names(path), expected);
        assert_eq!(fs::read(path.join("part.twin")).unwrap(), b"part.twin");

        written.name(&path.join("part.twin")).unwrap();
        assert_eq!(fs::read(path.join("part.twin")).unwrap(), b"");
    }

    #[test]
    fn file_that_was_taken_away_is_not_mine() {
        let folder = tempfile::tempdir().unwrap();
        let mut written = Temporary::new_in(folder.path()).unwrap();
        assert!(is_mine(written.file()));
        fs::remove_file(written.path()).unwrap();
        assert!(!is_mine(written.file()));
    }
}
