//! What a file of ours begins with, and whether the rest is what it says.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::files::what_it_is;

const MAGIC_BYTES: usize = 16;

/// Bytes before the content: magic, version (u32), length of the content (u64), SHA-256 of the content; little endian.
pub const BYTES: usize = MAGIC_BYTES + 4 + 8 + 32;

/// A kind of file.
pub(crate) struct Frame {
    /// Its first bytes.
    pub magic: &'static [u8; MAGIC_BYTES],
    /// The version that is written, and the only one that is read.
    pub version: u32,
    /// What it holds, as errors name it: `model`.
    pub thing: &'static str,
    /// How errors name the file itself: `the model file`.
    pub file: &'static str,
    /// What to do about a file of another version.
    pub other_version: &'static str,
    /// The error of a file that is of another kind, by its first bytes.
    pub foreign: fn(&[u8]) -> Error,
    /// The error of a file that is not what it was written as.
    pub damaged: fn(String) -> Error,
}

/// What is known of the content before it is read.
struct Prologue {
    length: u64,
    checksum: [u8; 32],
}

impl Frame {
    /// The content with the bytes before it. Errors: `Memory`.
    pub fn framed(&self, content: &[u8]) -> Result<Vec<u8>> {
        let mut bytes = self.reserved(BYTES + content.len())?;
        bytes.extend_from_slice(self.magic);
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(&(content.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&Sha256::digest(content));
        bytes.extend_from_slice(content);
        Ok(bytes)
    }

    /// The content of a whole file, found right. Errors: `Format`, `Version`.
    pub fn content<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8]> {
        let prologue = self.prologue(bytes)?;
        // There are as many, or there would be no prologue.
        let content = &bytes[BYTES..];
        self.check(&prologue, content)?;
        Ok(content)
    }

    /// The content of the file at `path`, found right; no memory is taken for a file that cannot be one.
    ///
    /// Errors: `NotFound`, `Io`, `Format`, `Version`, `Memory`.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let thing = self.thing;
        let failed = |error| Error::io(&error, &format!("read the {thing}"), path);
        // Before it is opened: opening a pipe waits for whoever writes to it.
        if let Some(what) = what_it_is(&std::fs::metadata(path).map_err(failed)?) {
            let message = format!("cannot read the {thing}: it is {what}");
            return Err(Error::new(ErrorKind::Io, message));
        }
        let mut file = File::open(path).map_err(failed)?;
        let mut first = Vec::with_capacity(BYTES);
        (&mut file)
            .take(BYTES as u64)
            .read_to_end(&mut first)
            .map_err(failed)?;
        let prologue = self.prologue(&first)?;
        let length = file.metadata().map_err(failed)?.len();
        let length = length.saturating_sub(BYTES as u64);
        self.check_length(&prologue, length)?;

        let mut content = self.reserved(usize::try_from(length).unwrap_or(usize::MAX))?;
        file.take(length)
            .read_to_end(&mut content)
            .map_err(failed)?;
        self.check(&prologue, &content)?;
        Ok(content)
    }

    /// An empty buffer with room for so many bytes. Errors: `Memory`.
    pub fn reserved(&self, length: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).map_err(|_| {
            let message = format!("no memory for a {} of {length} bytes", self.thing);
            Error::new(ErrorKind::Memory, message)
        })?;
        Ok(bytes)
    }

    fn prologue(&self, first: &[u8]) -> Result<Prologue> {
        let fields = first.strip_prefix(self.magic).and_then(|fields| {
            let (version, fields) = fields.split_first_chunk()?;
            let (length, fields) = fields.split_first_chunk()?;
            let (checksum, _) = fields.split_first_chunk()?;
            let length = u64::from_le_bytes(*length);
            let checksum = *checksum;
            Some((u32::from_le_bytes(*version), Prologue { length, checksum }))
        });
        let Some((version, prologue)) = fields else {
            return Err((self.foreign)(first));
        };
        if version != self.version {
            let (file, own) = (self.file, self.version);
            let message =
                format!("{file} is of version {version}, this library reads version {own}");
            return Err(Error::new(ErrorKind::Version, message).hint(self.other_version));
        }
        Ok(prologue)
    }

    fn check_length(&self, prologue: &Prologue, left: u64) -> Result<()> {
        let length = prologue.length;
        if left == length {
            return Ok(());
        }
        let message = format!("it should hold {length} bytes and holds {left}");
        Err((self.damaged)(message))
    }

    fn check(&self, prologue: &Prologue, content: &[u8]) -> Result<()> {
        self.check_length(prologue, content.len() as u64)?;
        if Sha256::digest(content).as_slice() != prologue.checksum {
            return Err((self.damaged)("its checksum is wrong".to_owned()));
        }
        Ok(())
    }
}
