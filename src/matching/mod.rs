//! Which normal images show the part as this picture does.
//!
//! In: the network's input and the backbone's stage maps. Out: counts of matches, and groups of normal images with one
//! lead image each (METHOD.md, section 1). A room of its own beside `features`: the comparison with the right normal
//! images is the paper's idea, and has nothing to do with how features are compared afterwards.

pub mod backbone;
pub mod dedode;
pub mod gist;
pub mod group;
pub mod keypoints;
mod mutual;
pub mod pretrained;
pub mod xfeat;

pub use gist::Gist;
pub use keypoints::{Keypoints, Matcher, Sight};
pub use pretrained::{MatcherPlan, PretrainedMatcher};
