//! Convolutions of oneDNN with their activation or a sum in one pass over the result: libtorch has them, tch does not.
//!
//! They are what libtorch's own compiler uses on a CPU (`torch.compile`). The result's memory order is channels last.
#![allow(unsafe_code)]

use std::sync::OnceLock;

use tch::{Device, Kind, Tensor};
// Links libtorch, and tells the build where its headers are.
use torch_sys as _;

/// The result of a convolution, or what libtorch says against it.
pub type Result<T> = std::result::Result<T, cxx::Exception>;

#[cxx::bridge(namespace = "twinspect::onednn")]
mod bridge {
    unsafe extern "C++" {
        include!("twinspect-onednn/onednn.h");

        /// An `at::Tensor`.
        type Handle;

        fn is_available() -> bool;

        unsafe fn reordered(
            kernel: *const Handle,
            padding: &[i64],
            stride: &[i64],
            groups: i64,
        ) -> Result<*mut Handle>;

        unsafe fn convolved(
            input: *const Handle,
            kernel: *const Handle,
            bias: *const Handle,
            padding: &[i64],
            stride: &[i64],
            groups: i64,
            then: u8,
        ) -> Result<*mut Handle>;

        #[allow(clippy::too_many_arguments)]
        unsafe fn convolved_and_added(
            input: *const Handle,
            added: *const Handle,
            kernel: *const Handle,
            bias: *const Handle,
            padding: &[i64],
            stride: &[i64],
            groups: i64,
            then: u8,
        ) -> Result<*mut Handle>;
    }
}

/// What follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Then {
    /// Nothing.
    Nothing = 0,
    /// max(x, 0).
    Relu = 1,
    /// min(max(x, 0), 6).
    Relu6 = 2,
}

/// How a kernel moves over its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Zeros above and below, left and right.
    pub padding: [i64; 2],
    /// Of both sides.
    pub stride: i64,
    /// Channels are split into so many groups.
    pub groups: i64,
}

/// Whether a tensor [N, C, H, W] can be convolved here: not one of a single location, whose memory order oneDNN cannot tell.
pub fn takes(input: &Tensor) -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    input.device() == Device::Cpu
        && matches!(input.size()[..], [_, _, height, width] if height * width > 1)
        && match input.f_kind() {
            Ok(Kind::Float) => true,
            Ok(Kind::BFloat16) => processor_has_bfloat16(),
            _ => false,
        }
        && *AVAILABLE.get_or_init(bridge::is_available)
}

/// Whether the instructions for bfloat16 are there, by which they are faster than float32.
pub fn processor_has_bfloat16() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(target_arch = "aarch64")]
    {
        std::arch::is_aarch64_feature_detected!("bf16")
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    {
        false
    }
}

/// A kernel [outputs, inputs / groups, h, w] in the order that [`convolved`] wants, which nothing else can read.
pub fn reordered(kernel: &Tensor, steps: Steps) -> Result<Tensor> {
    let stride = [steps.stride; 2];
    // SAFETY: the handle is that of a tensor that lives during the call.
    let made = unsafe { bridge::reordered(handle(kernel), &steps.padding, &stride, steps.groups) };
    owned(made)
}

/// `input` * kernel + bias, and what follows. `kernel` is [`reordered`] for the same steps; `input` is left as it is.
pub fn convolved(
    input: &Tensor,
    (kernel, bias): (&Tensor, &Tensor),
    steps: Steps,
    then: Then,
) -> Result<Tensor> {
    let (stride, then) = ([steps.stride; 2], then as u8);
    // SAFETY: the handles are those of tensors that live during the call.
    let made = unsafe {
        let (input, kernel, bias) = (handle(input), handle(kernel), handle(bias));
        bridge::convolved(
            input,
            kernel,
            bias,
            &steps.padding,
            &stride,
            steps.groups,
            then,
        )
    };
    owned(made)
}

/// `input` * kernel + bias + `added`, and what follows; as [`convolved`].
pub fn convolved_and_added(
    (input, added): (&Tensor, &Tensor),
    (kernel, bias): (&Tensor, &Tensor),
    steps: Steps,
    then: Then,
) -> Result<Tensor> {
    let (stride, then) = ([steps.stride; 2], then as u8);
    let (padding, groups) = (&steps.padding, steps.groups);
    // SAFETY: the handles are those of tensors that live during the call.
    let made = unsafe {
        let (input, added) = (handle(input), handle(added));
        let (kernel, bias) = (handle(kernel), handle(bias));
        bridge::convolved_and_added(input, added, kernel, bias, padding, &stride, groups, then)
    };
    owned(made)
}

/// tch's handle is a pointer to an `at::Tensor`, as the bridge's is.
fn handle(tensor: &Tensor) -> *const bridge::Handle {
    tensor.as_ptr().cast()
}

fn owned(made: Result<*mut bridge::Handle>) -> Result<Tensor> {
    // SAFETY: the bridge has made it with `new`, as tch makes its own, and keeps no handle to it.
    made.map(|handle| unsafe { Tensor::from_ptr(handle.cast()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces() -> (Tensor, Tensor, Tensor, Tensor, Steps) {
        tch::manual_seed(7);
        let random = |shape: &[i64]| Tensor::randn(shape, (Kind::Float, Device::Cpu));
        let steps = Steps {
            padding: [1, 1],
            stride: 2,
            groups: 4,
        };
        let (kernel, bias) = (random(&[8, 2, 3, 3]), random(&[8]));
        (
            random(&[1, 8, 9, 12]),
            random(&[1, 8, 5, 6]),
            kernel,
            bias,
            steps,
        )
    }

    #[test]
    fn convolutions_are_those_of_libtorch_itself() {
        let (input, added, kernel, bias, steps) = pieces();
        if !takes(&input) {
            return;
        }
        let plain = input.conv2d(&kernel, Some(&bias), [2, 2], [1, 1], [1, 1], 4);
        let kernel = reordered(&kernel, steps).unwrap();
        let close = |found: &Tensor, expected: &Tensor| {
            let worst = (found - expected).abs().max().double_value(&[]);
            // Sums of 18 products in another order.
            assert!(worst < 1e-5, "{worst}");
        };
        let parts = (&kernel, &bias);
        for (then, expected) in [
            (Then::Nothing, plain.shallow_clone()),
            (Then::Relu, plain.relu()),
            (Then::Relu6, plain.clamp(0.0, 6.0)),
        ] {
            close(&convolved(&input, parts, steps, then).unwrap(), &expected);
        }
        let sum = &plain + &added;
        let onto = |then| convolved_and_added((&input, &added), parts, steps, then).unwrap();
        close(&onto(Then::Nothing), &sum);
        close(&onto(Then::Relu), &sum.relu());
    }

    #[test]
    fn single_location_is_not_taken() {
        let input = |side| Tensor::zeros([1, 3, side, side], (Kind::Float, Device::Cpu));
        assert!(!takes(&input(1)));
        assert!(!takes(&input(2).to_kind(Kind::Double)));
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let (input, added, kernel, bias, steps) = pieces();
        if !takes(&input) {
            return;
        }
        let kernel = reordered(&kernel, steps).unwrap();
        let narrow = input.narrow(1, 0, 4);
        assert!(convolved(&narrow, (&kernel, &bias), steps, Then::Nothing).is_err());
        let small = added.narrow(2, 0, 2);
        let error = convolved_and_added((&input, &small), (&kernel, &bias), steps, Then::Nothing);
        assert!(error.is_err());
    }
}
