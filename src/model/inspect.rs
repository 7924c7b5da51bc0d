//! A picture and a model to an inspection.

use std::sync::Arc;

use ndarray::Array2;
use tch::Device;

use crate::device;
use crate::error::Result;
use crate::image::{ImageView, Mask, Picture};
use crate::model::extractor::{Extractor, bytes_at_work, matched_size};
use crate::model::look::{Look, Standard};
use crate::model::recognise::Registration;
use crate::model::timing::Timing;
use crate::model::watch::Watch;
use crate::model::{Model, Thresholds};
use crate::options::Options;
use crate::torch::lanes::in_lanes;
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

/// Inspects pictures with a model; several inspectors on several threads share one model.
#[derive(Debug)]
pub struct Inspector {
    pub(super) standard: Standard,
    /// One for each picture that is looked at at once; one at least.
    pub(super) lanes: Vec<Extractor>,
    pub(super) watch: Watch,
}

impl Inspector {
    /// An inspector; the options of scope `Run` say where and how it works. Errors: `Device`, `Memory`, `Weights`.
    pub fn new(model: Arc<Model>, options: &Options) -> Result<Self> {
        let device = device::open(options)?;
        let network = model.network.on(device)?;
        let matcher = model.matcher_on(device)?;
        let extractor = || {
            let (network, matcher) = (Arc::clone(&network), matcher.clone());
            let recipe = Arc::clone(&model.recipe);
            Extractor::new(network, matcher, recipe, model.input_size, device)
        };
        let lanes: Vec<Extractor> = (0..device::lanes(options, device)?)
            .map(|_| extractor())
            .collect();
        let groups = if device == Device::Cpu {
            model.groups.clone()
        } else {
            let matched_size = matched_size(&network, matcher.as_ref(), model.input_size);
            let groups = model.groups.iter();
            groups
                .map(|group| group.to_device(device, matched_size).map(Arc::new))
                .collect::<Result<Vec<_>>>()?
        };
        let thresholds = model.thresholds;
        Ok(Self {
            watch: Watch::new(&model, thresholds.image, options)?,
            standard: Standard {
                options: options.clone(),
                matcher,
                groups,
                thresholds,
                model,
            },
            lanes,
        })
    }

    /// How long the stages of the last inspection took; none before the first one.
    ///
    /// A GPU works on while the program goes on: a stage's time is what was waited for during it.
    pub fn timing(&self) -> Option<Timing> {
        self.watch.timing
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.standard.model
    }

    /// Uses other thresholds than the model's own; `None` puts the model's back. With another threshold of the score the
    /// comparison of good parts begins anew.
    pub fn set_thresholds(&mut self, image: Option<f32>, pixel: Option<f32>) {
        let own = self.standard.model.thresholds;
        let before = self.standard.thresholds.image;
        self.standard.thresholds = Thresholds {
            image: image.or(own.image),
            pixel: pixel.or(own.pixel),
        };
        let Standard {
            model, thresholds, ..
        } = &self.standard;
        if thresholds.image != before {
            self.watch.compare_anew(model, thresholds.image);
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
        let extractor = &mut self.lanes[0];
        let prepared = extractor.prepare(view)?;
        let seen = extractor.show(&prepared)?;
        let mut images = self
            .standard
            .model
            .groups
            .iter()
            .flat_map(|group| &group.images);
        let twin = images.find(|image| image.digest == seen.digest);
        Ok(twin.map(|image| image.name.as_str()))
    }

    /// Inspects one picture; `mask` marks what of it is inspected.
    ///
    /// Errors: `Image`, `ImageSize`, `Numeric`, `Memory`.
    pub fn inspect(&mut self, view: &ImageView<'_>, mask: Option<&Mask<'_>>) -> Result<Inspection> {
        let look = self.standard.look(&mut self.lanes[0], view, mask)?;
        Ok(self.watch.judge(look, self.standard.thresholds))
    }

    /// Inspects pictures, as many at once as the option `lanes` says, and hands over in their order what was found in each, or
    /// why nothing was; `what` of a picture goes with it. What is found is what [`Inspector::inspect`] finds, one after the other.
    ///
    /// `pictures` are asked for, and `found` is called, on this thread. An error of `found` ends the work and is returned:
    /// pictures that were looked at already are as if they had not been.
    pub fn inspect_each<T: Send, P: Pictured>(
        &mut self,
        pictures: impl Iterator<Item = (T, Result<P>)>,
        mut found: impl FnMut(T, Result<(P, Inspection)>) -> Result<()>,
    ) -> Result<()> {
        let Self {
            standard,
            lanes,
            watch,
        } = self;
        let input_size = standard.model.input_size;
        let look = |extractor: &mut Extractor, (what, picture): (T, Result<P>)| {
            let looked = picture.and_then(|picture| {
                let look = standard.look(extractor, &picture.view(), picture.mask().as_ref())?;
                Ok((picture, look))
            });
            (what, looked)
        };
        in_lanes(lanes, look, |lanes| {
            let mut judge = |(what, looked): (T, Result<(P, Look)>)| {
                let judged =
                    looked.map(|(picture, look)| (picture, watch.judge(look, standard.thresholds)));
                found(what, judged)
            };
            for (what, picture) in pictures {
                let bytes = picture
                    .as_ref()
                    .map_or(0, |picture| bytes_at_work(&picture.view(), input_size));
                lanes.give((what, picture), bytes, &mut judge)?;
            }
            lanes.finish(judge)
        })
    }
}

/// A picture that can be looked at on another thread.
pub trait Pictured: Send {
    /// The picture.
    fn view(&self) -> ImageView<'_>;

    /// What of it is inspected; none: all.
    fn mask(&self) -> Option<Mask<'_>> {
        None
    }
}

impl Pictured for Picture {
    fn view(&self) -> ImageView<'_> {
        Picture::view(self)
    }
}
