//! Which normal images a picture is compared with, where each picture chooses its own.

use std::cmp::Reverse;
use std::sync::Arc;

use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::matching::{Keypoints, PretrainedMatcher};
use crate::model::reference::{By, NearestRule};
use crate::statistics::{Bank, Likeness};
use crate::torch::shared::SharedTensor;

/// Images that are matched with a picture at most: those of the most like features.
const MATCHED: usize = 60;

/// Key points of a normal image, their descriptors in half precision.
#[derive(Debug)]
pub struct KeptKeypoints {
    positions: SharedTensor,
    descriptors: SharedTensor,
}

impl KeptKeypoints {
    /// Of an image; what is kept is rounded, so a model is the same before it is stored and after.
    pub fn new(keypoints: &Keypoints) -> Result<Self> {
        let kept = |tensor: &Tensor| tensor.f_to_device(Device::Cpu)?.f_contiguous();
        let descriptors = keypoints.descriptors().f_to_kind(Kind::Half)?;
        Ok(Self {
            positions: SharedTensor::new(kept(keypoints.positions())?),
            descriptors: SharedTensor::new(kept(&descriptors)?),
        })
    }

    /// Puts stored parts together; `channels` is what the matcher's descriptors have. Errors: `Format`.
    pub fn from_parts(positions: Tensor, descriptors: Tensor, channels: i64) -> Result<Self> {
        if descriptors.f_kind()? != Kind::Half {
            let message = "descriptors of a normal image are not 16-bit floats";
            return Err(Error::new(ErrorKind::Format, message));
        }
        let full = descriptors.f_to_kind(Kind::Float)?;
        if full.numel() > 0 {
            Keypoints::from_parts(positions.shallow_clone(), full, channels)?;
        } else {
            Keypoints::new(positions.shallow_clone(), full)?;
        }
        Ok(Self {
            positions: SharedTensor::new(positions),
            descriptors: SharedTensor::new(descriptors),
        })
    }

    /// (x, y), [n, 2] f32.
    pub fn positions(&self) -> &Tensor {
        &self.positions
    }

    /// Descriptors, [n, c] f16.
    pub fn descriptors(&self) -> &Tensor {
        &self.descriptors
    }

    /// On a device, in single precision.
    fn keypoints(&self, device: Device) -> Result<Keypoints> {
        let descriptors = self.descriptors.f_to_device(device)?;
        Keypoints::new(
            self.positions.f_to_device(device)?,
            descriptors.f_to_kind(Kind::Float)?,
        )
    }
}

/// What a picture chooses by.
#[derive(Clone, Copy, Debug)]
pub struct Chooser<'a> {
    /// The rule.
    pub rule: NearestRule,
    /// Counts matches, where the rule asks for them.
    pub matcher: Option<&'a PretrainedMatcher>,
    /// Where it does.
    pub device: Device,
}

impl Chooser<'_> {
    /// Numbers of the images of a bank that are most like a picture, the likest first and the first of equals.
    ///
    /// `keypoints` are those of the picture, `kept` those of the images, where matches decide; those in `without` are not chosen.
    pub fn nearest(
        &self,
        bank: &Bank,
        features: &Tensor,
        keypoints: Option<&Keypoints>,
        kept: &[Arc<KeptKeypoints>],
        without: &[usize],
    ) -> Result<Vec<usize>> {
        let count = self.rule.count;
        let by = match self.rule.by {
            By::Likeness(by) => return likest(bank, features, by, count, without),
            By::Matches => Likeness::Place,
        };
        let shortlist = likest(bank, features, by, count.max(MATCHED), without)?;
        let missing = || Error::new(ErrorKind::State, "key points to be matched are missing");
        let (matcher, keypoints) = self.matcher.zip(keypoints).ok_or_else(missing)?;
        let mut counted = Vec::with_capacity(shortlist.len());
        for image in shortlist {
            let other = kept
                .get(image)
                .ok_or_else(missing)?
                .keypoints(self.device)?;
            counted.push((matcher.count(keypoints, &other)?, image));
        }
        counted.sort_by_key(|(matches, _)| Reverse(*matches));
        counted.truncate(count);
        Ok(counted.into_iter().map(|(_, image)| image).collect())
    }
}

fn likest(
    bank: &Bank,
    features: &Tensor,
    by: Likeness,
    count: usize,
    without: &[usize],
) -> Result<Vec<usize>> {
    let likeness = bank.likeness(features, by)?;
    if likeness.iter().any(|likeness| likeness.is_nan()) {
        return Err(Error::new(ErrorKind::Numeric, "a feature is not finite"));
    }
    let mut order: Vec<usize> = (0..bank.count())
        .filter(|image| !without.contains(image))
        .collect();
    order.sort_by(|a, b| likeness[*b].total_cmp(&likeness[*a]));
    order.truncate(count);
    Ok(order)
}
