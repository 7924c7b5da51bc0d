//! A picture and a model to an inspection.

use std::sync::Arc;

use ndarray::Array2;
use tch::Device;

use crate::device;
use crate::error::Result;
use crate::image::{ImageView, Mask};
use crate::matching::{Keypoints, PretrainedMatcher};
use crate::model::appraise::{Appraisal, appraise};
use crate::model::extractor::Extractor;
use crate::model::fit::check_size;
use crate::model::groups::best_group;
use crate::model::{Group, Model, Thresholds};
use crate::options::Options;
use crate::verdict::region::regions;
use crate::verdict::{Region, Verdict};

/// What an inspection found.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// The anomaly score, in standard deviations, 0 or more.
    pub score: f32,
    /// Good, defect or undecided.
    pub verdict: Verdict,
    /// The thresholds that were used.
    pub thresholds: Thresholds,
    /// The group that the picture was compared with.
    pub group: usize,
    /// Matches with that group's lead image; 0 if the recipe matches nothing.
    pub matches: u32,
    /// The anomaly map, [H, W] of the picture's own size, in standard deviations; 0 outside of the mask.
    pub map: Array2<f32>,
    /// Connected pixels that reach the pixel threshold, the highest peak first.
    pub regions: Vec<Region>,
}

/// Inspects pictures with a model, one at a time; several inspectors on several threads share one model.
#[derive(Debug)]
pub struct Inspector {
    model: Arc<Model>,
    options: Options,
    extractor: Extractor,
    matcher: Option<Arc<PretrainedMatcher>>,
    /// The model's groups on the inspector's device.
    groups: Vec<Arc<Group>>,
    thresholds: Thresholds,
}

impl Inspector {
    /// An inspector; the options of scope `Run` say where and how it works. Errors: `Device`, `Memory`, `Weights`.
    pub fn new(model: Arc<Model>, options: &Options) -> Result<Self> {
        let device = device::open(options)?;
        let network = model.network.on(device)?;
        let groups = if device == Device::Cpu {
            model.groups.clone()
        } else {
            model
                .groups
                .iter()
                .map(|group| group.to_device(device).map(Arc::new))
                .collect::<Result<Vec<_>>>()?
        };
        let matcher = model.matcher_on(device)?;
        let recipe = Arc::clone(&model.recipe);
        let extractor = Extractor::new(network, matcher.clone(), recipe, model.input_size, device);
        let thresholds = model.thresholds;
        Ok(Self {
            model,
            options: options.clone(),
            extractor,
            matcher,
            groups,
            thresholds,
        })
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Uses other thresholds than the model's own; `None` puts the model's back.
    pub fn set_thresholds(&mut self, image: Option<f32>, pixel: Option<f32>) {
        let own = self.model.thresholds;
        self.thresholds = Thresholds {
            image: image.or(own.image),
            pixel: pixel.or(own.pixel),
        };
    }

    /// Inspects one picture; `mask` marks what of it is inspected.
    ///
    /// Errors: `Image`, `ImageSize`, `Numeric`, `Memory`.
    pub fn inspect(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>) -> Result<Inspection> {
        let _no_grad = tch::no_grad_guard();
        let size = (view.width(), view.height());
        check_size(size, self.model.image_size, &self.options)?;
        if let Some(mask) = mask {
            mask.check_size(size.0, size.1)?;
        }
        let extracted = self.extractor.extract(view)?;
        let recipe = self.model.recipe();
        let (number, matches) = best_group(
            &self.groups,
            self.matcher.as_deref(),
            extracted.keypoints.as_ref(),
        )?;
        let group = &self.groups[number];
        let distances = group
            .gaussian
            .distances(&extracted.features)?
            .f_reshape([extracted.grid.0, extracted.grid.1])?;
        let Appraisal { map, score, .. } = appraise(&distances, size.0, size.1, mask, recipe)?;

        let verdict = if self.matches_no_lead(group, extracted.keypoints.as_ref(), matches) {
            Verdict::Undecided
        } else {
            Verdict::of(score, self.thresholds.image)
        };
        let regions = match self.thresholds.pixel {
            Some(threshold) => regions(map.view(), threshold)?,
            None => Vec::new(),
        };
        Ok(Inspection {
            score,
            verdict,
            thresholds: self.thresholds,
            group: number,
            matches,
            map,
            regions,
        })
    }

    fn matches_no_lead(&self, group: &Group, image: Option<&Keypoints>, matches: u32) -> bool {
        image.is_some()
            && f64::from(matches)
                < self.model.recipe.least_matches * f64::from(group.fewest_matches())
    }
}
