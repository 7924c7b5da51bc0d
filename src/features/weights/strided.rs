//! A tensor as a strided view into a flat storage: what PyTorch's files hold, checked before libtorch sees it.

use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::torch::entry::is_shape;

// The files are little-endian and their bytes are handed to libtorch as they are.
const _: () = assert!(
    cfg!(target_endian = "little"),
    "twinspect reads weights on little-endian machines only"
);

/// More dimensions than any network's tensor has.
pub(super) const MOST_DIMENSIONS: usize = 16;

/// Where a tensor's elements lie in its storage; counts are in elements.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Strided {
    offset: i64,
    size: Vec<i64>,
    stride: Vec<i64>,
}

impl Strided {
    /// A view that provably stays inside a storage of `elements`.
    ///
    /// A view with more elements than its storage is refused too: a few bytes of file could otherwise claim a tensor that fills
    /// the memory as soon as somebody copies it.
    ///
    /// Errors: `Format` with the numbers that do not fit.
    pub(super) fn new(
        offset: i64,
        size: Vec<i64>,
        stride: Vec<i64>,
        elements: i64,
    ) -> Result<Self> {
        let view = Self {
            offset,
            size,
            stride,
        };
        if view.fits(elements) {
            Ok(view)
        } else {
            let Self {
                offset,
                size,
                stride,
            } = view;
            let text = format!(
                "tensor of size {size:?}, stride {stride:?} at {offset} leaves its storage of {elements} elements"
            );
            Err(Error::new(ErrorKind::Format, text))
        }
    }

    fn fits(&self, elements: i64) -> bool {
        let Self {
            offset,
            size,
            stride,
        } = self;
        let dimensions = size.len();
        if dimensions != stride.len()
            || dimensions > MOST_DIMENSIONS
            || *offset < 0
            || *offset > elements
        {
            return false;
        }
        if !is_shape(size) || stride.iter().any(|&step| step < 0) {
            return false;
        }
        let count = size
            .iter()
            .try_fold(1_i64, |count, &n| count.checked_mul(n));
        if count == Some(0) {
            return true;
        }
        let last = size.iter().zip(stride).try_fold(*offset, |at, (n, step)| {
            at.checked_add((n - 1).checked_mul(*step)?)
        });
        count.is_some_and(|count| count <= elements) && last.is_some_and(|last| last < elements)
    }

    /// The view of `storage`, a flat tensor; shares its memory.
    pub(super) fn of(&self, storage: &Tensor) -> Result<Tensor> {
        Ok(storage.f_as_strided(self.size.as_slice(), self.stride.as_slice(), self.offset)?)
    }
}

/// A contiguous tensor of `size` with a copy of `bytes` as its elements.
///
/// Errors: `Format` if the bytes do not make that many elements, or a Bool is neither 0 nor 1.
pub(super) fn tensor_of(bytes: &[u8], size: &[i64], kind: Kind) -> Result<Tensor> {
    let wanted = size.iter().try_fold(kind.elt_size_in_bytes(), |total, &n| {
        total.checked_mul(usize::try_from(n).ok()?)
    });
    // libtorch is told the size only and copies that much, so this check is what keeps it inside the buffer.
    if wanted != Some(bytes.len()) || !is_shape(size) {
        let text = format!("{} bytes for a tensor of {size:?} {kind:?}", bytes.len());
        return Err(Error::new(ErrorKind::Format, text));
    }
    if kind == Kind::Bool && bytes.iter().any(|&byte| byte > 1) {
        return Err(Error::new(
            ErrorKind::Format,
            "a Bool tensor holds bytes other than 0 and 1",
        ));
    }
    Ok(Tensor::f_from_data_size(bytes, size, kind)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(offset: i64, size: &[i64], stride: &[i64], elements: i64) -> bool {
        Strided::new(offset, size.to_vec(), stride.to_vec(), elements).is_ok()
    }

    #[test]
    fn view_up_to_the_last_element_is_accepted() {
        assert!(fits(0, &[2, 3], &[3, 1], 6));
        assert!(fits(1, &[2, 2], &[1, 2], 5));
        assert!(fits(5, &[], &[], 6));
        assert!(fits(6, &[0, 9], &[9, 1], 6));
    }

    #[test]
    fn view_past_the_storage_is_refused() {
        assert!(!fits(1, &[2, 3], &[3, 1], 6));
        assert!(!fits(6, &[], &[], 6));
        assert!(!fits(7, &[0], &[1], 6));
        assert!(!fits(0, &[2, 2], &[i64::MAX, 1], 6));
        assert!(!fits(0, &[i64::MAX, i64::MAX], &[0, 0], 6));
        assert!(!fits(-1, &[1], &[1], 6));
        assert!(!fits(0, &[-1], &[1], 6));
        assert!(!fits(3, &[2], &[-1], 6));
        assert!(!fits(0, &[2], &[1, 1], 6));
        assert!(!fits(0, &[1; 17], &[1; 17], 6));
        assert!(!fits(0, &[0, 1 << 62, 4], &[1, 1, 1], 6));
    }

    #[test]
    fn view_with_more_elements_than_its_storage_is_refused() {
        assert!(!fits(0, &[1_000_000_000], &[0], 1));
    }

    /// libtorch has an error of its own for it, which says nothing of a file.
    #[test]
    fn empty_tensor_of_endless_sides_is_format_error() {
        for size in [[0, 1 << 62, 4], [1 << 62, 4, 0]] {
            let error = tensor_of(&[], &size, Kind::Float).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Format, "{error}");
        }
        assert!(tensor_of(&[], &[0, 1 << 62], Kind::Float).is_ok());
    }

    #[test]
    fn tensor_of_wrong_byte_count_is_format_error() {
        let error = tensor_of(&[0; 7], &[2], Kind::Float).unwrap_err();
        assert_eq!(
            (error.kind(), error.message()),
            (ErrorKind::Format, "7 bytes for a tensor of [2] Float")
        );
    }
}
