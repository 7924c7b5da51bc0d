//! What groups learn of their images, and how far each image is from all others.

use std::collections::HashMap;
use std::sync::Arc;

use ndarray::Array2;

use crate::error::Result;
use crate::model::appraise::appraise;
use crate::model::blend::Blend;
use crate::model::ground::Ground;
use crate::model::groups::Tools;
use crate::model::left_out::{WithoutItself, evened, without_themselves};
use crate::model::nearest::KeptKeypoints;
use crate::model::normality::{Normality, Part, locations};
use crate::model::normals::Normals;
use crate::model::references::{References, Site};
use crate::model::{Group, NormalImage};
use crate::progress::Progress;
use crate::statistics::Spread;

/// The images of a group that is to be.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    /// Their numbers among the normals.
    pub images: &'a [usize],
    /// That of the lead.
    pub lead_image: usize,
    /// Which locations of the lead show the part, [h, w], if the images were moved onto it.
    pub part: Option<&'a Array2<bool>>,
}

/// What a group has learned.
#[derive(Debug)]
pub struct Learned {
    /// Of its images as they lie.
    pub normality: Normality,
    /// Of the part, if its images were moved onto their lead.
    pub part: Option<Part>,
    /// The images that were new, with their scores.
    pub images: Vec<NormalImage>,
    /// Key points of all its images, if pictures choose theirs by matches.
    pub keypoints: Vec<Arc<KeptKeypoints>>,
}

/// Learns from the features of normal images.
pub struct Learner<'a>(References<'a>);

impl<'a> Learner<'a> {
    /// A learner that will see so many images.
    pub fn new(
        normals: &'a mut Normals,
        tools: Tools<'a>,
        images: usize,
        progress: &'a mut dyn Progress,
    ) -> Self {
        Self(References::new(normals, tools, images, progress))
    }

    /// What each of new groups learns; `matches` are those of the images with its lead.
    pub fn learn(
        mut self,
        groups: &[Members<'_>],
        matches: &HashMap<usize, u32>,
    ) -> Result<Vec<Learned>> {
        let parts: Vec<Option<Vec<i64>>> = groups
            .iter()
            .map(|group| group.part.map(locations))
            .collect();
        let pictures: Vec<(&[usize], Site<'_>)> = groups
            .iter()
            .map(|group| (group.images, Site::Picture))
            .collect();
        let moved: Vec<(&[usize], Site<'_>)> = groups
            .iter()
            .zip(&parts)
            .filter_map(|(group, part)| Some((group.images, Site::Part(part.as_ref()?))))
            .collect();
        let epsilon = self.0.epsilon(&pictures)?;
        let epsilon_of_parts = self.0.epsilon(&moved)?;

        let (h, w) = self.0.grid;
        let weight = self.0.recipe.registration.map_or(0.0, |plan| plan.weight);
        let mut learned = Vec::new();
        for (group, part) in groups.iter().zip(&parts) {
            let images = group.images;
            let kept = self.0.kept(images)?;
            let (reference, own) = self.0.reference(images, Site::Picture, epsilon, &kept)?;
            let mut part = match (group.part, part) {
                (Some(mask), Some(locations)) => {
                    let site = Site::Part(locations);
                    let (reference, left_out) =
                        self.0.reference(images, site, epsilon_of_parts, &kept)?;
                    let blend = Blend::new(weight, self.given(images));
                    Some((Part::new(reference, mask.clone(), blend)?, left_out))
                }
                _ => None,
            };
            let mut spread = Spread::new((h as usize, w as usize));
            let mut own = evened(&own, &mut spread, self.0.recipe.even)?;
            let ground = self.ground(images, &own)?;
            level(&mut own, ground.as_ref());
            let without = without_themselves(&own, part.as_ref())?;
            if let Some((part, _)) = &mut part {
                part.blend = self.scaled(part, *group, &without)?;
            }
            let part = part.map(|(part, _)| part);
            let images = self.scored(part.as_ref(), images, &without, matches)?;
            learned.push(Learned {
                normality: Normality::new(reference, spread, self.0.recipe.even, ground),
                part,
                images,
                keypoints: kept,
            });
        }
        self.0.done()?;
        Ok(learned)
    }

    /// What a group knows after these images joined it, and them alone with their scores.
    ///
    /// The reference is that of all images together, exactly. Those that were there keep their scores; where a group borrowed
    /// from neighbouring locations, new ones are scored against those before them. Which locations show the part, and how
    /// maps are blended and the ground is scaled, stays as it is.
    pub fn add(
        mut self,
        group: &Group,
        members: &[usize],
        matches: &HashMap<usize, u32>,
    ) -> Result<Learned> {
        let before = group.images.len() as u64;
        let own = group.normality.reference();
        let mut kept = group.keypoints.clone();
        kept.extend(self.0.kept(members)?);
        let (reference, own) = self
            .0
            .extended(own, before, members, Site::Picture, &kept)?;
        let part = match &group.part {
            Some(part) => {
                let locations = locations(part.mask());
                let site = Site::Part(&locations);
                let (reference, left_out) =
                    self.0
                        .extended(part.reference(), before, members, site, &kept)?;
                let part = Part::new(reference, part.mask().clone(), part.blend)?;
                Some((part, left_out))
            }
            None => None,
        };
        let mut spread = group.normality.spread().clone();
        let mut own = evened(&own, &mut spread, self.0.recipe.even)?;
        let ground = group.normality.ground().cloned();
        level(&mut own, ground.as_ref());
        let without = without_themselves(&own, part.as_ref())?;
        let part = part.map(|(part, _)| part);
        let images = self.scored(part.as_ref(), members, &without, matches)?;
        self.0.done()?;
        Ok(Learned {
            normality: Normality::new(reference, spread, self.0.recipe.even, ground),
            part,
            images,
            keypoints: kept,
        })
    }

    /// How many of these images are no flipped or turned copies.
    fn given(&self, images: &[usize]) -> usize {
        let normals = &self.0.normals;
        let given = images
            .iter()
            .filter(|image| normals.copy(**image).is_none());
        given.count()
    }

    /// The ground that the images' part lies on, if it is known where that is; `own` are their distances to the others.
    fn ground(&self, images: &[usize], own: &[Option<Array2<f32>>]) -> Result<Option<Ground>> {
        let Some(is_part) = self.0.is_part else {
            return Ok(None);
        };
        let (mut distances, mut outlines) = (Vec::new(), Vec::new());
        for (image, own) in images.iter().zip(own) {
            if let Some(own) = own {
                distances.push(own.clone());
                outlines.push(self.outline(*image)?);
            }
        }
        Ok(Ground::new(is_part.clone(), &distances, &outlines))
    }

    /// Which locations of an image count, by the pixel in the middle of each; none if all do.
    fn outline(&self, image: usize) -> Result<Option<Array2<bool>>> {
        let (h, w) = self.0.grid;
        let ((width, height), mask) = self.0.normals.outline(image)?;
        let middle = |place: usize, places: i64, pixels: u32| {
            ((place as f64 + 0.5) / places as f64 * f64::from(pixels)) as u32
        };
        Ok(mask.map(|mask| {
            Array2::from_shape_fn((h as usize, w as usize), |(y, x)| {
                mask.covers(middle(x, w, width), middle(y, h, height))
            })
        }))
    }

    /// How the part's distances and those of the picture as it lies make one map, so that both are of one scale.
    fn scaled(
        &mut self,
        part: &Part,
        members: Members<'_>,
        without: &[WithoutItself],
    ) -> Result<Blend> {
        let mut highest = Vec::new();
        for (image, without) in members.images.iter().zip(without) {
            if *image == members.lead_image {
                // It alone is not resampled, and stands out on the part.
                continue;
            }
            let to_lead = self.0.normals.to_lead(*image);
            if let Some(evidence) = without.evidence(Some(part), to_lead.as_ref()) {
                let (size, mask) = self.0.normals.outline(*image)?;
                let blended = evidence.blended(size, self.0.recipe.map_sigma)?;
                highest.push(blended.highest(mask.as_ref()));
            }
        }
        Ok(part.blend.scaled(&highest))
    }

    /// Images with their scores.
    fn scored(
        &mut self,
        part: Option<&Part>,
        members: &[usize],
        without: &[WithoutItself],
        matches: &HashMap<usize, u32>,
    ) -> Result<Vec<NormalImage>> {
        let mut images = Vec::with_capacity(members.len());
        for (image, without) in members.iter().zip(without) {
            let to_lead = self.0.normals.to_lead(*image);
            let (score, peak) = match without.evidence(part, to_lead.as_ref()) {
                Some(evidence) => {
                    let (size, mask) = self.0.normals.outline(*image)?;
                    let found = appraise(&evidence, size, mask.as_ref(), self.0.recipe);
                    let found = found.map_err(|error| error.at(self.0.normals.name(*image)))?;
                    self.0.normals.add_map(*image, &found.map)?;
                    (found.score, found.peak)
                }
                // Of an only image nothing is known, of a flipped or turned copy nothing is asked.
                None => (0.0, 0.0),
            };
            images.push(NormalImage {
                name: self.0.normals.name(*image).to_owned(),
                matches: matches.get(image).copied().unwrap_or(0),
                score,
                peak,
                digest: self.0.normals.digest(*image).to_owned(),
                copy: self.0.normals.copy(*image),
                frame: self.0.normals.frame(*image),
            });
            self.0.visited()?;
        }
        Ok(images)
    }
}

/// Brings images' distances to one scale on part and ground.
fn level(own: &mut [Option<Array2<f32>>], ground: Option<&Ground>) {
    if let Some(ground) = ground {
        own.iter_mut()
            .flatten()
            .for_each(|distances| ground.level(distances));
    }
}
