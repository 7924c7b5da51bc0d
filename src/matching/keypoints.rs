//! Key points with descriptors, and what every matcher does with them.

use std::fmt::Debug;

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::torch::shared::SharedTensor;

/// Key points of one picture.
#[derive(Debug)]
pub struct Keypoints {
    positions: SharedTensor,
    descriptors: SharedTensor,
}

impl Keypoints {
    /// Shapes: `positions` [n, 2] f32, (x, y) in pixels or locations, the upper left corner of the picture at (0, 0), the
    /// middle of its first pixel at (0.5, 0.5); `descriptors` [n, c] f32, rows of length 1.
    /// Errors: `Format` if the two do not belong together.
    pub fn new(positions: Tensor, descriptors: Tensor) -> Result<Self> {
        let (p, d) = (positions.size(), descriptors.size());
        if p.len() != 2 || d.len() != 2 || p[1] != 2 || p[0] != d[0] {
            return Err(Error::new(
                ErrorKind::Format,
                format!("positions {p:?} and descriptors {d:?} of key points do not fit"),
            ));
        }
        Ok(Self {
            positions: SharedTensor::new(positions),
            descriptors: SharedTensor::new(descriptors),
        })
    }

    /// Puts the parts of stored key points together; `channels` is what the matcher's descriptors have.
    ///
    /// Errors: `Format` if they are not n key points, 0 or more, of finite 32-bit floats, or of another width.
    pub fn from_parts(positions: Tensor, descriptors: Tensor, channels: i64) -> Result<Self> {
        let refuse = |message: String| Err(Error::new(ErrorKind::Format, message));
        for (name, part) in [("positions", &positions), ("descriptors", &descriptors)] {
            let is_float = part.f_kind()? == Kind::Float;
            if !is_float || part.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                return refuse(format!(
                    "the {name} of key points are not finite 32-bit floats"
                ));
            }
        }
        let parts = Self::new(positions, descriptors)?;
        match parts.descriptors.size()[..] {
            [_, width] if width == channels => Ok(parts),
            _ => refuse(format!(
                "descriptors of shape {:?}, expected [n, {channels}]",
                parts.descriptors.size()
            )),
        }
    }

    /// (x, y) of every key point, [n, 2] f32.
    pub fn positions(&self) -> &Tensor {
        &self.positions
    }

    /// Descriptors, [n, c] f32, rows of length 1.
    pub fn descriptors(&self) -> &Tensor {
        &self.descriptors
    }

    /// The same key points on another device.
    pub fn to_device(&self, device: Device) -> Result<Self> {
        Self::new(
            self.positions.f_to_device(device)?,
            self.descriptors.f_to_device(device)?,
        )
    }
}

/// What a matcher looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// The backbone's map of this stage, [1, C, h, w] f32.
    Stage(usize),
    /// The picture, [1, 3, H, W] f32, RGB from 0 to 1.
    Picture {
        /// Its longer side, in pixels.
        longer_side_px: u32,
        /// Its sides are multiples of this.
        multiple_px: u32,
    },
}

/// Finds key points and says which of two pictures belong together.
///
/// Threads: a matcher is shared by any number of threads.
pub trait Matcher: Debug + Send + Sync {
    /// What [`Matcher::detect`] is to be given.
    fn sight(&self) -> Sight;

    /// Key points and descriptors of one picture, at places of the map or picture that is `seen`.
    fn detect(&self, seen: &Tensor) -> Result<Keypoints>;

    /// Index pairs (key point of `image`, key point of `lead`) that match, [m, 2] i64.
    fn correspond(&self, image: &Keypoints, lead: &Keypoints) -> Result<Tensor>;

    /// How many key points match.
    fn count(&self, image: &Keypoints, lead: &Keypoints) -> Result<u32> {
        Ok(u32::try_from(self.correspond(image, lead)?.size()[0]).unwrap_or(u32::MAX))
    }
}
