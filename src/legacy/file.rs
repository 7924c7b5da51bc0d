//! The file of a variation model: versioned, checksummed, replaced atomically.
//!
//! Framed as a model's file is, with other first bytes. The checksum finds damage, not intent: the record is checked value by
//! value.

use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::files::replace;
use crate::model::file::Frame;

/// What stands before the record.
pub const FRAME: Frame = Frame {
    magic: b"TWINSPECT-PIXEL\n",
    version: 2,
    thing: "variation model",
    file: "the variation model",
    other_version: "Use the library that wrote it.",
    foreign,
    damaged,
};

/// Writes a record to a file. Errors: those of [`replace`]; `Memory`.
pub fn write(path: &Path, record: &[u8]) -> Result<()> {
    replace("the variation model", path, &FRAME.framed(record)?)
}

/// The error of a file that is not what it was written as.
pub fn damaged(why: impl Into<String>) -> Error {
    let message = format!("the variation model is damaged: {}", why.into());
    Error::new(ErrorKind::Format, message).hint("Copy it again, or train again.")
}

fn foreign(_: &[u8]) -> Error {
    Error::new(ErrorKind::Format, "not a variation model of twinspect").hint(
        "HALCON's own files cannot be read: train again, or prepare_direct with the images that get_variation_model gives.",
    )
}
