//! Tensors and texts as a safetensors archive, with fallible allocation, which that crate's own writer lacks.

use std::collections::HashMap;
use std::io::{self, Write};

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{SafeTensors, View};
use serde::Serialize;

use super::entry::Entry;
use crate::error::{Error, ErrorKind, Result};

/// The archive starts with the length of its header, which is a multiple of this.
const WORD_BYTES: usize = 8;

/// The archive of these tensors and texts. Errors: `Memory`, `Format` if it could not be read again.
pub fn of(mut entries: Vec<(String, Entry)>, metadata: HashMap<String, String>) -> Result<Vec<u8>> {
    // The widest elements first, as safetensors itself does: so each tensor is aligned.
    entries.sort_by(|(a, one), (b, other)| other.dtype().cmp(&one.dtype()).then(a.cmp(b)));
    let mut end = 0;
    let infos = entries.iter().map(|(name, entry)| {
        let start = end;
        end += entry.data_len();
        let info = TensorInfo {
            dtype: entry.dtype(),
            shape: entry.shape().to_vec(),
            data_offsets: (start, end),
        };
        (name.clone(), info)
    });
    let infos = infos.collect();
    let metadata = Metadata::new(Some(metadata), infos).map_err(unwritable)?;
    let mut header = json_of(&metadata)?;
    while !header.len().is_multiple_of(WORD_BYTES) {
        header.push(b' ');
    }

    let length = WORD_BYTES + header.len() + end;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| {
        let message = format!("no memory for an archive of {length} bytes");
        Error::new(ErrorKind::Memory, message)
    })?;
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&header);
    // One by one, so that none is in memory twice for longer than it must.
    for (_, entry) in entries {
        bytes.extend_from_slice(&entry.data());
    }
    SafeTensors::read_metadata(&bytes).map_err(unwritable)?;
    Ok(bytes)
}

/// As JSON, with room for some bytes more. Errors: `Memory`, `Format`.
pub fn json_of(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut text = Growing(Vec::new());
    serde_json::to_writer(&mut text, value).map_err(|error| match error.io_error_kind() {
        Some(io::ErrorKind::OutOfMemory) => {
            let message = "no memory for what a file says in words";
            Error::new(ErrorKind::Memory, message)
        }
        _ => unwritable(error),
    })?;
    Ok(text.0)
}

/// A text that grows, with memory that can be refused.
struct Growing(Vec<u8>);

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .try_reserve(bytes.len() + WORD_BYTES)
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A copy of a thumbnail's pixels. Errors: `Memory`.
pub fn copied(pixels: &[u8]) -> Result<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(pixels.len())
        .map_err(|_| Error::new(ErrorKind::Memory, "no memory for a thumbnail"))?;
    copy.extend_from_slice(pixels);
    Ok(copy)
}

/// Whether there is memory to read so many bytes of JSON, which its reader does not ask. Errors: `Memory`.
pub fn check_room(json_bytes: usize) -> Result<()> {
    // The text, a copy without escapes, and what is made of it.
    const COPIES: usize = 4;
    let mut room = Vec::<u8>::new();
    room.try_reserve_exact(json_bytes.saturating_mul(COPIES))
        .map_err(|_| {
            let message = format!("no memory for a header of {json_bytes} bytes");
            Error::new(ErrorKind::Memory, message)
        })
}

fn unwritable(error: impl std::fmt::Display) -> Error {
    let message = format!("cannot be written as safetensors: {error}");
    Error::new(ErrorKind::Format, message)
}

#[cfg(test)]
mod tests {
    use tch::{Device, Kind, Tensor};

    use super::*;

    #[test]
    fn archive_is_the_one_that_safetensors_writes() {
        let entries = || {
            let of = |kind, count| {
                let tensor = Tensor::arange(count, (kind, Device::Cpu));
                Entry::of(&tensor).unwrap()
            };
            vec![
                ("b".to_owned(), of(Kind::Uint8, 5)),
                ("c".to_owned(), of(Kind::Float, 3)),
                ("a".to_owned(), of(Kind::Uint8, 0)),
                ("d".to_owned(), of(Kind::Int64, 2)),
            ]
        };
        let metadata = HashMap::from([("model".to_owned(), "{\"Größe\": 1}".to_owned())]);
        assert_eq!(
            of(entries(), metadata.clone()).unwrap(),
            safetensors::serialize(entries(), Some(metadata)).unwrap()
        );
    }

    #[test]
    fn header_that_could_not_be_read_again_is_refused() {
        let metadata = HashMap::from([("model".to_owned(), " ".repeat(100_000_000))]);
        let error = of(Vec::new(), metadata).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
}
