//! A tensor as an entry of a safetensors archive, with fallible allocation, which tch's own writer lacks.

use std::borrow::Cow;

use safetensors::{Dtype, View};
use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};

/// A tensor's elements as bytes, in row-major order.
pub struct Entry {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Entry {
    /// A copy of a tensor on any device. Errors: `Memory`, `Format` for a kind that the archive does not know.
    pub fn of(tensor: &Tensor) -> Result<Self> {
        let tensor = tensor.f_to_device(Device::Cpu)?.f_contiguous()?;
        let kind = tensor.f_kind()?;
        let shape = tensor
            .size()
            .iter()
            .map(|&side| usize::try_from(side).unwrap_or(0))
            .collect();
        let length = tensor.numel() * kind.elt_size_in_bytes();
        let mut bytes = Vec::new();
        let no_memory = |_| {
            Error::new(
                ErrorKind::Memory,
                format!("no memory for a tensor of {length} bytes"),
            )
        };
        bytes.try_reserve_exact(length).map_err(no_memory)?;
        bytes.resize(length, 0);
        if length > 0 {
            tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
        }
        Ok(Self {
            dtype: dtype_of(kind)?,
            shape,
            bytes,
        })
    }
}

impl View for Entry {
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

/// Whether a tensor may have these sides: libtorch multiplies them for its strides even where one of them is 0.
pub fn is_shape(sides: &[i64]) -> bool {
    let product = sides
        .iter()
        .try_fold(1_i64, |product, &side| product.checked_mul(side.max(1)));
    product.is_some() && sides.iter().all(|side| *side >= 0)
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

/// libtorch's name for an archive's element type. Errors: `Format`.
pub fn kind_of(dtype: Dtype) -> Result<Kind> {
    let known = KINDS
        .iter()
        .find(|(known, _)| *known == dtype)
        .map(|&(_, kind)| kind);
    known.ok_or_else(|| {
        Error::new(
            ErrorKind::Format,
            format!("elements of type {dtype:?} are not read"),
        )
    })
}

fn dtype_of(kind: Kind) -> Result<Dtype> {
    let known = KINDS
        .iter()
        .find(|(_, known)| *known == kind)
        .map(|&(dtype, _)| dtype);
    known.ok_or_else(|| {
        Error::new(
            ErrorKind::Format,
            format!("elements of type {kind:?} cannot be written"),
        )
    })
}
