//! Which lead image a picture looks like, and how it lies on it.

use crate::error::Result;
use crate::matching::{Gist, Keypoints, PretrainedMatcher};
use crate::model::extractor::{Extractor, Prepared};
use crate::model::lead::{Lead, turn};
use crate::model::recipe::{Recipe, RegistrationPlan};
use crate::registration::{Pair, Points, Ransac, Registered, Transform, pairs, register};

/// A pair may be off by this many of the matcher's own steps: by half a step at both ends and along both axes, and more.
const TOLERANCE_STEPS: f64 = 1.25;

/// And in pixels of the backbone's input: parts of one kind differ, the more the more they are turned.
const COARSE_PX: f64 = 6.0;

/// The same once the picture lies nearly right.
const FINE_PX: f64 = 3.0;

/// How a picture was brought onto its lead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Registration {
    /// From the picture to the lead, in units of the width and height of either.
    pub to_lead: Transform,
    /// Pairs of matched points that agree with it.
    pub inliers: u32,
    /// Root of their mean squared distance from where they should be, in pixels of the network's input.
    pub rms_px: f64,
    /// Whether gray values had the last word; if not, it is as exact as the matcher's points, a few pixels.
    pub aligned: bool,
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

/// A picture beside one view of a lead.
#[derive(Clone, Copy, Debug, Default)]
pub struct Compared {
    /// Matches; where pictures are registered, those that agree on how it lies.
    pub matches: u32,
    /// How it lies on the lead as it is.
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
        let gist = Gist::new(image, self.extractor.matched_size())?;
        self.best_of(&gist, leads, &mut |lead, view| {
            self.compare(image, leads[lead], view)
        })
    }

    /// The same for a picture of this gist, by a `compare` of it with a view of one of the leads, both given by number.
    pub fn best_of(
        &self,
        gist: &Gist,
        leads: &[&Lead],
        compare: &mut dyn FnMut(usize, usize) -> Result<Compared>,
    ) -> Result<Recognised> {
        let views: Vec<(usize, usize)> = leads
            .iter()
            .enumerate()
            .flat_map(|(lead, found)| (0..found.views().len()).map(move |view| (lead, view)))
            .collect();
        let gists: Vec<&Gist> = views
            .iter()
            .map(|(lead, view)| &leads[*lead].views()[*view].gist)
            .collect();
        let mut best = Recognised::default();
        for place in gist.nearest(&gists, self.recipe.shortlist)? {
            let (lead, view) = views[place];
            let Compared {
                matches,
                registration,
            } = compare(lead, view)?;
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

    /// Matches a picture with one view of a lead.
    pub fn compare(&self, image: &Keypoints, lead: &Lead, view: usize) -> Result<Compared> {
        let views = lead.views();
        let keypoints = &views[view].keypoints;
        let Some(plan) = &self.recipe.registration else {
            return Ok(Compared {
                matches: self.matcher.count(image, keypoints)?,
                registration: None,
            });
        };
        let ransac = self.ransac(plan, COARSE_PX);
        let found = ransac.fit(&self.pairs(image, keypoints)?)?;
        let found = found.map(|found| self.registration(&found)).transpose()?;
        let turned = turn(view, views.len(), self.input_size)?;
        let registration = found.and_then(|found| found.followed_by(&turned.inverse()));
        Ok(Compared {
            matches: registration.map_or(0, |found| found.inliers),
            registration,
        })
    }

    /// A more exact registration: the picture is moved, matched with the lead once more, and moved by what is left; in the
    /// end gray values decide.
    ///
    /// Key points lie on a grid and look a little different when turned; on a picture that lies nearly right they match best.
    /// Where a step fails, what was known before stands.
    pub fn refine(
        &self,
        prepared: &Prepared<'_>,
        lead: &Lead,
        coarse: Registration,
    ) -> Result<Registration> {
        let Some(plan) = &self.recipe.registration else {
            return Ok(coarse);
        };
        let (width, height) = self.sides();
        let mut best = coarse;
        let rounds = vec![self.ransac(plan, FINE_PX); plan.refinements];
        let start = best.to_lead.resized(width, height)?;
        let refined = register(&start, &rounds, &mut |so_far| {
            let so_far = so_far.resized(1.0 / width, 1.0 / height)?;
            match self.extractor.keypoints(&prepared.moved(&so_far)?)? {
                Some(keypoints) => self.pairs(&keypoints, lead.upright()),
                None => Ok(Vec::new()),
            }
        })?;
        if let Some(refined) = refined {
            best = self.registration(&refined)?;
        }
        if let Some(template) = lead.template() {
            let start = best.to_lead.resized(width, height)?;
            if let Some(aligned) = template.align(prepared.whole()?, &start)? {
                best.to_lead = aligned.resized(1.0 / width, 1.0 / height)?;
                best.aligned = true;
            }
        }
        Ok(best)
    }

    fn registration(&self, found: &Registered) -> Result<Registration> {
        let (width, height) = self.sides();
        Ok(Registration {
            to_lead: found.transform.resized(1.0 / width, 1.0 / height)?,
            inliers: found.count as u32,
            rms_px: found.rms_px,
            aligned: false,
        })
    }

    /// Pairs may be off by `tolerance_px`, or by what the matcher's own steps make of it.
    fn ransac(&self, plan: &RegistrationPlan, tolerance_px: f64) -> Ransac {
        let (across, down) = self.step();
        Ransac {
            motion: plan.motion,
            tolerance_px: (TOLERANCE_STEPS * across.max(down)).max(tolerance_px),
            least_inliers: plan.least_inliers,
            scale_limit: plan.scale_limit,
            ..Ransac::default()
        }
    }

    /// Width and height of the backbone's input, in pixels.
    fn sides(&self) -> (f64, f64) {
        (f64::from(self.input_size.0), f64::from(self.input_size.1))
    }

    /// Pixels of the backbone's input in one of the matcher's.
    fn step(&self) -> (f64, f64) {
        let (sides, matched) = (self.sides(), self.extractor.matched_size());
        (sides.0 / matched.0, sides.1 / matched.1)
    }

    /// Matched points in pixels of the backbone's input.
    fn pairs(&self, image: &Keypoints, lead: &Keypoints) -> Result<Vec<Pair>> {
        let scale = self.step();
        let points = |positions| Points { positions, scale };
        let matches = self.matcher.correspond(image, lead)?;
        pairs(
            &matches,
            points(image.positions()),
            points(lead.positions()),
        )
    }
}

impl Registration {
    /// A picture that lies as the lead does.
    pub fn identity(inliers: u32) -> Self {
        Self {
            to_lead: Transform::identity(),
            inliers,
            rms_px: 0.0,
            aligned: true,
        }
    }

    /// The same in pixels of pictures of this size (width, height).
    pub fn in_pixels(&self, (width, height): (u32, u32)) -> Result<Transform> {
        self.to_lead.resized(f64::from(width), f64::from(height))
    }

    fn followed_by(&self, next: &Transform) -> Option<Self> {
        let to_lead = self.to_lead.then(next)?;
        Some(Self { to_lead, ..*self })
    }
}
