//! How alike normal images lie, seen in a few of them, and so whether pictures are to be moved onto a lead.

use serde::{Deserialize, Serialize};

use crate::error::{ErrorKind, Result};
use crate::model::placing::Placer;
use crate::registration::Transform;

/// Normal images that are looked at.
pub const SURVEYED: usize = 16;

/// A picture whose corners lie further from the lead's than this share of its longer side lies differently: one location of
/// the default grid, beyond which its features are compared with those of something else.
const ALIKE: f64 = 0.05;

/// Parts lie differently if more than this share of the pictures does.
const FEW: f64 = 0.2;

/// Pictures are only moved if this share of them can be.
const MOST: f64 = 0.8;

/// A part that looks much the same when it is turned is not turned: this share of the best view's matches is enough.
const AS_GOOD: f64 = 0.7;

/// How normal images lie.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pose {
    /// How many were looked at beside the lead.
    pub images: usize,
    /// How many of them could be moved onto the lead.
    pub registered: usize,
    /// How many of these lie differently: their corners are moved by more than 5 % of the longer side.
    pub moved: usize,
}

impl Pose {
    /// Whether pictures are better moved onto their lead.
    pub fn varies(&self) -> bool {
        self.is_known() && self.moved as f64 > FEW * self.registered as f64
    }

    /// Whether parts lie so much alike that each place of a picture shows the same place of the part.
    pub fn is_fixed(&self) -> bool {
        self.is_known() && !self.varies()
    }

    fn is_known(&self) -> bool {
        self.images > 0 && self.registered as f64 >= MOST * self.images as f64
    }

    /// It as a sentence.
    pub fn sentence(&self) -> String {
        let Self {
            images,
            registered,
            moved,
        } = *self;
        if !self.is_known() {
            return format!(
                "Of {images} good parts {registered} could be moved onto another: pictures are compared as they lie."
            );
        }
        let what = if self.varies() {
            "pictures are moved onto their lead image"
        } else {
            "pictures are compared as they lie"
        };
        format!("Of {registered} good parts {moved} lie otherwise than another: {what}.")
    }
}

/// Looks at these images; `placer` works by a recipe that moves them. Where most cannot be moved onto the first, two others
/// are tried in its place.
pub fn survey(placer: &mut Placer<'_>, images: &[usize]) -> Result<Pose> {
    let mut best = Pose {
        images: images.len().saturating_sub(1),
        registered: 0,
        moved: 0,
    };
    let mut leads = vec![0, images.len() / 2, images.len().saturating_sub(1)];
    leads.dedup();
    for lead in leads {
        let pose = beside(placer, images, lead)?;
        if pose.registered > best.registered {
            best = pose;
        }
        if best.is_known() {
            break;
        }
    }
    Ok(best)
}

fn beside(placer: &mut Placer<'_>, images: &[usize], lead: usize) -> Result<Pose> {
    let mut pose = Pose {
        images: images.len().saturating_sub(1),
        registered: 0,
        moved: 0,
    };
    let Some(image) = images.get(lead) else {
        return Ok(pose);
    };
    let lead = match placer.lead(*image) {
        Ok(lead) => lead,
        // An image without key points leads nothing.
        Err(error) if error.kind() == ErrorKind::Image => return Ok(pose),
        Err(error) => return Err(error),
    };
    for other in images.iter().filter(|other| *other != image) {
        let Some((upright, best)) = placer.placed(*other, &lead)? else {
            continue;
        };
        let found = match upright.registration {
            Some(found) if f64::from(upright.matches) >= AS_GOOD * f64::from(best.matches) => {
                Some(found)
            }
            _ => best.registration,
        };
        if let Some(found) = found {
            pose.registered += 1;
            let (width, height) = placer.tools.input_size;
            let off = corners_off(&found.to_lead, (f64::from(width), f64::from(height)));
            pose.moved += usize::from(off > ALIKE);
        }
    }
    Ok(pose)
}

/// How far the corners of a picture of this size are moved, as a share of its longer side: the root of their mean square.
fn corners_off(to_lead: &Transform, (width, height): (f64, f64)) -> f64 {
    let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)];
    let squares = corners.map(|(x, y)| match to_lead.apply((x, y)) {
        Some((to_x, to_y)) => {
            let (dx, dy) = ((to_x - x) * width, (to_y - y) * height);
            dx * dx + dy * dy
        }
        None => f64::INFINITY,
    });
    (squares.iter().sum::<f64>() / 4.0).sqrt() / width.max(height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_off_by_the_shift_and_the_turn() {
        let shifted = Transform::similarity(1.0, 0.0, (0.03, 0.0)).unwrap();
        assert!((corners_off(&shifted, (200.0, 100.0)) - 0.03).abs() < 1e-9);
        // Half a turn about the middle: each corner goes to the opposite one, a diagonal away.
        let turned = Transform::turn(std::f64::consts::PI, (0.5, 0.5)).unwrap();
        let off = corners_off(&turned, (100.0, 100.0));
        assert!((off - 2.0f64.sqrt()).abs() < 1e-9, "{off}");
    }

    #[test]
    fn pose_varies_only_where_most_images_say_so() {
        let pose = |images, registered, moved| Pose {
            images,
            registered,
            moved,
        };
        assert!(pose(15, 15, 9).varies() && !pose(15, 15, 9).is_fixed());
        assert!(pose(15, 15, 1).is_fixed() && !pose(15, 15, 1).varies());
        // Nothing is known where images cannot be matched, or there are none.
        for unknown in [pose(15, 4, 4), pose(0, 0, 0)] {
            assert!(!unknown.varies() && !unknown.is_fixed());
            assert!(unknown.sentence().contains("compared as they lie"));
        }
        assert!(pose(15, 15, 9).sentence().contains("9 lie otherwise"));
        assert!(pose(15, 15, 0).sentence().contains("as they lie"));
    }
}
