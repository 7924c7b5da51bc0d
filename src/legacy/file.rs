//! The file of a variation model: versioned, checksummed, replaced atomically.
//!
//! `TWINSPECT-PIXEL\n`, version (u32), length of the rest (u64), SHA-256 of the rest, then the record. Numbers are little
//! endian. The checksum finds damage, not intent: the record is checked value by value.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::model::file::{replace, what_it_is};

const MAGIC: &[u8; 16] = b"TWINSPECT-PIXEL\n";
const VERSION: u32 = 1;
const PROLOGUE_BYTES: usize = MAGIC.len() + 4 + 8 + 32;

/// A record with the bytes before it. Errors: `Memory`.
pub fn framed(record: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = reserved(PROLOGUE_BYTES + record.len())?;
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&(record.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&Sha256::digest(record));
    bytes.extend_from_slice(record);
    Ok(bytes)
}

/// The record of a file's content, found right. Errors: `Format`, `Version`.
pub fn body(bytes: &[u8]) -> Result<&[u8]> {
    let record = bytes.get(PROLOGUE_BYTES..).unwrap_or_default();
    let checksum = checksum(bytes, record.len() as u64)?;
    if Sha256::digest(record).as_slice() != checksum {
        return Err(damaged("its checksum is wrong"));
    }
    Ok(record)
}

/// Writes a record to a file. Errors: those of [`replace`]; `Memory`.
pub fn write(path: &Path, record: &[u8]) -> Result<()> {
    replace("the variation model", path, &framed(record)?)
}

/// Reads the record of a file; no memory is taken for a file that cannot be one.
///
/// Errors: `NotFound`, `Io`, `Format`, `Version`, `Memory`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |error| Error::io(&error, "read the variation model", path);
    // Before it is opened: opening a pipe waits for whoever writes to it.
    if let Some(what) = what_it_is(&std::fs::metadata(path).map_err(failed)?) {
        let message = format!("cannot read the variation model: it is {what}");
        return Err(Error::new(ErrorKind::Io, message));
    }
    let mut file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    let mut first = Vec::with_capacity(PROLOGUE_BYTES);
    (&mut file)
        .take(PROLOGUE_BYTES as u64)
        .read_to_end(&mut first)
        .map_err(failed)?;
    checksum(&first, length.saturating_sub(PROLOGUE_BYTES as u64))?;
    let mut bytes = reserved(usize::try_from(length).unwrap_or(usize::MAX))?;
    bytes.extend_from_slice(&first);
    file.take(length.saturating_sub(first.len() as u64))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    body(&bytes)?;
    bytes.drain(..PROLOGUE_BYTES);
    Ok(bytes)
}

/// The checksum that the first bytes of a file name, if they are those of one with this many bytes after them.
fn checksum(first: &[u8], left: u64) -> Result<[u8; 32]> {
    let fields = first.strip_prefix(MAGIC).and_then(|fields| {
        let (version, fields) = fields.split_first_chunk()?;
        let (length, fields) = fields.split_first_chunk()?;
        let (checksum, _) = fields.split_first_chunk()?;
        Some((
            u32::from_le_bytes(*version),
            u64::from_le_bytes(*length),
            *checksum,
        ))
    });
    let Some((version, length, checksum)) = fields else {
        return Err(Error::new(ErrorKind::Format, "not a variation model of twinspect")
            .hint("HALCON's own files cannot be read: train again, or prepare_direct with the images that \
                   get_variation_model gives."));
    };
    if version != VERSION {
        let message = format!(
            "the variation model is of version {version}, this library reads version {VERSION}"
        );
        return Err(Error::new(ErrorKind::Version, message).hint("Use the library that wrote it."));
    }
    if length != left {
        return Err(damaged(&format!(
            "it should hold {length} bytes and holds {left}"
        )));
    }
    Ok(checksum)
}

/// The error of a file that is not what it was written as.
pub fn damaged(why: &str) -> Error {
    Error::new(
        ErrorKind::Format,
        format!("the variation model is damaged: {why}"),
    )
    .hint("Copy it again, or train again.")
}

/// Errors: `Memory`.
pub fn reserved(length: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| {
        let message = format!("no memory for a variation model of {length} bytes");
        Error::new(ErrorKind::Memory, message)
    })?;
    Ok(bytes)
}
