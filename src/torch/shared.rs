//! A tensor that several threads read at once, such as a network's weights.
#![allow(unsafe_code)]

use std::ops::Deref;

use tch::Tensor;

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
}

impl Deref for SharedTensor {
    type Target = Tensor;

    fn deref(&self) -> &Tensor {
        &self.0
    }
}
