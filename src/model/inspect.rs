//! A picture and a model to an inspection.

use std::sync::Arc;

use ndarray::Array2;
use tch::{Device, Tensor};

use crate::device;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, Mask};
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
use crate::model::watch::Watch;
use crate::model::{Group, Model, Thresholds};
use crate::options::Options;
use crate::verdict::region::regions;
use crate::verdict::{Drift, Health, Region, Verdict};

/// What an inspection found.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The anomaly score, 0 or more: of Gaussians in standard deviations, otherwise in units of the features.
    pub score: f32,
    /// Good, defect or undecided.
    pub verdict: Verdict,
    /// Whether the picture is one that a verdict can be given on: where it is not, the verdict is undecided, unless the
    /// option `health` says otherwise. None of a comparison of gray values, which knows no frames.
    pub health: Option<Health>,
    /// The thresholds that were used.
    pub thresholds: Thresholds,
    /// The group that the picture was compared with.
    pub group: usize,
    /// Matches with that group's lead image, where pictures are registered those that agree on how it lies; 0 if the
    /// recipe matches nothing.
    pub matches: u32,
    /// Numbers of the group's images that it was compared with, the most similar first; none if it was all of them.
    pub nearest: Vec<usize>,
    /// How the picture was moved onto the lead image; none if the recipe moves nothing, or too few matches agree. Then it
    /// was only compared as it lies, and the verdict is undecided.
    pub registration: Option<Registration>,
    /// The anomaly map, [H, W] of the picture's own size, in the units of the score; 0 outside of the mask.
    pub map: Array2<f32>,
    /// Connected pixels that reach the pixel threshold, the highest peak first.
    pub regions: Vec<Region>,
}

/// Inspects pictures with a model, one at a time; several inspectors on several threads share one model.
#[derive(Debug)]
pub struct Inspector {
    model: Arc<Model>,
    pub(super) options: Options,
    extractor: Extractor,
    matcher: Option<Arc<PretrainedMatcher>>,
    /// The model's groups on the inspector's device.
    groups: Vec<Arc<Group>>,
    thresholds: Thresholds,
    pub(super) timing: Option<Timing>,
    pub(super) watch: Watch,
}

impl Inspector {
    /// An inspector; the options of scope `Run` say where and how it works. Errors: `Device`, `Memory`, `Weights`.
    pub fn new(model: Arc<Model>, options: &Options) -> Result<Self> {
        let device = device::open(options)?;
        let network = model.network.on(device)?;
        let matcher = model.matcher_on(device)?;
        let recipe = Arc::clone(&model.recipe);
        let extractor = Extractor::new(network, matcher.clone(), recipe, model.input_size, device);
        let groups = if device == Device::Cpu {
            model.groups.clone()
        } else {
            model
                .groups
                .iter()
                .map(|group| {
                    group
                        .to_device(device, extractor.matched_size())
                        .map(Arc::new)
                })
                .collect::<Result<Vec<_>>>()?
        };
        let thresholds = model.thresholds;
        let watch = Watch::new(&model, thresholds.image, options)?;
        Ok(Self {
            model,
            options: options.clone(),
            extractor,
            matcher,
            groups,
            thresholds,
            timing: None,
            watch,
        })
    }

    /// How long the stages of the last inspection took; none before the first one.
    ///
    /// A GPU works on while the program goes on: a stage's time is what was waited for during it.
    pub fn timing(&self) -> Option<Timing> {
        self.timing
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Uses other thresholds than the model's own; `None` puts the model's back. With another threshold of the score the
    /// comparison of good parts begins anew.
    pub fn set_thresholds(&mut self, image: Option<f32>, pixel: Option<f32>) {
        let own = self.model.thresholds;
        let before = self.thresholds.image;
        self.thresholds = Thresholds {
            image: image.or(own.image),
            pixel: pixel.or(own.pixel),
        };
        if self.thresholds.image != before {
            self.watch.compare_anew(&self.model, self.thresholds.image);
        }
    }

    /// How the scores of the pictures that were found good compare with those of the normal images; none if the model has too
    /// few of them to say. Pictures of which [`Health`] finds something wrong do not count.
    pub fn drift(&self) -> Option<&Drift> {
        self.watch.drift.as_ref()
    }

    /// Compares the scores anew from the next picture on, as after the lamp was changed.
    pub fn reset_drift(&mut self) {
        if let Some(drift) = &mut self.watch.drift {
            drift.reset();
        }
    }

    /// The name of the normal image in which the network sees the same as in this picture; none if the model has learned from
    /// no such image. The score of a picture that it has learned from says nothing about the next one.
    ///
    /// Models of old files do not know. Errors: `Image`, `Memory`.
    pub fn learned(&mut self, view: &ImageView<'_>) -> Result<Option<&str>> {
        let _no_grad = tch::no_grad_guard();
        let prepared = self.extractor.prepare(view)?;
        let seen = self.extractor.show(&prepared)?;
        let mut images = self.model.groups.iter().flat_map(|group| &group.images);
        let twin = images.find(|image| image.digest == seen.digest);
        Ok(twin.map(|image| image.name.as_str()))
    }

    /// Inspects one picture; `mask` marks what of it is inspected.
    ///
    /// Errors: `Image`, `ImageSize`, `Numeric`, `Memory`.
    pub fn inspect(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>) -> Result<Inspection> {
        let _no_grad = tch::no_grad_guard();
        let mut clock = Clock::start();
        let size = (view.width(), view.height());
        check_size(size, self.model.image_size, &self.options)?;
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        let prepared = self.extractor.prepare(view)?;
        let health = self.watch.health(view, prepared.frame);
        clock.lap(Stage::Preprocess);
        let Placed {
            features,
            keypoints,
            at_lead,
            group: number,
            matches,
            registration,
        } = self.place(&prepared, &mut clock)?;
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
        let is_fine = health.as_ref().is_none_or(Health::is_fine);
        let is_no_picture = self.watch.decides && !is_fine;
        let verdict = if is_no_picture || is_lost || self.matches_no_lead(group, matches) {
            Verdict::Undecided
        } else {
            Verdict::of(score, self.thresholds.image)
        };
        if verdict == Verdict::Good && is_fine {
            self.watch.add_good(score);
        }
        let regions = match self.thresholds.pixel {
            Some(threshold) => regions(map.view(), threshold)?,
            None => Vec::new(),
        };
        clock.lap(Stage::Verdict);
        self.timing = Some(clock.timing());
        Ok(Inspection {
            score,
            verdict,
            health,
            thresholds: self.thresholds,
            group: number,
            matches,
            nearest,
            registration,
            map,
            regions,
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
    fn place(&self, prepared: &Prepared<'_>, clock: &mut Clock) -> Result<Placed> {
        let Extracted {
            features,
            keypoints,
            ..
        } = self.extractor.extract_by(prepared, clock)?;
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
            extractor: &self.extractor,
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
            placed.at_lead = Some(self.extractor.features(&moved.pixels)?);
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
