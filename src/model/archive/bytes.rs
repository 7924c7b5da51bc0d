//! Tensors and a header as a safetensors archive, with fallible allocation, which that crate's own writer lacks.

use std::collections::HashMap;

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{SafeTensors, View};

use super::header;
use crate::error::{Error, ErrorKind, Result};
use crate::torch::entry::Entry;

/// The archive starts with the length of its header, which is a multiple of this.
const WORD_BYTES: usize = 8;

/// The archive of these tensors, whose metadata entry is `json`. Errors: `Memory`, `Format` if it could not be read again.
pub fn of(mut entries: Vec<(String, Entry)>, json: String) -> Result<Vec<u8>> {
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
    let entry = HashMap::from([(header::ENTRY.to_owned(), json)]);
    let metadata = Metadata::new(Some(entry), infos).map_err(unwritable)?;
    let mut header = serde_json::to_vec(&metadata).map_err(unwritable)?;
    header.resize(header.len().next_multiple_of(WORD_BYTES), b' ');

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

fn unwritable(error: impl std::fmt::Display) -> Error {
    let message = format!("the model cannot be written as safetensors: {error}");
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
        let json = "{\"Größe\": 1}";
        let metadata = HashMap::from([(header::ENTRY.to_owned(), json.to_owned())]);
        assert_eq!(
            of(entries(), json.to_owned()).unwrap(),
            safetensors::serialize(entries(), Some(metadata)).unwrap()
        );
    }

    #[test]
    fn header_that_could_not_be_read_again_is_refused() {
        let error = of(Vec::new(), " ".repeat(100_000_000)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    }
}
