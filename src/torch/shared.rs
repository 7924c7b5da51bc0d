//! A tensor that several threads read at once, such as a network's weights.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::slice;

use tch::kind::Element;
use tch::{Device, Tensor};

/// A tensor that is only read from now on, and therefore may be read by many threads.
///
/// tch's `Tensor` is `Send` but not `Sync`, because its safe methods include writes in place. Whoever wraps a tensor
/// promises what the type cannot check: no alias of it is written to, resized or given a gradient as long as this
/// lives.
#[derive(Debug)]
pub struct SharedTensor(Tensor);

// SAFETY: reads of one libtorch tensor from many threads are sound, because its reference counts are atomic and reading
// changes nothing else as long as there is no autograd. That nothing writes is upheld by the users of
// `SharedTensor::new` in this crate, who pass a tensor that they own alone and afterwards only use as an operand.
unsafe impl Sync for SharedTensor {}

impl SharedTensor {
    /// Takes over a tensor of which the caller keeps no alias.
    pub fn new(tensor: Tensor) -> Self {
        Self(tensor)
    }

    /// Its numbers in place, row by row; none if they are of another type, not in host memory, or not one after the other.
    pub fn numbers<T: Element>(&self) -> Option<&[T]> {
        let is_readable = self.0.device() == Device::Cpu
            && self.0.f_kind().ok()? == T::KIND
            && self.0.is_contiguous();
        if !is_readable {
            return None;
        }
        let count = self.0.numel();
        if count == 0 {
            return Some(&[]);
        }
        let first = self.0.data_ptr().cast_const().cast::<T>();
        // SAFETY: a contiguous tensor of T's kind in host memory has `count` of them from its first one on, aligned as
        // libtorch aligns all storage; tch implements `Element` for types of the kind's very layout. They live as long as the tensor, which the result borrows, and nothing writes to them, as
        // whoever made the shared tensor promised.
        Some(unsafe { slice::from_raw_parts(first, count) })
    }
}

impl Deref for SharedTensor {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    #[test]
    fn numbers_are_those_of_the_tensor_or_none() {
        let rows = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0]).reshape([2, 2]);
        let turned = SharedTensor::new(rows.transpose(0, 1));
        assert_eq!(
            SharedTensor::new(rows.get(1)).numbers(),
            Some(&[3.0f32, 4.0][..])
        );
        assert_eq!(turned.numbers::<f32>(), None);
        let doubles = SharedTensor::new(rows.to_kind(Kind::Double));
        assert_eq!(doubles.numbers::<f32>(), None);
        assert_eq!(doubles.numbers(), Some(&[1.0f64, 2.0, 3.0, 4.0][..]));
        assert_eq!(
            SharedTensor::new(rows.narrow(0, 0, 0)).numbers::<f32>(),
            Some(&[][..])
        );
    }
}
