//! What good parts' anomaly maps look like, learned, and pictures against it.

use std::sync::{Arc, Mutex, PoisonError};

use ndarray::Array2;

use super::kept::Kept;
use super::limits::Limits;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, Mask};
use crate::legacy::compare::{Comparison, Sides};
use crate::legacy::pixels::{GrayImage, GrayType, Learning};
use crate::legacy::tolerance::Tolerance;
use crate::model::{Fitter, Inspector, Model};
use crate::options::Options;
use crate::statistics::Spread;
use crate::verdict::Verdict;

/// A model of features in the order of calls of a variation model.
///
/// Pictures wait until the model is prepared, and are fitted then: training is quick, and what fails changes nothing.
#[derive(Debug)]
pub struct FeatureModel {
    pub(super) options: Options,
    pub(super) size: (u32, u32),
    pub(super) gray: GrayType,
    pub(super) learning: Learning,
    pub(super) waiting: Vec<Kept>,
    pub(super) learned: Option<Learned>,
    pub(super) limits: Option<Limits>,
    /// One for each thread that has compared at the same time as others.
    pub(super) inspectors: Mutex<Vec<Inspector>>,
}

/// What was fitted.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    pub model: Arc<Model>,
    /// Sums over the maps of good parts, each against all others.
    pub maps: Spread,
}

/// What a comparison found, and how far the map rises above that of good parts.
pub struct Found {
    pub comparison: Comparison,
    pub rise: f32,
}

impl FeatureModel {
    /// A model of nothing yet.
    ///
    /// Errors: `Unsupported` for [`Learning::Direct`]; `InvalidArgument` for options that do not go together; `Weights`,
    /// `Device`.
    pub fn new(
        size: (u32, u32),
        gray: GrayType,
        learning: Learning,
        options: &Options,
    ) -> Result<Self> {
        let mut options = options.clone();
        match learning {
            Learning::Standard => {}
            Learning::Robust if options.is_set("fit.outliers")? => {}
            Learning::Robust => options.set_text("fit.outliers", "drop")?,
            Learning::Direct => {
                let message = "a variation model of mode direct has no features to learn";
                return Err(Error::new(ErrorKind::Unsupported, message)
                    .at("variation.engine")
                    .hint("Set variation.engine to pixels, or create it with mode standard or robust."));
            }
        }
        // What is missing is said now, and not when the line has been trained.
        Fitter::new(&options)?;
        Ok(Self {
            options,
            size,
            gray,
            learning,
            waiting: Vec::new(),
            learned: None,
            limits: None,
            inspectors: Mutex::default(),
        })
    }

    /// Copies of pictures, for [`FeatureModel::take`]. Errors: `Memory`.
    pub fn copies(images: &[ImageView<'_>]) -> Result<Vec<Kept>> {
        images.iter().map(Kept::of).collect()
    }

    /// Has pictures wait, which were found right; in place of those before them if the model is robust.
    pub fn take(&mut self, images: Vec<Kept>) {
        if self.learning == Learning::Robust {
            self.waiting.clear();
        }
        self.waiting.extend(images);
    }

    /// Learns from the pictures that wait, and makes the limits. Says what to know before relying on them.
    ///
    /// Errors: `State` if nothing was learned; those of [`Fitter::add`], [`Fitter::fit`] and [`Limits::of`].
    pub fn prepare(&mut self, ideal: &Array2<f64>, tolerance: &Tolerance) -> Result<Vec<String>> {
        tolerance.check()?;
        let fitted = match self.waiting.is_empty() {
            true => None,
            false => Some(self.fitted()?),
        };
        let Some(learned) = fitted.as_ref().or(self.learned.as_ref()) else {
            let message = "the variation model has learned nothing yet";
            return Err(Error::new(ErrorKind::State, message).hint("Call train first."));
        };
        let threshold = learned.model.thresholds().pixel;
        let ideal = ideal.mapv(|value| value as f32);
        let limits = Limits::of(ideal, &learned.maps, *tolerance, threshold)?;
        let mut warnings: Vec<String> = limits.warning(threshold).into_iter().collect();
        if let Some(fitted) = fitted {
            warnings.extend(fitted.model.warnings());
            self.learned = Some(fitted);
            self.waiting = Vec::new();
            self.inspectors = Mutex::default();
        }
        self.limits = Some(limits);
        Ok(warnings)
    }

    /// What is known with the pictures that wait.
    fn fitted(&self) -> Result<Learned> {
        let before = match self.learning {
            Learning::Robust => None,
            _ => self.learned.as_ref(),
        };
        let mut fitter = match before {
            Some(learned) => Fitter::extending(Arc::clone(&learned.model), &self.options)?,
            None => Fitter::new(&self.options)?,
        };
        fitter.keep_maps(self.size);
        let known = before.map_or(0, |learned| learned.model.image_count());
        for (number, image) in self.waiting.iter().enumerate() {
            let name = format!("images[{}]", known + number);
            fitter.add(&image.view()?, None, &name)?;
        }
        let model = fitter.fit(&mut ())?;
        let (height, width) = (self.size.1 as usize, self.size.0 as usize);
        let new = fitter.maps();
        let none = || Spread::new((height, width));
        let maps = match before {
            Some(learned) => joined(&learned.maps, new)?,
            None => new.cloned().unwrap_or_else(none),
        };
        let model = Arc::new(model);
        Ok(Learned { model, maps })
    }

    /// Finds where the anomaly map of a picture is beyond its limits, inside of the mask.
    ///
    /// Errors: `State` before the model is prepared; those of [`Inspector::new`] and [`Inspector::inspect`].
    pub fn compare(
        &self,
        image: &ImageView<'_>,
        mask: Option<&Mask<'_>>,
        sides: Sides,
    ) -> Result<Found> {
        let limits = self.limits()?;
        let gray = GrayImage::new(image, self.gray, self.size)?;
        let mut inspector = self.inspector()?;
        let inspected = inspector.inspect(image, mask);
        self.inspectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(inspector);
        let inspected = inspected?;
        let mut comparison = Comparison::of(limits.beyond(&inspected.map, &gray)?, sides)?;
        let is_unlike_all =
            inspected.verdict == Verdict::Undecided && inspected.thresholds.image.is_some();
        if is_unlike_all {
            comparison.verdict = Verdict::Undecided;
        }
        comparison.health = inspected.health;
        Ok(Found {
            comparison,
            rise: limits.rise(&inspected.map, mask),
        })
    }

    /// One that nobody uses.
    fn inspector(&self) -> Result<Inspector> {
        let mut idle = self
            .inspectors
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match (idle.pop(), &self.learned) {
            (Some(inspector), _) => Ok(inspector),
            (None, Some(learned)) => Inspector::new(Arc::clone(&learned.model), &self.options),
            (None, None) => Err(unprepared()),
        }
    }

    /// The highest value of a good part's map, [H, W], where it is too light (0) or too dark (1). Errors: `State`, `Memory`.
    pub fn highest(&self, side: usize) -> Result<Array2<f64>> {
        self.limits()?.highest(side)
    }

    /// Errors: `State` before the model is prepared.
    pub fn check_prepared(&self) -> Result<()> {
        self.limits().map(|_| ())
    }

    fn limits(&self) -> Result<&Limits> {
        self.limits.as_ref().ok_or_else(unprepared)
    }

    /// Forgets pictures that wait.
    pub fn clear_train_data(&mut self) {
        self.waiting = Vec::new();
    }
}

fn unprepared() -> Error {
    Error::new(ErrorKind::State, "the variation model is not prepared").hint("Call prepare first.")
}

/// The sums of both.
fn joined(before: &Spread, new: Option<&Spread>) -> Result<Spread> {
    match new {
        Some(new) => Spread::from_parts(
            before.count() + new.count(),
            before.sum() + new.sum(),
            before.squares() + new.squares(),
        ),
        None => Ok(before.clone()),
    }
}
