//! The variation model: create, train, prepare, compare, in HALCON's order.

use std::path::Path;

use ndarray::Array2;

use super::compare::{Comparison, Sides};
use super::engine::Engine;
use super::features::FeatureModel;
use super::pixels::{GrayType, Learning, PixelModel, Statistics};
use super::shadow::{Row, ShadowLog};
use super::tolerance::Tolerance;
use super::{file, record};
use crate::error::Result;
use crate::image::{ImageView, Mask};
use crate::options::Options;
use crate::verdict::Verdict;

/// What good parts look like, and how much they vary: what is outside of that is a defect.
///
/// The option `variation.engine` says of what: of gray values, where `ideal +- max(absolute, relative * variation)` are the limits;
/// of anomaly maps, where `mean + max(absolute, relative * deviation)` is the limit; or of both, of which `variation.decides`
/// names one, and the other is written down beside it.
///
/// # Example
/// ```
/// use twinspect::image::{ImageView, PixelFormat};
/// use twinspect::legacy::{GrayType, Learning, Tolerance, Variation};
/// use twinspect::options::Options;
/// let view = |bytes| ImageView::packed(PixelFormat::Gray8, 2, 1, bytes);
/// let mut model = Variation::new((2, 1), GrayType::Byte, Learning::Standard, &Options::default())?;
/// model.train(&[view(&[98, 50])?, view(&[102, 50])?])?; // Mean 100 and 50, deviation 2 and 0.
/// model.prepare(&Tolerance { absolute: [5.0; 2], relative: [3.0; 2] })?;
/// let found = model.compare(&view(&[106, 44])?, None)?.decided;
/// assert_eq!(found.map, ndarray::array![[0.0, 1.0]]); // Limits 94 to 106, and 45 to 55.
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Variation {
    engine: Engine,
    /// Of all engines: the gray values say what is light and what is dark.
    pixels: PixelModel,
    features: Option<FeatureModel>,
    /// Which of both decides.
    features_decide: bool,
    shadow: Option<ShadowLog>,
}

/// What a comparison found, and what became of the engine in the shadow.
#[derive(Debug)]
pub struct Compared {
    /// What the engine that decides found.
    pub decided: Comparison,
    /// Whether the other one says the same; none if there is no other, or it failed.
    pub agrees: Option<bool>,
    /// What was said, if there is another, and whether it could be written down.
    pub shadow: Option<(Row, Result<()>)>,
}

impl Variation {
    /// A model of nothing yet, for pictures of this width and height.
    ///
    /// Errors: `ImageSize` if a side is not 1..=32768 or there are more pixels than `image.max_pixels`; where features are
    /// compared, those of a new [`Fitter`](crate::model::Fitter), and `Unsupported` for [`Learning::Direct`]; `Io`, `NotFound` of
    /// `shadow.folder`.
    pub fn new(
        size: (u32, u32),
        gray: GrayType,
        learning: Learning,
        options: &Options,
    ) -> Result<Self> {
        let max_pixels = options.int("image.max_pixels")? as u64;
        let pixels = PixelModel::new(size.0, size.1, gray, learning, max_pixels)?;
        let engine = Engine::of(options)?;
        let features = engine
            .has_features()
            .then(|| FeatureModel::new(size, gray, learning, options));
        Self::with(engine, pixels, features.transpose()?, options)
    }

    fn with(
        engine: Engine,
        pixels: PixelModel,
        features: Option<FeatureModel>,
        options: &Options,
    ) -> Result<Self> {
        let shadow = match engine {
            Engine::Both => ShadowLog::open(options)?,
            _ => None,
        };
        Ok(Self {
            engine,
            pixels,
            features,
            features_decide: options.text("variation.decides")? == "features",
            shadow,
        })
    }

    /// Width and height of the pictures.
    pub fn size(&self) -> (u32, u32) {
        self.pixels.size()
    }

    /// What gray values pictures have.
    pub fn gray(&self) -> GrayType {
        self.pixels.gray()
    }

    /// How the ideal image comes about.
    pub fn learning(&self) -> Learning {
        self.pixels.learning()
    }

    /// What is compared.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Whether it can compare.
    pub fn is_prepared(&self) -> bool {
        self.check_prepared().is_ok()
    }

    fn check_prepared(&self) -> Result<()> {
        match &self.features {
            Some(features) => features.check_prepared()?,
            None => self.pixels.check_prepared()?,
        }
        match self.engine {
            Engine::Both => self.pixels.check_prepared(),
            _ => Ok(()),
        }
    }

    /// Learns from images of good parts.
    ///
    /// [`Learning::Standard`] adds them to those of earlier calls. [`Learning::Robust`] forgets earlier calls, as HALCON
    /// does: give all images at once. Limits stay as they are until [`Variation::prepare`] is called again. For features, images
    /// are kept until then.
    ///
    /// Errors: `State` for [`Learning::Direct`] or after [`Variation::clear_train_data`]; `TooFewImages` if there is none;
    /// `InvalidArgument` for more than [`MOST_IMAGES`](super::MOST_IMAGES); `Image`, `ImageSize` for one of another type or size;
    /// `Memory`.
    pub fn train(&mut self, images: &[ImageView<'_>]) -> Result<()> {
        let kept = match &self.features {
            Some(_) => FeatureModel::copies(images)?,
            None => Vec::new(),
        };
        self.pixels.train(images)?;
        if let Some(features) = &mut self.features {
            features.take(kept);
        }
        Ok(())
    }

    /// Makes the limits; says what to know before relying on them, whole sentences.
    ///
    /// Of gray values `ideal +- max(absolute, relative * variation)`. Of anomaly maps `mean + max(absolute, relative * deviation)`,
    /// of the maps of the training images, each against all others; a negative absolute threshold is automatic: the model's
    /// calibrated threshold is then in the place of `mean + absolute`. With both engines the thresholds are those of gray values,
    /// and the absolute one of the maps is automatic. Where features are compared, images since the last call are fitted, which
    /// takes about as long as inspecting them.
    ///
    /// Errors: `State` before the first [`Variation::train`], for [`Learning::Direct`], or after
    /// [`Variation::clear_train_data`]; `InvalidArgument` for a threshold that is negative or not finite; `TooFewImages` for an
    /// automatic one; `Memory`; of features those of [`Fitter`](crate::model::Fitter).
    pub fn prepare(&mut self, tolerance: &Tolerance) -> Result<Vec<String>> {
        self.pixels.check_learned()?;
        let limits = match self.engine {
            Engine::Features => None,
            _ => Some(self.pixels.limits_of(tolerance)?),
        };
        let of_maps = match self.engine {
            Engine::Both => tolerance.automatic(),
            _ => *tolerance,
        };
        let warnings = match &mut self.features {
            Some(features) => features.prepare(&self.pixels.statistics()?.ideal, &of_maps)?,
            None => Vec::new(),
        };
        if let Some(limits) = limits {
            self.pixels.take_limits(limits);
        }
        Ok(warnings)
    }

    /// Makes the limits of a reference, of the model's type, and its variation, `Gray8`, `Gray16` or `GrayF32`.
    ///
    /// Errors: `State` unless [`Learning::Direct`]; `InvalidArgument` as [`Variation::prepare`]; `Image`, `ImageSize`,
    /// `Memory`.
    pub fn prepare_direct(
        &mut self,
        reference: &ImageView<'_>,
        variation: &ImageView<'_>,
        tolerance: &Tolerance,
    ) -> Result<()> {
        self.pixels.prepare_direct(reference, variation, tolerance)
    }

    /// Finds what is too light or too dark, inside of the mask; as [`Variation::compare_ext`] with [`Sides::Absolute`].
    pub fn compare(&self, image: &ImageView<'_>, mask: Option<&Mask<'_>>) -> Result<Compared> {
        self.compare_ext(image, mask, Sides::Absolute)
    }

    /// Finds what is too light, too dark, or either, inside of the mask. Any number of threads may compare at once.
    ///
    /// Errors: `State` before the model is prepared; `Image`, `ImageSize`, `Memory`; where features decide, those of
    /// [`Inspector::inspect`](crate::model::Inspector::inspect).
    pub fn compare_ext(
        &self,
        image: &ImageView<'_>,
        mask: Option<&Mask<'_>>,
        sides: Sides,
    ) -> Result<Compared> {
        let alone = |decided| Compared {
            decided,
            agrees: None,
            shadow: None,
        };
        let Some(features) = &self.features else {
            return self.pixels.compare(image, mask, sides).map(alone);
        };
        if self.engine == Engine::Features {
            let found = features.compare(image, mask, sides)?;
            return Ok(alone(found.comparison));
        }
        let pixels = self.pixels.compare(image, mask, sides)?;
        let found = features.compare(image, mask, sides);
        let mut row = Row {
            time: String::new(),
            pixels_verdict: pixels.verdict,
            pixels_score: pixels.score(),
            pixels_area: pixels.area(),
            features_verdict: None,
            features_score: None,
            features_area: None,
            features_rise: None,
            error: None,
            picture: None,
        };
        // What only watches does not stop the line.
        let features = match found {
            Ok(found) => {
                row.features_verdict = Some(found.comparison.verdict);
                row.features_score = Some(found.comparison.score());
                row.features_area = Some(found.comparison.area());
                row.features_rise = Some(found.rise);
                Some(found.comparison)
            }
            Err(error) if self.features_decide => return Err(error),
            Err(error) => {
                row.error = Some(error.to_string());
                None
            }
        };
        let written = match &self.shadow {
            Some(log) => log.write(row.clone(), image),
            None => Ok(()),
        };
        Ok(Compared {
            agrees: row.features_verdict.map(|_| row.agrees()),
            decided: match features {
                Some(found) if self.features_decide => found,
                _ => pixels,
            },
            shadow: Some((row, written)),
        })
    }

    /// The ideal image and its variation, in gray values, whatever is compared. Errors: `State` before they are learned or given,
    /// or after [`Variation::clear_train_data`]; `Memory`.
    pub fn statistics(&self) -> Result<Statistics> {
        self.pixels.statistics()
    }

    /// The highest gray values of a good part, [H, W]; where features are compared alone, the highest values of its anomaly map
    /// where the picture is lighter than the ideal. Errors: `State` before the model is prepared; `Memory`.
    pub fn upper(&self) -> Result<Array2<f64>> {
        match &self.features {
            Some(features) if self.engine == Engine::Features => features.highest(0),
            _ => self.pixels.upper().cloned(),
        }
    }

    /// The lowest gray values of a good part, [H, W]; where features are compared alone, the highest values of its anomaly map
    /// where the picture is darker than the ideal. Errors: `State` before the model is prepared; `Memory`.
    pub fn lower(&self) -> Result<Array2<f64>> {
        match &self.features {
            Some(features) if self.engine == Engine::Features => features.highest(1),
            _ => self.pixels.lower().cloned(),
        }
    }

    /// Forgets all but what comparing takes: less memory, a smaller file. Errors: `State` before the model is prepared.
    pub fn clear_train_data(&mut self) -> Result<()> {
        self.check_prepared()?;
        if let Some(features) = &mut self.features {
            features.clear_train_data();
        }
        self.pixels.clear_train_data();
        Ok(())
    }

    /// Writes the model to `path`; a file of that name is replaced whole or, if anything fails, left as it is.
    ///
    /// Errors: `NotFound` (no such folder), `Io` (no right to write, full disk, `path` is a folder, device or pipe),
    /// `Memory`.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::write(path, &self.record()?)
    }

    /// Reads a model that [`Variation::write`] wrote.
    ///
    /// The options are those of [`Variation::new`]: what is learned from then on, and how it works. Without `variation.engine` the
    /// model compares what it compared when it was written.
    ///
    /// Errors: `NotFound`, `Io`, `Format` (not a variation model, or damaged), `Version` (of another library), `Memory`;
    /// `Unsupported` if features are asked for and the file has none; `Weights`, `Device`.
    pub fn read(path: &Path, options: &Options) -> Result<Self> {
        let body = file::FRAME.read(path).map_err(|error| error.at(path))?;
        Self::of_record(&body, options).map_err(|error| match error.place() {
            "" => error.at(path),
            _ => error,
        })
    }

    /// The content of the model's file. Errors: `Memory`.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        file::FRAME.framed(&self.record()?)
    }

    /// Reads a model from the content of its file. Errors: those of [`Variation::read`] but `NotFound` and `Io`.
    pub fn from_bytes(bytes: &[u8], options: &Options) -> Result<Self> {
        Self::of_record(file::FRAME.content(bytes)?, options)
    }

    fn record(&self) -> Result<Vec<u8>> {
        record::of(self.engine, &self.pixels, self.features.as_ref())
    }

    fn of_record(bytes: &[u8], options: &Options) -> Result<Self> {
        let record::Content {
            engine,
            pixels,
            features,
        } = record::read(bytes, options)?;
        Self::with(engine, pixels, features, options)
    }
}

impl Compared {
    /// The verdict of the engine that decides.
    pub fn verdict(&self) -> Verdict {
        self.decided.verdict
    }
}
