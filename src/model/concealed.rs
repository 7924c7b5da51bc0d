//! Normal images that are wrong in the same way. Each is expected because of the others, so that none of them scores high
//! without itself alone.
//!
//! So half of a group is learned from, the images that lie nearest to the group's median, and the other half is scored by it;
//! then all that do not score too high are, until no more do. A median hardly notices up to half of the images being wrong.
//! Steps and growing are those of FAST-MCD (Rousseeuw and Van Driessen, 1999), with a start that needs no trials.

use std::collections::HashMap;

use tch::{Kind, Tensor};

use crate::error::Result;
use crate::model::Group;
use crate::model::appraise::appraise;
use crate::model::blend::{Evidence, PartEvidence};
use crate::model::groups::{Formed, Tools};
use crate::model::learn::{Learned, Learner, Members};
use crate::model::nearest::Chooser;
use crate::model::normality::Part;
use crate::model::normals::Normals;
use crate::model::reference::{By, Reference};
use crate::progress::Progress;
use crate::verdict::LogScores;

/// Half of fewer images is not enough to learn from.
const FEWEST_IMAGES: usize = 10;

/// Images that turn out to be good are learned from in turn, at most this often.
const ROUNDS: usize = 5;

/// Images that a median is taken of: enough for some of them to be wrong, few enough for memory.
const OF_MEDIAN: usize = 15;

/// Looks for images that others conceal.
pub struct Search<'a> {
    /// The normal images, as they lie in their groups.
    pub normals: &'a mut Normals,
    /// What the groups were made with.
    pub tools: Tools<'a>,
    /// Told of each image.
    pub progress: &'a mut dyn Progress,
}

/// A group in two: the images nearest to its median, and those that have to be like them.
struct Parted<'a> {
    group: &'a Group,
    lead_image: usize,
    /// Numbers of all its images.
    members: Vec<usize>,
    /// Numbers of the images that are learned from, with their flipped and turned copies.
    calm: Vec<usize>,
    /// Numbers of the others, without copies.
    apart: Vec<usize>,
}

impl Parted<'_> {
    /// Leaves none apart but these; whether that changed anything.
    fn leave_apart(&mut self, is_apart: impl Fn(usize) -> bool, normals: &Normals) -> bool {
        let before = self.apart.len();
        self.apart.retain(|image| is_apart(*image));
        let is_calm = |image: &&usize| !self.apart.contains(&normals.source(**image));
        self.calm = self.members.iter().filter(is_calm).copied().collect();
        self.apart.len() < before
    }
}

impl Search<'_> {
    /// Numbers of images that do not look like the others of their new groups, with their scores. Errors: those of learning.
    pub fn run(mut self, formed: &Formed) -> Result<Vec<(usize, f32)>> {
        let mut parted = Vec::new();
        let mut numbers = formed.numbers.iter().copied();
        for group in &formed.groups {
            let members = numbers.by_ref().take(group.images.len()).flatten();
            parted.extend(self.parted(group, members.collect())?);
        }
        let mut outliers = Vec::new();
        for _ in 0..ROUNDS {
            outliers = self.outliers(&parted)?;
            // Half of the images vary less than all: what is good of the others shows once they are learned from as well.
            let mut has_grown = false;
            for parts in &mut parted {
                let is_outlier = |image| outliers.iter().any(|(outlier, _)| *outlier == image);
                has_grown |= parts.leave_apart(is_outlier, self.normals);
            }
            if !has_grown {
                break;
            }
        }
        Ok(outliers)
    }

    /// Those of the images apart that score too high by what the calm ones are.
    fn outliers(&mut self, parted: &[Parted<'_>]) -> Result<Vec<(usize, f32)>> {
        // What a part of the images shows of their pixels is not what all of them do.
        let maps = self.normals.replace_maps(None);
        let learned = self.learn(parted);
        self.normals.replace_maps(maps);
        let mut scores = Vec::new();
        for (parts, learned) in parted.iter().zip(&learned?) {
            self.score_all(parts, learned, &mut scores)?;
        }
        let (numbers, scores): (Vec<Option<usize>>, Vec<f32>) = scores.into_iter().unzip();
        let too_high = LogScores::of(&scores).too_high().into_iter();
        Ok(too_high
            .filter_map(|place| Some((numbers[place]?, scores[place])))
            .collect())
    }

    /// A group in two halves; none if they are too small.
    fn parted<'g>(&mut self, group: &'g Group, members: Vec<usize>) -> Result<Option<Parted<'g>>> {
        let is_given = |image: &&usize| self.normals.copy(**image).is_none();
        let given: Vec<usize> = members.iter().filter(is_given).copied().collect();
        let Some(lead_image) = members.get(group.lead_image).copied() else {
            return Ok(None);
        };
        if given.len() < FEWEST_IMAGES {
            return Ok(None);
        }
        let mut by_distance: Vec<(f32, usize)> =
            self.beyond_median(&given)?.into_iter().zip(given).collect();
        by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
        let far = by_distance.split_off(by_distance.len().div_ceil(2));
        let mut parted = Parted {
            group,
            lead_image,
            members,
            calm: Vec::new(),
            apart: far.into_iter().map(|(_, image)| image).collect(),
        };
        // The others lie as the lead does, if they were moved.
        let is_lead = |image: usize| image == lead_image && group.part.is_some();
        parted.leave_apart(|image| !is_lead(image), self.normals);
        Ok(Some(parted))
    }

    /// How far each image lies from the median of some, where it lies farthest: in multiples of what is usual there.
    fn beyond_median(&mut self, images: &[usize]) -> Result<Vec<f32>> {
        let some = images.iter().step_by(images.len().div_ceil(OF_MEDIAN));
        let some = some.map(|image| self.features(*image));
        let some = Tensor::f_stack(&some.collect::<Result<Vec<_>>>()?, 0)?;
        let (median, _) = some.f_median_dim(0, false)?;
        let mut distances = Vec::with_capacity(images.len());
        for image in images {
            let away = self.features(*image)?.f_sub(&median)?;
            distances.push(away.f_norm_scalaropt_dim(2, [1].as_slice(), false)?);
        }
        let distances = Tensor::f_stack(&distances, 0)?;
        let (usual, _) = distances.f_median_dim(0, false)?;
        let usual = usual.f_clamp_min(f64::from(f32::MIN_POSITIVE))?;
        let farthest = distances.f_div(&usual)?.f_amax([1].as_slice(), false)?;
        Ok(Vec::try_from(farthest.f_to_kind(Kind::Float)?)?)
    }

    /// Features of an image on its lead if it was moved there, as it lies otherwise.
    fn features(&mut self, image: usize) -> Result<Tensor> {
        match self.normals.to_lead(image) {
            Some(_) => self.normals.features_at_lead(image),
            None => self.normals.features(image),
        }
    }

    /// What the calm halves are learned to be.
    fn learn(&mut self, parted: &[Parted<'_>]) -> Result<Vec<Learned>> {
        let members: Vec<Members<'_>> = parted
            .iter()
            .map(|parts| Members {
                images: &parts.calm,
                lead_image: parts.lead_image,
                part: parts.group.part.as_ref().map(Part::mask),
            })
            .collect();
        let images = parted.iter().map(|parts| parts.calm.len()).sum();
        let learner = Learner::new(self.normals, self.tools, images, self.progress);
        // Matches are only noted beside an image's score, which nobody reads here.
        learner.learn(&members, &HashMap::new())
    }

    /// Those that were not learned from are scored by what was, beside each of these without itself.
    fn score_all(
        &mut self,
        parts: &Parted<'_>,
        learned: &Learned,
        scores: &mut Vec<(Option<usize>, f32)>,
    ) -> Result<()> {
        let calm = parts.calm.iter().zip(&learned.images);
        let calm = calm.filter(|(image, known)| {
            known.copy.is_none() && (parts.group.part.is_none() || **image != parts.lead_image)
        });
        scores.extend(calm.map(|(_, known)| (None, known.score)));
        for image in parts.apart.iter().copied() {
            scores.push((Some(image), self.score(learned, image)?));
        }
        Ok(())
    }

    /// The score of an image that was not learned from.
    fn score(&mut self, by: &Learned, image: usize) -> Result<f32> {
        let features = self.normals.features(image)?;
        let nearest = self.nearest(by, by.normality.reference(), &features, image)?;
        let own = by.normality.distances(&features, &nearest)?;
        let to_lead = self.normals.to_lead(image);
        let of_part = match (&by.part, &to_lead) {
            (Some(part), Some(to_lead)) => {
                let features = part.features(&self.normals.features_at_lead(image)?)?;
                let nearest = self.nearest(by, part.reference(), &features, image)?;
                Some((part, part.distances(&features, &nearest)?, to_lead))
            }
            _ => None,
        };
        let part = of_part
            .as_ref()
            .map(|(part, distances, to_lead)| PartEvidence {
                distances,
                mask: part.mask(),
                to_lead,
                blend: part.blend,
            });
        let (size, mask) = self.normals.outline(image)?;
        let evidence = Evidence { own: &own, part };
        let found = appraise(&evidence, size, mask.as_ref(), self.tools.recipe);
        Ok(found
            .map_err(|error| error.at(self.normals.name(image)))?
            .score)
    }

    /// The images of a bank that an image is compared with; none of a Gaussian.
    fn nearest(
        &mut self,
        by: &Learned,
        reference: &Reference,
        features: &Tensor,
        image: usize,
    ) -> Result<Vec<usize>> {
        let (Some(rule), Some(bank)) = (self.tools.recipe.nearest, reference.bank()) else {
            return Ok(Vec::new());
        };
        let chooser = Chooser {
            rule,
            matcher: self.tools.matcher,
            device: self.tools.device,
        };
        let keypoints = match rule.by {
            By::Matches => {
                let keypoints = self.normals.keypoints(image)?;
                Some(keypoints.to_device(self.tools.device)?)
            }
            By::Likeness(_) => None,
        };
        chooser.nearest(bank, features, keypoints.as_ref(), &by.keypoints, &[])
    }
}
