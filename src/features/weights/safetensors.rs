//! The safetensors format: reading, and writing what a user imports.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

use ::safetensors::Dtype;
use ::safetensors::tensor::{SafeTensorError, SafeTensors, View, serialize_to_file};
use tch::{Kind, Tensor};

use super::strided::tensor_of;
use super::tensors::Tensors;
use crate::error::{Error, ErrorKind, Result};

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

/// Writes the tensors, and texts that say where they come from.
///
/// Errors: `Io`, `Format` for a kind that the format does not know.
pub(super) fn write(
    path: &Path,
    tensors: &Tensors,
    metadata: HashMap<String, String>,
) -> Result<()> {
    let whole = tensors
        .iter()
        .map(|(name, tensor)| Ok((name, Whole::of(tensor)?)))
        .collect::<Result<Vec<_>>>()?;
    serialize_to_file(whole, Some(metadata), path).map_err(|error| match error {
        SafeTensorError::IoError(error) => Error::io(&error, "write", path),
        error => format_error(error).at(path),
    })
}

/// A tensor's elements as bytes, in row-major order.
struct Whole {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Whole {
    fn of(tensor: &Tensor) -> Result<Self> {
        let kind = tensor.f_kind()?;
        let contiguous = tensor.f_contiguous()?;
        let shape: Vec<usize> = contiguous
            .size()
            .iter()
            .map(|&n| usize::try_from(n).unwrap_or(0))
            .collect();
        let count = shape.iter().product();
        let mut bytes = vec![0; contiguous.numel() * kind.elt_size_in_bytes()];
        contiguous.f_copy_data_u8(&mut bytes, count)?;
        Ok(Self {
            dtype: dtype_of(kind)?,
            shape,
            bytes,
        })
    }
}

impl View for Whole {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// The kinds that both sides know.
const KINDS: [(Dtype, Kind); 10] = [
    (Dtype::F32, Kind::Float),
    (Dtype::F64, Kind::Double),
    (Dtype::F16, Kind::Half),
    (Dtype::BF16, Kind::BFloat16),
    (Dtype::I64, Kind::Int64),
    (Dtype::I32, Kind::Int),
    (Dtype::I16, Kind::Int16),
    (Dtype::I8, Kind::Int8),
    (Dtype::U8, Kind::Uint8),
    (Dtype::BOOL, Kind::Bool),
];

fn kind_of(dtype: Dtype) -> Result<Kind> {
    let known = KINDS.iter().find(|(known, _)| *known == dtype);
    known.map(|&(_, kind)| kind).ok_or_else(|| {
        Error::new(
            ErrorKind::Format,
            format!("elements of type {dtype:?} are not read"),
        )
    })
}

fn dtype_of(kind: Kind) -> Result<Dtype> {
    let known = KINDS.iter().find(|(_, known)| *known == kind);
    known.map(|&(dtype, _)| dtype).ok_or_else(|| {
        Error::new(
            ErrorKind::Format,
            format!("elements of type {kind:?} cannot be written"),
        )
    })
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
