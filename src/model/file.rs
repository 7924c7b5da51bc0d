//! The model file: one file, versioned, checksummed, replaced atomically.
//!
//! `TWINSPECT-MODEL\n`, format version (u32), length of the rest (u64), SHA-256 of the rest, then the model's archive. Numbers
//! are little endian. Nothing in it is ever executed.

use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Model;
use crate::model::archive::{self, damaged};
use crate::options::Options;

const MAGIC: &[u8; 16] = b"TWINSPECT-MODEL\n";

/// The version that is written; also the only one that can be read so far.
pub const VERSION: u32 = 1;

const PROLOGUE_BYTES: usize = MAGIC.len() + 4 + 8 + 32;

impl Model {
    /// Writes the model to `path`. A file of that name is replaced whole or, if anything fails, left as it is.
    ///
    /// Errors: `Io` (no right to write, full disk), `NotFound` (no such folder), `Memory`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let bytes = self.to_bytes()?;
        replace(path, &bytes).map_err(|error| {
            Error::io(&error, "write the model", path)
                .hint("The file of that name, if any, is as it was.")
        })
    }

    /// The content of the model's file.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let archive = archive::write(self)?;
        let mut bytes = Vec::new();
        let length = PROLOGUE_BYTES + archive.len();
        let no_memory = |_| {
            Error::new(
                ErrorKind::Memory,
                format!("no memory for a model of {length} bytes"),
            )
        };
        bytes.try_reserve_exact(length).map_err(no_memory)?;
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&(archive.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(&archive));
        bytes.extend_from_slice(&archive);
        Ok(bytes)
    }

    /// Reads a model from `path`; the options of scope `Run` say where it will work.
    ///
    /// Errors: `NotFound`, `Io`, `Format` (not a model, or damaged), `Version` (of a newer library), `Weights` (the
    /// backbone's weights are missing or others than it was fitted with), `Device`.
    pub fn load(path: &Path, options: &Options) -> Result<Self> {
        let bytes =
            std::fs::read(path).map_err(|error| Error::io(&error, "read the model", path))?;
        Self::from_bytes(&bytes, options).map_err(|error| error.at(path))
    }

    /// Reads a model from the content of its file.
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Self> {
        archive::read(checked_archive(bytes)?, options)
    }
}

/// The archive behind the prologue, after its length and checksum have been found right.
fn checked_archive(bytes: &[u8]) -> Result<&[u8]> {
    let fields = bytes
        .split_at_checked(PROLOGUE_BYTES)
        .and_then(|(prologue, archive)| {
            let (version, fields) = prologue.strip_prefix(MAGIC)?.split_first_chunk()?;
            let (length, checksum) = fields.split_first_chunk()?;
            Some((
                u32::from_le_bytes(*version),
                u64::from_le_bytes(*length),
                checksum,
                archive,
            ))
        });
    let Some((version, length, checksum, archive)) = fields else {
        return Err(foreign(bytes));
    };
    if version != VERSION {
        let message =
            format!("the model file is of version {version}, this library reads version {VERSION}");
        return Err(Error::new(ErrorKind::Version, message)
            .hint("Use the library that wrote it, or fit again."));
    }
    if archive.len() as u64 != length {
        return Err(damaged(format!(
            "it should hold {length} bytes and holds {}",
            archive.len()
        )));
    }
    if Sha256::digest(archive).as_slice() != checksum {
        return Err(damaged("its checksum is wrong"));
    }
    Ok(archive)
}

fn foreign(bytes: &[u8]) -> Error {
    let what = match bytes {
        [] => "it is empty",
        _ if bytes.starts_with(MAGIC) => "it ends within its first bytes",
        [b'P', b'K', 3, 4, ..] => "it is a zip archive, as PyTorch and ONNX tools write",
        [0x80, 2..=5, ..] => "it is a Python pickle, which is never read",
        _ if std::str::from_utf8(&bytes[..bytes.len().min(64)]).is_ok() => "it is a text",
        _ => "it is of another kind",
    };
    Error::new(ErrorKind::Format, format!("not a twinspect model: {what}"))
        .hint("`twinspect fit FOLDER -o part.twin` makes one.")
}

/// Writes a file beside `path`, makes sure that it is on the disk, and moves it there in one step.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".twinspect-")
        .suffix(".part")
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // A temporary file is private to its owner; a model is a file like any other that the user makes.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0o644, |metadata| metadata.permissions().mode());
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(mode))?;
    }
    file.persist(path).map_err(|error| error.error)?;
    #[cfg(unix)]
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}
