//! A matcher ready to use: which one, how it is set, and whose weights it has.

use std::ops::Deref;
use std::sync::Arc;

use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::features::weights::{self, Found};
use crate::matching::backbone::BackboneMatcher;
use crate::matching::dedode::{self, DeDoDe, Descriptor};
use crate::matching::keypoints::Matcher;
use crate::matching::xfeat::XFeat;

/// A matcher and its settings, before its weights are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatcherPlan {
    /// The backbone's own features.
    Backbone(BackboneMatcher),
    /// XFeat, real-time on a CPU (arXiv 2404.19174).
    XFeat(KeypointBudget),
    /// The paper's matcher, DeDoDe (arXiv 2308.08479).
    DeDoDe(KeypointBudget, DescriptorKind),
}

/// How large a picture a matcher looks at, and what it takes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeypointBudget {
    /// Longer side of the picture, in pixels; 0 leaves it to the matcher.
    pub longer_side_px: u32,
    /// Key points at most; 0 leaves it to the matcher.
    pub keypoints: u32,
}

/// The descriptor networks of DeDoDe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DescriptorKind {
    /// VGG-19 alone.
    B,
    /// With DINOv2's ViT-L/14 besides.
    G,
}

/// What XFeat's authors show it at.
const XFEAT_SIDE_PX: u32 = 640;

impl MatcherPlan {
    /// The stage of the backbone that is matched, if one is.
    pub fn stage(&self) -> Option<usize> {
        match self {
            Self::Backbone(matcher) => Some(matcher.stage),
            Self::XFeat(_) | Self::DeDoDe(..) => None,
        }
    }

    /// Numbers that describe a key point; none if the backbone decides.
    pub fn channels(&self) -> Option<i64> {
        match self {
            Self::Backbone(_) => None,
            Self::XFeat(_) => Some(64),
            Self::DeDoDe(..) => Some(256),
        }
    }

    /// Its weights by their names in the table.
    pub fn weights(&self) -> &'static [&'static str] {
        match self {
            Self::Backbone(_) => &[],
            Self::XFeat(_) => &["xfeat"],
            Self::DeDoDe(_, DescriptorKind::B) => &["dedode-detector-l-v2", "dedode-descriptor-b"],
            Self::DeDoDe(_, DescriptorKind::G) => &[
                "dedode-detector-l-v2",
                "dedode-descriptor-g",
                "dinov2-vitl14",
            ],
        }
    }
}

/// A matcher with its weights.
///
/// Threads: immutable, shared by any number of threads.
#[derive(Debug)]
pub struct PretrainedMatcher {
    matcher: Box<dyn Matcher>,
    plan: MatcherPlan,
    sha256: Vec<String>,
    device: Device,
}

impl PretrainedMatcher {
    /// Reads the weights that `plan` needs and builds its networks on `device`.
    ///
    /// Errors: `Weights` for weights that are missing or have another hash, `InvalidArgument` for settings that the matcher
    /// refuses, `Io`, `Format`.
    pub fn open(plan: MatcherPlan, device: Device) -> Result<Self> {
        Self::build(plan, find(plan)?, device)
    }

    /// The same matcher by the hashes that a model was fitted with; weights of other hashes are not read.
    ///
    /// Errors: as [`Self::open`]; `Weights` if a hash differs.
    pub fn open_exactly(plan: MatcherPlan, sha256: &[String], device: Device) -> Result<Self> {
        let found = find(plan)?;
        if found.iter().map(|found| &found.sha256).eq(sha256) {
            return Self::build(plan, found, device);
        }
        let message = format!(
            "the model was fitted with other weights of its matcher, {}",
            plan.weights().join(" and ")
        );
        Err(Error::new(ErrorKind::Weights, message).hint("Use the weights of then, or fit again."))
    }

    fn build(plan: MatcherPlan, found: Vec<Found>, device: Device) -> Result<Self> {
        let read = found.iter().map(|found| weights::read(&found.path));
        let tensors = read.collect::<Result<Vec<_>>>()?;
        let matcher: Box<dyn Matcher> = match (plan, &tensors[..]) {
            (MatcherPlan::Backbone(matcher), _) => Box::new(matcher),
            (MatcherPlan::XFeat(budget), [tensors]) => Box::new(XFeat::new(
                tensors,
                or(budget.keypoints, XFeat::TOP_K),
                or(budget.longer_side_px, XFEAT_SIDE_PX),
                device,
            )?),
            (MatcherPlan::DeDoDe(budget, _), [detector, descriptor, others @ ..]) => {
                let kind = match others {
                    [transformer, ..] => Descriptor::G { transformer },
                    [] => Descriptor::B,
                };
                let keypoints = or(budget.keypoints, dedode::DEFAULT_BUDGET);
                let matcher = DeDoDe::new(detector, descriptor, kind, keypoints, device)?;
                Box::new(matcher.at_side(or(budget.longer_side_px, dedode::LONGER_SIDE_PX)))
            }
            _ => {
                let message = format!("{plan:?} was given {} weight files", tensors.len());
                return Err(Error::new(ErrorKind::State, message));
            }
        };
        Ok(Self {
            matcher,
            plan,
            sha256: found.into_iter().map(|found| found.sha256).collect(),
            device,
        })
    }

    /// The same matcher on `device`: itself if it is there.
    pub fn on(self: &Arc<Self>, device: Device) -> Result<Arc<Self>> {
        if self.device == device {
            return Ok(Arc::clone(self));
        }
        Self::open_exactly(self.plan, &self.sha256, device).map(Arc::new)
    }

    /// SHA-256 of each of its weight files, in the order of [`MatcherPlan::weights`].
    pub fn sha256(&self) -> &[String] {
        &self.sha256
    }
}

impl Deref for PretrainedMatcher {
    type Target = dyn Matcher;

    fn deref(&self) -> &Self::Target {
        &*self.matcher
    }
}

/// The weight files of a matcher, checked but not read.
fn find(plan: MatcherPlan) -> Result<Vec<Found>> {
    plan.weights()
        .iter()
        .map(|name| weights::find(name))
        .collect()
}

fn or(value: u32, default: u32) -> u32 {
    if value == 0 { default } else { value }
}
