//! The safetensors format: reading, and writing what a user imports.

use std::collections::HashMap;

use ::safetensors::tensor::{SafeTensorError, SafeTensors};

use super::strided::tensor_of;
use super::tensors::Tensors;
use crate::error::{Error, ErrorKind, Result};
use crate::torch::archive;
use crate::torch::entry::{Entry, kind_of};

/// Whether these bytes begin like safetensors: the header's length (u64), then the header, which is JSON.
pub(super) fn is_safetensors(bytes: &[u8]) -> bool {
    bytes.split_first_chunk().is_some_and(|(length, header)| {
        u64::from_le_bytes(*length) <= header.len() as u64 && header.starts_with(b"{")
    })
}

/// The tensors of a safetensors file.
///
/// Errors: `Format` if it is damaged, holds no tensor, or one of a kind that libtorch's CPU side has no use for.
pub(super) fn read(bytes: &[u8]) -> Result<Tensors> {
    let file = SafeTensors::deserialize(bytes).map_err(format_error)?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter() {
        let tensor = kind_of(view.dtype())
            .and_then(|kind| tensor_of(view.data(), &signed(view.shape())?, kind))
            .map_err(|error| error.at(format!("tensor '{}'", name.escape_debug())))?;
        tensors.insert(name.to_owned(), tensor);
    }
    if tensors.is_empty() {
        return Err(Error::new(ErrorKind::Format, "no tensor in the file"));
    }
    Ok(tensors)
}

/// The bytes of a file with these tensors, and texts that say where they come from.
///
/// Errors: `Memory`, `Format` for a kind that the format does not know.
pub(super) fn file_of(tensors: &Tensors, metadata: HashMap<String, String>) -> Result<Vec<u8>> {
    let whole = tensors
        .iter()
        .map(|(name, tensor)| Ok((name.clone(), Entry::of(tensor)?)))
        .collect::<Result<Vec<_>>>()?;
    archive::of(whole, metadata)
}

fn signed(shape: &[usize]) -> Result<Vec<i64>> {
    let sizes = shape.iter().map(|&n| i64::try_from(n));
    sizes
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Error::new(ErrorKind::Format, format!("a tensor of {shape:?}")))
}

fn format_error(error: SafeTensorError) -> Error {
    Error::new(ErrorKind::Format, format!("damaged safetensors: {error}"))
}
