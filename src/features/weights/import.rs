//! A weight file that the user has, into the weights folder.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::digest;
use super::safetensors;
use super::store::{imported_path, note_path};
use super::table::{WEIGHT_FILES, WeightFile, entry};
use super::tensors::read;
use crate::error::{Error, ErrorKind, Result};
use crate::files::{Temporary, remove_abandoned};

/// The largest file that is read; the largest known one has 1.2 GB.
const MOST_BYTES: u64 = 4 << 30;

/// Takes a file into `folder`, which is made if need be; answers with the file that is there now.
///
/// A file whose SHA-256 is in the table is copied under its published name, so that the published digest goes on guarding
/// it. Any other file needs `name`, by which the user says whose weights they are: it is read (tensors only, nothing is
/// executed) and written as `NAME.safetensors` with a note of its digest; whether the network accepts its tensors
/// shows when the network is built.
///
/// Errors: `Weights` for an unknown file without a name, a known file under another name, or a name whose published file is
/// there already, or more than 4 GiB; `InvalidArgument` for an unknown name; `Format`, `NotFound`, `Io`, also for what is no
/// regular file.
pub fn import(file: &Path, name: Option<&str>, folder: &Path) -> Result<PathBuf> {
    let named = name.map(entry).transpose()?;
    check_ends(file)?;
    let sha256 = digest::of_file(file)?;
    let recognised = WEIGHT_FILES.iter().find(|known| known.sha256 == sha256);
    match (recognised, named) {
        (Some(known), None) => copy_published(file, known, folder),
        (Some(known), Some(named)) if known.name == named.name => {
            copy_published(file, known, folder)
        }
        (Some(known), Some(named)) => {
            let text = format!(
                "these are the weights of {}, not of {}",
                known.name, named.name
            );
            Err(Error::new(ErrorKind::Weights, text)
                .at(file)
                .hint(format!("Import it without --name {}.", named.name)))
        }
        (None, Some(named)) => convert(file, &sha256, named, folder),
        (None, None) => {
            let names: Vec<_> = WEIGHT_FILES.iter().map(|known| known.name).collect();
            Err(Error::new(
                ErrorKind::Weights,
                format!("no known weight file has the SHA-256 {sha256}"),
            )
            .at(file)
            .hint(format!(
                "If you trust it, say whose weights these are: --name with one of {}.",
                names.join(", ")
            )))
        }
    }
}

/// Refuses what might be read for ever, before any of it is read.
fn check_ends(file: &Path) -> Result<()> {
    let about = fs::metadata(file).map_err(|error| Error::io(&error, "open", file))?;
    if !about.is_file() {
        return Err(Error::new(ErrorKind::Io, "is not a regular file")
            .at(file)
            .hint("Name a file of torch.save (.pth), .safetensors or .onnx."));
    }
    if about.len() > MOST_BYTES {
        let text = format!(
            "has {} bytes, a weight file at most {MOST_BYTES}",
            about.len()
        );
        return Err(Error::new(ErrorKind::Weights, text).at(file));
    }
    Ok(())
}

fn copy_published(file: &Path, known: &WeightFile, folder: &Path) -> Result<PathBuf> {
    let target = folder.join(known.file);
    let copy = empty_beside(folder)?;
    fs::copy(file, copy.path()).map_err(|error| Error::io(&error, "copy", file))?;
    // The copy is checked, not the source: the source may have changed meanwhile.
    digest::check(copy.path(), known.sha256)?;
    keep(copy, &target)?;
    Ok(target)
}

fn convert(file: &Path, source_sha256: &str, named: &WeightFile, folder: &Path) -> Result<PathBuf> {
    let published = folder.join(named.file);
    if published.exists() {
        return Err(Error::new(
            ErrorKind::Weights,
            format!("the published weights of {} are there already", named.name),
        )
        .at(published)
        .hint("Remove that file first; it would go before yours."));
    }
    let tensors = read(file)?;
    let mut copy = empty_beside(folder)?;
    let metadata = HashMap::from([
        ("twinspect.name".to_owned(), named.name.to_owned()),
        (
            "twinspect.source_sha256".to_owned(),
            source_sha256.to_owned(),
        ),
    ]);
    // Into the file that is there: one of its path alone would not be locked.
    copy.file()
        .write_all(&safetensors::file_of(&tensors, metadata)?)
        .map_err(|error| Error::io(&error, "write", copy.path()))?;
    let sha256 = digest::of_file(copy.path())?;

    let target = imported_path(named, folder);
    let note = empty_beside(folder)?;
    fs::write(
        note.path(),
        format!("{sha256}  {}.safetensors\n", named.name),
    )
    .map_err(|error| Error::io(&error, "write", note.path()))?;
    keep(copy, &target)?;
    keep(note, &note_path(&target))?;
    Ok(target)
}

/// A new file in `folder`, removed again unless it is [kept](keep); by the next import if the process is killed.
pub(super) fn empty_beside(folder: &Path) -> Result<Temporary> {
    fs::create_dir_all(folder).map_err(|error| Error::io(&error, "make the folder", folder))?;
    remove_abandoned(folder);
    Temporary::new_in(folder).map_err(|error| Error::io(&error, "write", folder))
}

/// Gives a finished file its name, in one step: nobody sees half a file.
pub(super) fn keep(mut file: Temporary, target: &Path) -> Result<()> {
    share(file.path())?;
    file.file()
        .sync_all()
        .and_then(|()| file.name(target))
        .map_err(|error| Error::io(&error, "write", target))
}

/// A temporary file is its maker's alone; weights in a shared folder are for everybody.
#[cfg(unix)]
fn share(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
        .map_err(|error| Error::io(&error, "write", path))
}

#[cfg(not(unix))]
fn share(_: &Path) -> Result<()> {
    Ok(())
}
