//! A convolution with its batch norm folded in.

use std::fmt;
use std::sync::OnceLock;

use tch::Tensor;
use twinspect_onednn::{Steps, Then, convolved, convolved_and_added, reordered};

use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// How a convolution fills the border with zeros; in both ways the result has ceil(side / stride) locations.
#[derive(Clone, Copy)]
pub(crate) enum Padding {
    /// kernel / 2 on every side, as PyTorch's networks do.
    Centred,
    /// As few as the input's size needs, the odd one at the right and bottom, as TensorFlow's "same" does.
    Same,
}

/// What follows a convolution.
#[derive(Clone, Copy)]
pub(crate) enum Activation {
    Linear,
    Relu,
    Relu6,
}

/// A convolution as the network's architecture prescribes it, before there are weights.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub inputs: i64,
    pub outputs: i64,
    pub kernel: i64,
    pub stride: i64,
    pub groups: i64,
    pub padding: Padding,
    pub activation: Activation,
}

impl Plan {
    /// Stride 1, one group, centred padding, no activation: what most call sites change one or two of.
    pub fn dense(inputs: i64, outputs: i64, kernel: i64) -> Self {
        let (padding, activation) = (Padding::Centred, Activation::Linear);
        Self {
            inputs,
            outputs,
            kernel,
            stride: 1,
            groups: 1,
            padding,
            activation,
        }
    }
}

/// A convolution, its batch norm and its activation as one step.
pub(crate) struct Convolution {
    weight: SharedTensor,
    bias: SharedTensor,
    plan: Plan,
    /// The weight as oneDNN wants it, by whether the border is wider below and right than above and left.
    reordered: [[OnceLock<SharedTensor>; 2]; 2],
}

impl Convolution {
    /// `weight` [outputs, inputs / groups, kernel, kernel] and `bias` [outputs], both f32.
    pub fn new(weight: SharedTensor, bias: SharedTensor, plan: Plan) -> Self {
        Self {
            weight,
            bias,
            plan,
            reordered: Default::default(),
        }
    }

    /// [N, inputs, H, W] to [N, outputs, ceil(H / stride), ceil(W / stride)]; `input` is left as it is.
    pub fn forward(&self, input: &Tensor) -> Result<Tensor> {
        if twinspect_onednn::takes(input) {
            let (input, weight, steps) = self.fitted(input)?;
            let kernel = (&**weight, &*self.bias);
            return convolved(&input, kernel, steps, self.then()).map_err(refused);
        }
        let mut output = self.convolve(input)?;
        match self.plan.activation {
            Activation::Linear => Ok(output),
            Activation::Relu => Ok(output.f_relu_()?),
            Activation::Relu6 => Ok(output.f_clamp_(0.0, 6.0)?),
        }
    }

    /// The result of a convolution without an activation, and `added`, which has its shape; then a ReLU if `relu` says so.
    pub fn forward_onto(&self, input: &Tensor, added: &Tensor, relu: bool) -> Result<Tensor> {
        if twinspect_onednn::takes(input) {
            let (input, weight, steps) = self.fitted(input)?;
            let kernel = (&**weight, &*self.bias);
            let then = if relu { Then::Relu } else { Then::Nothing };
            return convolved_and_added((&input, added), kernel, steps, then).map_err(refused);
        }
        let mut sum = self.convolve(input)?.f_add_(added)?;
        Ok(if relu { sum.f_relu_()? } else { sum })
    }

    fn then(&self) -> Then {
        match self.plan.activation {
            Activation::Linear => Then::Nothing,
            Activation::Relu => Then::Relu,
            Activation::Relu6 => Then::Relu6,
        }
    }

    /// Input, weight and steps of oneDNN's convolution, which knows only borders of equal width on opposite sides.
    ///
    /// A border that is one wider below and right is made by a kernel with a row of zeros above and a column on the left,
    /// where channels stand alone: there it costs less than a copy of the input with its border.
    fn fitted(&self, input: &Tensor) -> Result<(Tensor, &SharedTensor, Steps)> {
        let (_, _, height, width) = input.size4()?;
        let ((top, bottom), (left, right)) = (self.border(height), self.border(width));
        let is_depthwise = self.plan.groups == self.plan.inputs;
        let (input, wider, padding) = if is_depthwise {
            let wider = [bottom > top, right > left];
            (input.shallow_clone(), wider, [bottom, right])
        } else if (top, left) == (bottom, right) {
            (input.shallow_clone(), [false; 2], [top, left])
        } else {
            let padded = input.f_constant_pad_nd([left, right, top, bottom])?;
            (padded, [false; 2], [0, 0])
        };
        let steps = Steps {
            padding,
            stride: self.plan.stride,
            groups: self.plan.groups,
        };
        let place = &self.reordered[usize::from(wider[0])][usize::from(wider[1])];
        let weight = match place.get() {
            Some(weight) => weight,
            None => {
                let [above, left] = wider.map(i64::from);
                let wider = self.weight.f_constant_pad_nd([left, 0, above, 0])?;
                let made = reordered(&wider, steps).map_err(refused)?;
                place.get_or_init(|| SharedTensor::new(made))
            }
        };
        Ok((input, weight, steps))
    }

    fn border(&self, side: i64) -> (i64, i64) {
        let Plan {
            kernel,
            stride,
            padding,
            ..
        } = self.plan;
        match padding {
            Padding::Centred => (kernel / 2, kernel / 2),
            Padding::Same => same_border(side, kernel, stride),
        }
    }

    /// Without what follows.
    fn convolve(&self, input: &Tensor) -> Result<Tensor> {
        let (_, _, height, width) = input.size4()?;
        let ((top, bottom), (left, right)) = (self.border(height), self.border(width));
        if (top, left) == (bottom, right) {
            return self.convolve_padded(input, [top, left]);
        }
        let padded = input.f_constant_pad_nd([left, right, top, bottom])?;
        self.convolve_padded(&padded, [0, 0])
    }

    fn convolve_padded(&self, input: &Tensor, padding: [i64; 2]) -> Result<Tensor> {
        let Plan { stride, groups, .. } = self.plan;
        Ok(input.f_conv2d(
            &self.weight,
            Some(&*self.bias),
            [stride, stride],
            padding,
            [1, 1],
            groups,
        )?)
    }
}

fn refused(error: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Torch, error.to_string())
}

/// Zeros before and after a side of `side` pixels so that `kernel` fits ceil(side / stride) times.
pub(crate) fn same_border(side: i64, kernel: i64, stride: i64) -> (i64, i64) {
    let locations = (side + stride - 1) / stride;
    let total = ((locations - 1) * stride + kernel - side).max(0);
    (total / 2, total - total / 2)
}

/// The same values, stored location by location: the convolutions of libtorch's CPU part are faster on this order.
///
/// Measured on 2026-11-25 with the same layers in PyTorch, f32, 320 x 320, 2 threads: EfficientNet-Lite0 18 instead of
/// 24 ms, ResNet-50 104 instead of 112 ms.
pub(crate) fn channels_last(tensor: &Tensor) -> Result<Tensor> {
    Ok(tensor
        .f_permute([0, 2, 3, 1])?
        .f_contiguous()?
        .f_permute([0, 3, 1, 2])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_border_even_side_pads_only_after() {
        assert_eq!(same_border(64, 3, 2), (0, 1));
        assert_eq!(same_border(64, 5, 2), (1, 2));
    }

    #[test]
    fn same_border_odd_side_pads_evenly() {
        assert_eq!(same_border(95, 3, 2), (1, 1));
        assert_eq!(same_border(1, 5, 2), (2, 2));
    }

    #[test]
    fn same_border_stride_1_is_centred() {
        assert_eq!(same_border(7, 5, 1), (2, 2));
        assert_eq!(same_border(7, 1, 1), (0, 0));
    }

    #[test]
    fn same_border_kernel_smaller_than_stride_pads_nothing() {
        assert_eq!(same_border(8, 1, 2), (0, 0));
    }
}
