//! The `xfeat` matcher: a small trained network that finds key points in the picture itself.
//!
//! In: a picture. Out: key points with descriptors of 64 numbers, and which of two pictures' belong together. Made for CPUs
//! (Potje et al., XFeat, CVPR 2024, arXiv 2404.19174; the sparse variant). In reading order: `network` (picture to maps),
//! `detection` (maps to key points).

mod detection;
mod network;

use std::fmt;

use tch::{Device, Kind, Tensor};

pub use detection::Detection;
pub use network::Maps;

use crate::error::{Error, ErrorKind, Result};
use crate::features::weights::Tensors;
use crate::matching::keypoints::{Keypoints, Matcher, Sight};
use crate::matching::mutual::mutual_nearest;
use network::Network;

/// The network halves the picture five times.
const MULTIPLE_PX: u32 = 32;

/// The trained network, and how many key points it may find.
///
/// Threads: `&self` only, so one may serve many threads at once.
///
/// # Example
/// ```no_run
/// use tch::{Device, Kind, Tensor};
/// use twinspect::features::weights;
/// use twinspect::matching::Matcher;
/// use twinspect::matching::xfeat::XFeat;
/// let tensors = weights::read(&weights::find("xfeat")?.path)?;
/// let xfeat = XFeat::new(&tensors, XFeat::TOP_K, 640, Device::Cpu)?;
/// let picture = Tensor::f_rand([1, 3, 480, 640], (Kind::Float, Device::Cpu))?;
/// let points = xfeat.detect(&picture)?;
/// assert_eq!(i64::from(xfeat.count(&points, &points)?), points.positions().size()[0]);
/// # twinspect::Result::Ok(())
/// ```
pub struct XFeat {
    network: Network,
    top_k: u32,
    longer_side_px: u32,
    least_cosine: f64,
    device: Device,
}

impl XFeat {
    /// The published code's number of key points.
    pub const TOP_K: u32 = 4096;
    /// The published code's least cosine of a match.
    pub const LEAST_COSINE: f64 = 0.82;

    /// Builds the network on `device` from the tensors of its weight file, `weights::find("xfeat")`.
    ///
    /// Batch norm is folded into the convolutions in double precision; everything then runs in f32. `top_k` is the most key
    /// points that a picture gets, `longer_side_px` what [`Matcher::sight`] asks for.
    ///
    /// Errors: `Weights` naming the tensor that is missing, of another shape, not finite or of no layer;
    /// `InvalidArgument` if `top_k` is 0 or `longer_side_px` below 32; `Torch` if `device` cannot be used.
    pub fn new(tensors: &Tensors, top_k: u32, longer_side_px: u32, device: Device) -> Result<Self> {
        for (name, value, least) in [
            ("top_k", top_k, 1),
            ("longer_side_px", longer_side_px, MULTIPLE_PX),
        ] {
            if value < least {
                return Err(Error::new(
                    ErrorKind::InvalidArgument,
                    format!("{name} of xfeat is {value}, at least {least} is allowed"),
                ));
            }
        }
        let _no_grad = tch::no_grad_guard();
        Ok(Self {
            network: Network::read(tensors, device)?,
            top_k,
            longer_side_px,
            least_cosine: Self::LEAST_COSINE,
            device,
        })
    }

    /// The same, with matches whose descriptors have a cosine of more than this; -1 lets all pass.
    #[must_use]
    pub fn with_least_cosine(self, least_cosine: f64) -> Self {
        Self {
            least_cosine,
            ..self
        }
    }

    /// What the network sees, before key points are chosen.
    ///
    /// Shapes: `picture` [1, 3, H, W] f32, RGB from 0 to 1, H and W multiples of 32.
    /// Errors: `InvalidArgument` if the picture is of another shape, kind or device.
    pub fn maps(&self, picture: &Tensor) -> Result<Maps> {
        self.check(picture)?;
        let _no_grad = tch::no_grad_guard();
        self.network.forward(picture)
    }

    /// The key points of a picture with their scores; see [`XFeat::maps`] for the picture.
    ///
    /// A picture without any structure has none.
    pub fn detect_scored(&self, picture: &Tensor) -> Result<Detection> {
        let maps = self.maps(picture)?;
        let _no_grad = tch::no_grad_guard();
        detection::detect(&maps, self.top_k.into())
    }

    fn check(&self, picture: &Tensor) -> Result<()> {
        let refuse = |message: String| Err(Error::new(ErrorKind::InvalidArgument, message));
        if !picture.defined() {
            return refuse("the picture for xfeat is an undefined tensor".into());
        }
        let size = picture.size();
        let is_side = |side: i64| side > 0 && side % i64::from(MULTIPLE_PX) == 0;
        if !matches!(size[..], [1, 3, height, width] if is_side(height) && is_side(width)) {
            return refuse(format!(
                "the picture for xfeat has shape {size:?}, expected [1, 3, H, W] with H and W multiples of {MULTIPLE_PX}"
            ));
        }
        let kind = picture.f_kind()?;
        if kind != Kind::Float {
            return refuse(format!(
                "the picture for xfeat is of kind {kind:?}, expected Float"
            ));
        }
        let device = picture.device();
        if device != self.device {
            return refuse(format!(
                "the picture for xfeat is on {device:?}, the network on {:?}",
                self.device
            ));
        }
        Ok(())
    }
}

impl Matcher for XFeat {
    fn sight(&self) -> Sight {
        Sight::Picture {
            longer_side_px: self.longer_side_px,
            multiple_px: MULTIPLE_PX,
        }
    }

    fn detect(&self, seen: &Tensor) -> Result<Keypoints> {
        let found = self.detect_scored(seen)?;
        Keypoints::new(found.positions, found.descriptors)
    }

    fn correspond(&self, image: &Keypoints, lead: &Keypoints) -> Result<Tensor> {
        let _no_grad = tch::no_grad_guard();
        mutual_nearest(image.descriptors(), lead.descriptors(), self.least_cosine)
    }
}

impl fmt::Debug for XFeat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("XFeat")
            .field("top_k", &self.top_k)
            .field("longer_side_px", &self.longer_side_px)
            .field("least_cosine", &self.least_cosine)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}
