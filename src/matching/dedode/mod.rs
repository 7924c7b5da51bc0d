//! The `dedode` matcher: learned key points, and descriptors learned apart from them.
//!
//! In: a picture. Out: key points by the score of a detector network, each with the 256 numbers of a descriptor network,
//! and which of them belong together in two pictures. The matcher of the paper that this crate follows.
//!
//! In reading order: `vgg` (the encoder of both networks), `refiner` and `decoder` (from its maps to an answer for every
//! pixel), `detector`, `selection` (scores to key points), `descriptor`, `dual_softmax` (descriptors to matches).
//!
//! Source: Edstedt et al., DeDoDe: Detect, Don't Describe - Describe, Don't Detect, arXiv 2308.08479; the tensors are
//! named as in its authors' weight files.

mod decoder;
mod descriptor;
mod detector;
mod dual_softmax;
mod refiner;
mod selection;
mod vgg;

use std::fmt;

use tch::{Device, Kind, Tensor};

use self::descriptor::DescriptorNetwork;
use self::detector::Detector;
use crate::error::{Error, ErrorKind, Result};
use crate::features::weights::Tensors;
use crate::image::Normalisation;
use crate::matching::keypoints::{Keypoints, Matcher, Sight};

/// What batch norms add to the variance.
const EPSILON: f64 = 1e-5;

/// What the tensors of a network's encoder are named after.
const VGG: &str = "encoder";

/// The longer side at which both networks were trained.
pub const LONGER_SIDE_PX: u32 = 784;

/// Pixels along a side of one patch of DINOv2, which descriptor G sees; pictures have the same size for B.
const PATCH_PX: u32 = 14;

/// DeDoDe: a detector network, a descriptor network and a dual-softmax matcher.
///
/// Everything runs in f32; the authors' code runs the networks in half precision on a GPU.
///
/// Cost of one picture of 784 x 784 on two CPU cores (2026-11-25): with descriptor B 12 s, more than half of it the
/// detector's, with G 28 s; either takes 1 GB beside the weights. Matching 10,000 key points with as many takes 0.7 s where
/// nothing matches and 1.1 s where all do. G's transformer has 1.2 GB of weights.
///
/// Threads: immutable, shared by any number of threads; on a CPU, equal pictures give equal bits.
///
/// # Example
/// ```no_run
/// use tch::Device;
/// use twinspect::features::weights;
/// use twinspect::matching::dedode::{DEFAULT_BUDGET, DeDoDe, Descriptor};
/// let file = |name| weights::read(&weights::find(name)?.path);
/// let detector = file("dedode-detector-l-v2")?;
/// let descriptor = file("dedode-descriptor-b")?;
/// let matcher = DeDoDe::new(&detector, &descriptor, Descriptor::B, DEFAULT_BUDGET, Device::Cpu)?;
/// # twinspect::Result::Ok(())
/// ```
pub struct DeDoDe {
    detector: Detector,
    descriptor: DescriptorNetwork,
    budget: u32,
    longer_side_px: u32,
    device: Device,
}

/// Key points of a picture unless said otherwise; the authors' number.
pub const DEFAULT_BUDGET: u32 = 10_000;

/// Which descriptor network the weights are of.
#[derive(Clone, Copy, Debug)]
pub enum Descriptor<'a> {
    /// VGG-19 and a decoder.
    B,
    /// As B, and the patches of a vision transformer besides: better across large changes, and several times slower.
    G {
        /// DINOv2's ViT-L/14. It was not trained with the rest, and so `dedode-descriptor-g` does not hold it: it comes
        /// from the file of `dinov2-vitl14`.
        transformer: &'a Tensors,
    },
}

impl DeDoDe {
    /// Builds the networks on `device` from the tensors of their weight files.
    ///
    /// `detector` holds `dedode-detector-l-v2` or its first version, whose tensors have the same names, `descriptor` those of
    /// `kind`; at most `budget` key points
    /// are taken from a picture.
    ///
    /// Errors: `InvalidArgument` for a budget of 0; `Weights`, naming the tensor, if one is missing, has another shape, is
    /// not finite or belongs to no layer; `Torch` if `device` cannot be used.
    pub fn new(
        detector: &Tensors,
        descriptor: &Tensors,
        kind: Descriptor<'_>,
        budget: u32,
        device: Device,
    ) -> Result<Self> {
        if budget == 0 {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                "a budget of 0 key points, at least 1 is needed",
            ));
        }
        let _no_grad = tch::no_grad_guard();
        let descriptor = match kind {
            Descriptor::B => DescriptorNetwork::read_b(descriptor, device)?,
            Descriptor::G { transformer } => {
                DescriptorNetwork::read_g(descriptor, transformer, device)?
            }
        };
        Ok(Self {
            detector: Detector::read(detector, device)?,
            descriptor,
            budget,
            longer_side_px: LONGER_SIDE_PX,
            device,
        })
    }

    /// The same, looking at pictures whose longer side has this many pixels.
    #[must_use]
    pub fn at_side(self, longer_side_px: u32) -> Self {
        Self {
            longer_side_px,
            ..self
        }
    }

    /// How likely every pixel is a key point: probabilities that sum to 1.
    ///
    /// Shapes: `picture` [1, 3, H, W] f32, RGB from 0 to 1, sides multiples of 14; result [H, W] f32.
    /// Errors: `InvalidArgument` for another picture.
    pub fn score_map(&self, picture: &Tensor) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        self.detector.score_map(&self.prepare(picture)?)
    }

    /// Checks a picture and brings it to what the networks were trained with.
    fn prepare(&self, picture: &Tensor) -> Result<Tensor> {
        check(picture)?;
        let Normalisation { mean, std } = Normalisation::IMAGENET;
        let channels = |values: [f32; 3]| -> Result<Tensor> {
            Ok(Tensor::f_from_slice(&values)?
                .f_reshape([1, 3, 1, 1])?
                .f_to_device(self.device)?)
        };
        Ok(picture
            .f_to_device(self.device)?
            .f_sub(&channels(mean)?)?
            .f_div(&channels(std)?)?)
    }
}

fn check(picture: &Tensor) -> Result<()> {
    let refuse = |found: String| {
        Err(Error::new(
            ErrorKind::InvalidArgument,
            format!(
                "{found}, DeDoDe looks at pictures of shape [1, 3, H, W], 32-bit floats, sides multiples of {PATCH_PX}"
            ),
        ))
    };
    if !picture.defined() {
        return refuse("an undefined tensor".to_owned());
    }
    let kind = picture.f_kind()?;
    if kind != Kind::Float {
        return refuse(format!("values of kind {kind:?}"));
    }
    match picture.size()[..] {
        [1, 3, height, width]
            if [height, width]
                .iter()
                .all(|side| *side > 0 && side % i64::from(PATCH_PX) == 0) =>
        {
            Ok(())
        }
        ref shape => refuse(format!("shape {shape:?}")),
    }
}

impl Matcher for DeDoDe {
    fn sight(&self) -> Sight {
        Sight::Picture {
            longer_side_px: self.longer_side_px,
            multiple_px: PATCH_PX,
        }
    }

    /// Key points with the best score first.
    fn detect(&self, picture: &Tensor) -> Result<Keypoints> {
        let _no_grad = tch::no_grad_guard();
        let picture = self.prepare(picture)?;
        let scores = self.detector.score_map(&picture)?;
        let positions = selection::select(&scores, i64::from(self.budget))?;
        let descriptors = self.descriptor.describe(&picture, &positions)?;
        let length = descriptors
            .f_square()?
            .f_sum_dim_intlist(1, true, Kind::Float)?
            .f_sqrt()?
            .f_clamp_min(1e-12)?;
        Keypoints::new(positions, descriptors.f_div(&length)?)
    }

    fn correspond(&self, image: &Keypoints, lead: &Keypoints) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        dual_softmax::correspond(image.descriptors(), lead.descriptors())
    }
}

impl fmt::Debug for DeDoDe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DeDoDe")
            .field("budget", &self.budget)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
