//! Normal images to groups with statistics and scores, or into groups that there are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use tch::Device;

use crate::error::Result;
use crate::matching::group::{Grouping, group};
use crate::matching::{Keypoints, Matcher};
use crate::model::normals::Normals;
use crate::model::recipe::{Epsilon, Recipe};
use crate::model::{Group, LEAST_EPSILON, NormalImage};
use crate::progress::{Progress, report};
use crate::statistics::{Fitted, GaussianBuilder, LowRankGaussian, WithinVariance};

const MATCHING: &str = "matching good parts";
const FITTING: &str = "fitting groups";

/// Makes groups of normal images.
pub struct Grouper<'a> {
    /// The images.
    pub normals: &'a mut Normals,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Where matches are computed.
    pub device: Device,
    /// Who watches.
    pub progress: &'a mut dyn Progress,
}

impl Grouper<'_> {
    /// Groups of the images with these numbers, at least one; and the numbers in the order of the groups' images.
    pub fn form(&mut self, images: &[usize]) -> Result<(Vec<Arc<Group>>, Vec<usize>)> {
        let grouping = self.grouping(images)?;
        let groups: Vec<Vec<usize>> = (0..grouping.leads.len())
            .map(|group| grouping.members(group).map(|place| images[place]).collect())
            .collect();
        let matches: HashMap<usize, u32> = images.iter().copied().zip(grouping.matches).collect();
        let epsilon = self.epsilon(&groups)?;

        let total = groups.len() as u64;
        let mut formed = Vec::new();
        for (number, (members, lead)) in groups.iter().zip(&grouping.leads).enumerate() {
            report(self.progress, FITTING, number as u64, total)?;
            let lead = images[*lead];
            let (gaussian, scored) =
                self.statistics(GaussianBuilder::new(epsilon), members, &matches)?;
            formed.push(Arc::new(Group {
                lead: self
                    .recipe
                    .matcher
                    .map(|_| self.normals.keypoints(lead))
                    .transpose()?,
                lead_image: members
                    .iter()
                    .position(|member| *member == lead)
                    .unwrap_or(0),
                thumbnail: self.normals.thumbnail(lead)?,
                gaussian,
                images: scored,
            }));
        }
        report(self.progress, FITTING, total, total)?;
        Ok((formed, groups.concat()))
    }

    /// `groups` with these images in them: those that an image joins are extended exactly, the others are shared.
    pub fn extend(&mut self, groups: &[Arc<Group>], images: &[usize]) -> Result<Vec<Arc<Group>>> {
        let mut joining: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let mut matches = HashMap::new();
        for (done, image) in images.iter().enumerate() {
            report(self.progress, MATCHING, done as u64, images.len() as u64)?;
            let keypoints = self
                .recipe
                .matcher
                .map(|_| self.normals.keypoints(*image))
                .transpose()?;
            let (group, count) = best_group(groups, self.recipe, keypoints.as_ref())?;
            joining[group].push(*image);
            matches.insert(*image, count);
        }
        let total = groups.len() as u64;
        let mut extended = Vec::new();
        for (number, (group, members)) in groups.iter().zip(&joining).enumerate() {
            report(self.progress, FITTING, number as u64, total)?;
            if members.is_empty() {
                extended.push(Arc::clone(group));
                continue;
            }
            let builder = GaussianBuilder::extending(group.gaussian.to_device(Device::Cpu)?);
            let (gaussian, scored) = self.statistics(builder, members, &matches)?;
            let copy = group.to_device(Device::Cpu)?;
            let images = group.images.iter().cloned().chain(scored).collect();
            extended.push(Arc::new(Group {
                gaussian,
                images,
                ..copy
            }));
        }
        report(self.progress, FITTING, total, total)?;
        Ok(extended)
    }

    /// Places in `images`, put into groups.
    fn grouping(&mut self, images: &[usize]) -> Result<Grouping> {
        let count = images.len();
        let Some(matcher) = self.recipe.matcher else {
            let (leads, group_of, matches) = (vec![0], vec![0; count], vec![0; count]);
            return Ok(Grouping {
                leads,
                group_of,
                matches,
                min_matches: 0,
            });
        };
        let Self {
            normals,
            recipe,
            device,
            progress,
        } = self;
        let mut read = |place: usize| normals.keypoints(images[place])?.to_device(*device);
        let mut leads: HashMap<usize, Keypoints> = HashMap::new();
        let mut current: Option<(usize, Keypoints)> = None;
        group(count, &recipe.groups, &mut |image, lead| {
            report(*progress, MATCHING, image as u64, count as u64)?;
            let lead = match leads.entry(lead) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(read(lead)?),
            };
            let image = match &mut current {
                Some((place, keypoints)) if *place == image => keypoints,
                other => &mut other.insert((image, read(image)?)).1,
            };
            matcher.count(image, lead)
        })
    }

    /// The regularisation of the recipe, for features that vary as those of these groups do.
    fn epsilon(&mut self, groups: &[Vec<usize>]) -> Result<f64> {
        let share = match self.recipe.epsilon {
            Epsilon::Unit(epsilon) => return Ok(epsilon),
            Epsilon::Variance(share) => share,
        };
        let mut variance = WithinVariance::default();
        for members in groups {
            for image in members {
                variance.push(&self.normals.features(*image)?)?;
            }
            variance.end_group()?;
        }
        Ok((share * variance.mean()).max(LEAST_EPSILON))
    }

    /// Makes `members` part of the Gaussian in `builder`, and scores each against the Gaussian of all others.
    fn statistics(
        &mut self,
        mut builder: GaussianBuilder,
        members: &[usize],
        matches: &HashMap<usize, u32>,
    ) -> Result<(LowRankGaussian, Vec<NormalImage>)> {
        for image in members {
            let pushed = builder.push(&self.normals.features(*image)?);
            pushed.map_err(|error| error.at(self.normals.name(*image)))?;
        }
        let Fitted {
            gaussian,
            leave_one_out,
        } = builder.finish()?;

        // The builder knows the images that it still holds; those that it had to merge come first.
        let merged = members.len() - leave_one_out.size()[0] as usize;
        let mut scored = Vec::with_capacity(members.len());
        for (place, image) in members.iter().enumerate() {
            let distances = match place.checked_sub(merged) {
                Some(row) => leave_one_out.f_get(row as i64)?,
                None => gaussian.leave_one_out(&self.normals.features(*image)?)?,
            };
            let (score, peak) = self.normals.score(*image, &distances, self.recipe)?;
            let matches = matches.get(image).copied().unwrap_or(0);
            scored.push(NormalImage {
                name: self.normals.name(*image).to_owned(),
                matches,
                score,
                peak,
            });
        }
        Ok((gaussian, scored))
    }
}

/// The group whose lead image matches best, and its matches; the first one if nothing is matched.
pub fn best_group(
    groups: &[Arc<Group>],
    recipe: &Recipe,
    image: Option<&Keypoints>,
) -> Result<(usize, u32)> {
    let (Some(matcher), Some(image)) = (&recipe.matcher, image) else {
        return Ok((0, 0));
    };
    let mut best = (0, 0);
    for (number, group) in groups.iter().enumerate() {
        if let Some(lead) = &group.lead {
            let count = matcher.count(image, lead)?;
            if count > best.1 {
                best = (number, count);
            }
        }
    }
    Ok(best)
}
