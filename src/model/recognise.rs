//! Which lead image a picture looks like, and how it lies on it.

use tch::{Device, Kind};

use crate::error::Result;
use crate::matching::{Gist, Keypoints, PretrainedMatcher};
use crate::model::extractor::{Extractor, Prepared};
use crate::model::lead::{Lead, turn};
use crate::model::recipe::{Recipe, RegistrationPlan};
use crate::registration::{Pair, Ransac, Registered, Transform};

/// A pair may be off by this many of the matcher's own steps: by half a step at both ends and along both axes, and more.
const TOLERANCE_STEPS: f64 = 1.25;

/// It may be off by this many pixels of the backbone's input in any case.
const LEAST_TOLERANCE_PX: f64 = 2.0;

/// How a picture was brought onto its lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Registration {
    /// From the picture to the lead, in units of the width and height of either.
    pub to_lead: Transform,
    /// Pairs of matched points that agree with it.
    pub inliers: u32,
    /// Root of their mean squared distance from where they should be, in pixels of the network's input.
    pub rms_px: f64,
}

/// A lead that a picture looks like; the first one with no matches if it looks like none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recognised {
    /// Which of the leads.
    pub lead: usize,
    /// Matches with it; where pictures are registered, those that agree on how it lies.
    pub matches: u32,
    /// How it lies; none if the recipe registers nothing, or too few matches agree.
    pub registration: Option<Registration>,
}

/// Compares pictures with leads by one recipe.
#[derive(Clone, Copy, Debug)]
pub struct Recogniser<'a> {
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Its matcher.
    pub matcher: &'a PretrainedMatcher,
    /// What finds key points in a picture that was moved.
    pub extractor: &'a Extractor,
    /// Width and height of the network's input.
    pub input_size: (u32, u32),
}

impl Recogniser<'_> {
    /// The lead that a picture with these key points looks most like; the first one if it looks like none.
    ///
    /// No more than `matcher.shortlist` views of leads are matched, those of the most similar gists.
    pub fn recognise(&self, image: &Keypoints, leads: &[&Lead]) -> Result<Recognised> {
        let views: Vec<(usize, usize)> = leads
            .iter()
            .enumerate()
            .flat_map(|(lead, found)| (0..found.views().len()).map(move |view| (lead, view)))
            .collect();
        let gists: Vec<&Gist> = views
            .iter()
            .map(|(lead, view)| &leads[*lead].views()[*view].gist)
            .collect();
        let gist = Gist::new(image, self.extractor.matched_size())?;
        let mut best = Recognised::default();
        for place in gist.nearest(&gists, self.recipe.shortlist)? {
            let (lead, view) = views[place];
            let keypoints = &leads[lead].views()[view].keypoints;
            let (matches, registration) = match &self.recipe.registration {
                None => (self.matcher.count(image, keypoints)?, None),
                Some(plan) => {
                    let found = self.register(plan, image, keypoints)?;
                    let turned = turn(view, leads[lead].views().len(), self.input_size);
                    let upright = found.and_then(|found| found.followed_by(&turned.inverse()));
                    (upright.map_or(0, |found| found.inliers), upright)
                }
            };
            if matches > best.matches {
                best = Recognised {
                    lead,
                    matches,
                    registration,
                };
            }
        }
        Ok(best)
    }

    /// A more exact registration: the picture is moved, matched with the lead once more, and moved by what is left.
    ///
    /// Key points lie on a grid and look a little different when turned; on a picture that lies nearly right they match best.
    pub fn refine(
        &self,
        prepared: &Prepared,
        lead: &Lead,
        coarse: Registration,
    ) -> Result<Registration> {
        let mut best = coarse;
        let Some(plan) = &self.recipe.registration else {
            return Ok(best);
        };
        for _ in 0..plan.refinements {
            let moved = prepared.moved(&best.to_lead)?;
            let Some(keypoints) = self.extractor.keypoints(&moved)? else {
                break;
            };
            let left = self.register(plan, &keypoints, lead.upright())?;
            let refined = left.and_then(|left| left.after(&best.to_lead));
            match refined {
                Some(refined) if refined.inliers >= best.inliers => best = refined,
                _ => break,
            }
        }
        Ok(best)
    }

    fn register(
        &self,
        plan: &RegistrationPlan,
        image: &Keypoints,
        lead: &Keypoints,
    ) -> Result<Option<Registration>> {
        let (width, height) = self.input_size;
        let (width, height) = (f64::from(width), f64::from(height));
        let matched = self.extractor.matched_size();
        let scale = (width / matched.0, height / matched.1);
        let pairs = self.pairs(image, lead, scale)?;
        let ransac = Ransac {
            motion: plan.motion,
            tolerance_px: (TOLERANCE_STEPS * scale.0.max(scale.1)).max(LEAST_TOLERANCE_PX),
            least_inliers: plan.least_inliers,
            scale_limit: plan.scale_limit,
            ..Ransac::default()
        };
        let found = ransac.fit(&pairs)?;
        Ok(found.and_then(|found: Registered| {
            Some(Registration {
                to_lead: found.transform.resized(1.0 / width, 1.0 / height)?,
                inliers: found.count as u32,
                rms_px: found.rms_px,
            })
        }))
    }

    /// Matched points in pixels of the backbone's input.
    fn pairs(&self, image: &Keypoints, lead: &Keypoints, scale: (f64, f64)) -> Result<Vec<Pair>> {
        let matches = self.matcher.correspond(image, lead)?;
        let places = |keypoints: &Keypoints, side: i64| -> Result<Vec<f32>> {
            let chosen = matches.f_select(1, side)?;
            let places = keypoints.positions().f_index_select(0, &chosen)?;
            let places = places.f_to_device(Device::Cpu)?.f_to_kind(Kind::Float)?;
            Ok(Vec::try_from(places.f_flatten(0, -1)?)?)
        };
        let (from, to) = (places(image, 0)?, places(lead, 1)?);
        let point = |place: &[f32]| (f64::from(place[0]) * scale.0, f64::from(place[1]) * scale.1);
        let pairs = from.chunks_exact(2).zip(to.chunks_exact(2));
        Ok(pairs
            .map(|(from, to)| Pair {
                from: point(from),
                to: point(to),
            })
            .collect())
    }
}

impl Registration {
    /// A picture that lies as the lead does.
    pub fn identity(inliers: u32) -> Self {
        Self {
            to_lead: Transform::identity(),
            inliers,
            rms_px: 0.0,
        }
    }

    fn followed_by(&self, next: &Transform) -> Option<Self> {
        let to_lead = self.to_lead.then(next)?;
        Some(Self { to_lead, ..*self })
    }

    fn after(&self, first: &Transform) -> Option<Self> {
        let to_lead = first.then(&self.to_lead)?;
        Some(Self { to_lead, ..*self })
    }
}
