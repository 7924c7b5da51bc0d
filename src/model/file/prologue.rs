//! The first bytes of a model file, and whether the rest is what they say.

use sha2::{Digest, Sha256};

use super::VERSION;
use crate::error::{Error, ErrorKind, Result};
use crate::model::archive::damaged;

const MAGIC: &[u8; 16] = b"TWINSPECT-MODEL\n";

/// Bytes before the archive.
pub const BYTES: usize = MAGIC.len() + 4 + 8 + 32;

/// What is known of an archive before it is read.
pub struct Prologue {
    length: u64,
    checksum: [u8; 32],
}

impl Prologue {
    /// The prologue of this archive.
    pub fn of(archive: &[u8]) -> Self {
        Self {
            length: archive.len() as u64,
            checksum: Sha256::digest(archive).into(),
        }
    }

    /// Its bytes, as [`Prologue::read`] takes them.
    pub fn bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let fields = [
            &MAGIC[..],
            &VERSION.to_le_bytes(),
            &self.length.to_le_bytes(),
            &self.checksum,
        ];
        bytes.copy_from_slice(&fields.concat());
        bytes
    }

    /// Reads it off the first bytes of a file. Errors: `Format` if they are not a model's, `Version`.
    pub fn read(first: &[u8]) -> Result<Self> {
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
            return Err(foreign(first));
        };
        if version != VERSION {
            let message = format!(
                "the model file is of version {version}, this library reads version {VERSION}"
            );
            return Err(Error::new(ErrorKind::Version, message)
                .hint("Use the library that wrote it, or fit again."));
        }
        Ok(Self { length, checksum })
    }

    /// Whether this many bytes are left for the archive. Errors: `Format`.
    pub fn check_length(&self, left: u64) -> Result<()> {
        if left == self.length {
            return Ok(());
        }
        Err(damaged(format!(
            "it should hold {} bytes and holds {left}",
            self.length
        )))
    }

    /// Whether this is the archive. Errors: `Format`.
    pub fn check(&self, archive: &[u8]) -> Result<()> {
        self.check_length(archive.len() as u64)?;
        if Sha256::digest(archive).as_slice() != self.checksum {
            return Err(damaged("its checksum is wrong"));
        }
        Ok(())
    }
}

fn foreign(first: &[u8]) -> Error {
    let what = match first {
        [] => "it is empty",
        _ if first.starts_with(MAGIC) => "it ends within its first bytes",
        [b'P', b'K', 3, 4, ..] => "it is a zip archive, as PyTorch and ONNX tools write",
        [0x80, 2..=5, ..] => "it is a Python pickle, which is never read",
        _ if std::str::from_utf8(&first[..first.len().min(BYTES)]).is_ok() => "it is a text",
        _ => "it is of another kind",
    };
    Error::new(ErrorKind::Format, format!("not a twinspect model: {what}"))
        .hint("`twinspect fit FOLDER -o part.twin` makes one.")
}
