//! Normal images to groups with statistics and scores, or into groups that there are.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use tch::Device;

use crate::error::{Error, ErrorKind, Result};
use crate::matching::group::{Grouping, group};
use crate::matching::{Keypoints, PretrainedMatcher};
use crate::model::normals::Normals;
use crate::model::recipe::{Epsilon, Recipe};
use crate::model::{Group, LEAST_EPSILON, NormalImage};
use crate::progress::{Progress, report};
use crate::statistics::{Fitted, GaussianBuilder, LowRankGaussian, WithinVariance};

const MATCHING: &str = "matching good parts";
const FITTING: &str = "fitting groups";

/// Times that each image is visited while its group is fitted: variance, statistics, score.
const VISITS: u64 = 3;

/// Makes groups of normal images.
pub struct Grouper<'a> {
    normals: &'a mut Normals,
    recipe: &'a Recipe,
    matcher: Option<&'a PretrainedMatcher>,
    device: Device,
    progress: &'a mut dyn Progress,
    visits: u64,
    total: u64,
}

/// Groups, and for each of their images in order its number among the normals; none for one that was there before.
pub type Formed = (Vec<Arc<Group>>, Vec<Option<usize>>);

impl<'a> Grouper<'a> {
    /// A grouper of `normals` by a recipe and its matcher; matches are computed on `device`.
    pub fn new(
        normals: &'a mut Normals,
        recipe: &'a Recipe,
        matcher: Option<&'a PretrainedMatcher>,
        device: Device,
        progress: &'a mut dyn Progress,
    ) -> Self {
        Self {
            normals,
            recipe,
            matcher,
            device,
            progress,
            visits: 0,
            total: 0,
        }
    }

    /// Groups of the images with these numbers, at least one.
    pub fn form(mut self, images: &[usize]) -> Result<Formed> {
        let grouping = self.grouping(images)?;
        let groups: Vec<Vec<usize>> = (0..grouping.leads.len())
            .map(|group| grouping.members(group).map(|place| images[place]).collect())
            .collect();
        let matches: HashMap<usize, u32> = images.iter().copied().zip(grouping.matches).collect();
        self.total = VISITS * images.len() as u64;
        let epsilon = self.epsilon(&groups)?;

        let mut formed = Vec::new();
        for (members, lead) in groups.iter().zip(&grouping.leads) {
            let lead = images[*lead];
            let (gaussian, scored) =
                self.statistics(GaussianBuilder::new(epsilon), members, &matches)?;
            formed.push(Arc::new(Group {
                lead: self.matcher.map(|_| self.lead(lead)).transpose()?,
                lead_image: members
                    .iter()
                    .position(|member| *member == lead)
                    .unwrap_or(0),
                thumbnail: self.normals.thumbnail(lead)?,
                gaussian,
                images: scored,
            }));
        }
        report(self.progress, FITTING, self.total, self.total)?;
        Ok((formed, groups.concat().into_iter().map(Some).collect()))
    }

    /// `groups` with these images in them: those that an image joins are extended exactly, the others are shared.
    pub fn extend(mut self, groups: &[Arc<Group>], images: &[usize]) -> Result<Formed> {
        let mut joining: Vec<Vec<usize>> = vec![Vec::new(); groups.len()];
        let mut matches = HashMap::new();
        for (done, image) in images.iter().enumerate() {
            report(self.progress, MATCHING, done as u64, images.len() as u64)?;
            let keypoints = self
                .matcher
                .map(|_| self.normals.keypoints(*image))
                .transpose()?;
            let (group, count) = best_group(groups, self.matcher, keypoints.as_ref())?;
            joining[group].push(*image);
            matches.insert(*image, count);
        }
        self.total = (VISITS - 1) * images.len() as u64;
        let (mut extended, mut numbers) = (Vec::new(), Vec::new());
        for (group, members) in groups.iter().zip(&joining) {
            numbers.extend(group.images.iter().map(|_| None));
            numbers.extend(members.iter().copied().map(Some));
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
        report(self.progress, FITTING, self.total, self.total)?;
        Ok((extended, numbers))
    }

    /// Key points of a lead image. Errors: `Image` if it has none, for then nothing can match it.
    fn lead(&mut self, image: usize) -> Result<Keypoints> {
        let keypoints = self.normals.keypoints(image)?;
        if keypoints.positions().size()[0] > 0 {
            return Ok(keypoints);
        }
        let message = "the matcher finds no key point in it, and it would lead a group";
        Err(Error::new(ErrorKind::Image, message)
            .at(self.normals.name(image))
            .hint("Leave the picture out, or use matcher=backbone."))
    }

    /// An image was visited once more.
    fn visited(&mut self) -> Result<()> {
        self.visits += 1;
        report(self.progress, FITTING, self.visits, self.total)
    }

    /// Places in `images`, put into groups.
    fn grouping(&mut self, images: &[usize]) -> Result<Grouping> {
        let count = images.len();
        let Some(matcher) = self.matcher else {
            let (leads, group_of, matches) = (vec![0], vec![0; count], vec![0; count]);
            return Ok(Grouping {
                leads,
                group_of,
                matches,
            });
        };
        let Self {
            normals,
            recipe,
            device,
            progress,
            ..
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
                self.visited()?;
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
            let features = self.normals.features(*image)?;
            let (progress, visits, total) = (&mut *self.progress, self.visits, self.total);
            let pushed = builder.push(&features, &mut || report(progress, FITTING, visits, total));
            pushed.map_err(|error| error.at(self.normals.name(*image)))?;
            self.visited()?;
        }
        let (progress, visits, total) = (&mut *self.progress, self.visits, self.total);
        let Fitted {
            gaussian,
            leave_one_out,
        } = builder.finish(&mut || report(progress, FITTING, visits, total))?;

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
                digest: self.normals.digest(*image).to_owned(),
            });
            self.visited()?;
        }
        Ok((gaussian, scored))
    }
}

/// The group whose lead image matches best, and its matches; the first one if nothing is matched.
pub fn best_group(
    groups: &[Arc<Group>],
    matcher: Option<&PretrainedMatcher>,
    image: Option<&Keypoints>,
) -> Result<(usize, u32)> {
    let (Some(matcher), Some(image)) = (matcher, image) else {
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
