//! One picture beside what a model has learned, whatever pictures came before it.

use std::sync::Arc;

use ndarray::Array2;
use tch::Tensor;

use crate::error::{Error, ErrorKind, Result};
use crate::image::{FrameStatistics, ImageView, Mask, fingerprint};
use crate::matching::{Keypoints, PretrainedMatcher};
use crate::model::appraise::{Appraisal, appraise};
use crate::model::blend::{Evidence, PartEvidence};
use crate::model::extractor::{Extracted, Extractor, Prepared};
use crate::model::fit::check_size;
use crate::model::lead::Lead;
use crate::model::nearest::Chooser;
use crate::model::recognise::{Recogniser, Registration};
use crate::model::reference::Reference;
use crate::model::timing::{Clock, Stage, Timing};
use crate::model::{Group, Model, Thresholds};
use crate::options::Options;
use crate::verdict::Region;
use crate::verdict::region::regions;

/// What pictures are held against; the lanes of an inspector share it.
#[derive(Debug)]
pub(super) struct Standard {
    pub model: Arc<Model>,
    pub options: Options,
    pub matcher: Option<Arc<PretrainedMatcher>>,
    /// The model's groups on the inspector's device.
    pub groups: Vec<Arc<Group>>,
    pub thresholds: Thresholds,
}

/// What one picture shows; the parts of an inspection that bear the same names.
pub(super) struct Look {
    pub score: f32,
    pub map: Array2<f32>,
    pub regions: Vec<Region>,
    pub group: usize,
    pub matches: u32,
    pub nearest: Vec<usize>,
    pub registration: Option<Registration>,
    /// Whether it could be moved onto a lead and matches it, as far as the recipe asks for that.
    pub is_recognised: bool,
    pub frame: Option<FrameStatistics>,
    pub fingerprint: u128,
    pub timing: Timing,
}

impl Standard {
    /// Looks at a picture; `mask` marks what of it counts.
    ///
    /// Errors: `Image`, `ImageSize`, `Numeric`, `Memory`.
    pub fn look(
        &self,
        extractor: &mut Extractor,
        view: &ImageView<'_>,
        mask: Option<&Mask<'_>>,
    ) -> Result<Look> {
        let _no_grad = tch::no_grad_guard();
        let mut clock = Clock::start();
        let size = (view.width(), view.height());
        check_size(size, self.model.image_size, &self.options)?;
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        let prepared = extractor.prepare(view)?;
        let fingerprint = fingerprint(view);
        clock.lap(Stage::Preprocess);
        let Placed {
            features,
            keypoints,
            at_lead,
            group: number,
            matches,
            registration,
        } = self.place(extractor, &prepared, &mut clock)?;
        for features in [Some(&features), at_lead.as_ref()].into_iter().flatten() {
            check_finite(features)?;
        }
        let recipe = self.model.recipe();
        let group = &self.groups[number];
        let nearest = self.nearest(group, group.normality.reference(), &features, &keypoints)?;
        let own = group.normality.distances(&features, &nearest)?;
        let of_part = match (&group.part, &at_lead) {
            (Some(part), Some(at_lead)) => {
                let features = part.features(at_lead)?;
                let nearest = self.nearest(group, part.reference(), &features, &keypoints)?;
                Some(part.distances(&features, &nearest)?)
            }
            _ => None,
        };
        let part = match (&group.part, &of_part, &registration) {
            (Some(part), Some(distances), Some(found)) => Some(PartEvidence {
                distances,
                mask: part.mask(),
                to_lead: &found.to_lead,
                blend: part.blend,
            }),
            _ => None,
        };
        clock.lap(Stage::Statistics);
        let evidence = Evidence { own: &own, part };
        let Appraisal { map, score, .. } = appraise(&evidence, size, mask, recipe)?;
        clock.lap(Stage::Map);

        let is_lost = recipe.registration.is_some() && registration.is_none();
        let is_recognised = !is_lost && !self.matches_no_lead(group, matches);
        let regions = match self.thresholds.pixel {
            Some(threshold) => regions(map.view(), threshold)?,
            None => Vec::new(),
        };
        clock.lap(Stage::Verdict);
        Ok(Look {
            score,
            map,
            regions,
            group: number,
            matches,
            nearest,
            registration,
            is_recognised,
            frame: prepared.frame,
            fingerprint,
            timing: clock.timing(),
        })
    }

    /// The images of a group's bank that a picture is compared with; none of a Gaussian.
    fn nearest(
        &self,
        group: &Group,
        reference: &Reference,
        features: &Tensor,
        keypoints: &Option<Keypoints>,
    ) -> Result<Vec<usize>> {
        let (Some(rule), Some(bank)) = (self.model.recipe.nearest, reference.bank()) else {
            return Ok(Vec::new());
        };
        let chooser = Chooser {
            rule,
            matcher: self.matcher.as_deref(),
            device: features.device(),
        };
        chooser.nearest(bank, features, keypoints.as_ref(), &group.keypoints, &[])
    }

    /// The group that a picture belongs to, and its features: of the picture on its lead where the recipe says so.
    fn place(
        &self,
        extractor: &Extractor,
        prepared: &Prepared<'_>,
        clock: &mut Clock,
    ) -> Result<Placed> {
        let Extracted {
            features,
            keypoints,
            ..
        } = extractor.extract_by(prepared, clock)?;
        let mut placed = Placed {
            features,
            keypoints,
            at_lead: None,
            group: 0,
            matches: 0,
            registration: None,
        };
        let (Some(matcher), Some(keypoints)) = (self.matcher.as_deref(), &placed.keypoints) else {
            return Ok(placed);
        };
        let recogniser = Recogniser {
            recipe: self.model.recipe(),
            matcher,
            extractor,
            input_size: self.model.input_size,
        };
        let leads = self.groups.iter().filter_map(|group| group.lead.as_ref());
        let leads: Vec<&Lead> = leads.collect();
        let found = recogniser.recognise(keypoints, &leads)?;
        (placed.group, placed.matches) = (found.lead, found.matches);
        if let Some(coarse) = found.registration {
            let registration = recogniser.refine(prepared, leads[found.lead], coarse)?;
            let moved = prepared.moved_input(&registration.to_lead)?;
            clock.lap(Stage::Matching);
            placed.at_lead = Some(extractor.features(&moved.pixels)?);
            clock.lap(Stage::Backbone);
            placed.matches = registration.inliers;
            placed.registration = Some(registration);
        }
        clock.lap(Stage::Matching);
        Ok(placed)
    }

    fn matches_no_lead(&self, group: &Group, matches: u32) -> bool {
        self.matcher.is_some()
            && f64::from(matches)
                < self.model.recipe.least_matches * f64::from(group.fewest_matches())
    }
}

/// Errors: `Numeric` if a feature is not finite: some statistics would see nothing odd in it.
fn check_finite(features: &Tensor) -> Result<()> {
    if features.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0 {
        return Ok(());
    }
    let message = "the network's features of the picture are not finite";
    Err(Error::new(ErrorKind::Numeric, message)
        .hint("The picture cannot be judged. If it happens again, verify the weights: `twinspect weights verify`."))
}

/// A picture where it is compared.
struct Placed {
    /// As it lies, [L, C'] f32 on the device.
    features: Tensor,
    keypoints: Option<Keypoints>,
    /// Moved onto its lead; none if it was not.
    at_lead: Option<Tensor>,
    group: usize,
    matches: u32,
    registration: Option<Registration>,
}
