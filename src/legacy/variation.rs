//! The variation model: create, train, prepare, compare, in HALCON's order.

use std::path::Path;

use ndarray::Array2;

use super::compare::{Comparison, Sides, compare};
use super::gray::{GrayImage, GrayType, variation_values};
use super::limits::{Limits, Tolerance};
use super::pixels::{Moments, Statistics, medians};
use super::{file, record};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, check_size};

/// How many images can be learned from, as in HALCON.
pub const MOST_IMAGES: u32 = 65_535;

/// How the ideal image and its variation come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Learning {
    /// Mean and standard deviation of all images so far.
    Standard,
    /// Median and scaled median absolute deviation of the images of one call.
    Robust,
    /// Both are given.
    Direct,
}

/// What is known of good parts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Training {
    Nothing,
    Moments(Moments),
    Known(Statistics),
    /// It was, and the limits are all that is left.
    Cleared,
}

/// A variation model of gray values, `pixels` by name: what is outside of `ideal +- max(absolute, relative * variation)` is
/// a defect.
///
/// # Example
/// ```
/// use twinspect::image::{ImageView, PixelFormat};
/// use twinspect::legacy::{GrayType, Learning, Tolerance, Variation};
/// let view = |bytes| ImageView::packed(PixelFormat::Gray8, 2, 1, bytes);
/// let mut model = Variation::new(2, 1, GrayType::Byte, Learning::Standard, 1 << 20)?;
/// model.train(&[view(&[98, 50])?, view(&[102, 50])?])?; // Mean 100 and 50, deviation 2 and 0.
/// model.prepare(&Tolerance { absolute: [5.0; 2], relative: [3.0; 2] })?;
/// let found = model.compare(&view(&[106, 44])?)?;
/// assert_eq!(found.map, ndarray::array![[0.0, 1.0]]); // Limits 94 to 106, and 45 to 55.
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Variation {
    pub(super) size: (u32, u32),
    pub(super) gray: GrayType,
    pub(super) learning: Learning,
    pub(super) training: Training,
    pub(super) limits: Option<Limits>,
}

impl Variation {
    /// A model of nothing yet, for pictures of `width` x `height`.
    ///
    /// Errors: `ImageSize` if a side is not 1..=32768 or there are more than `max_pixels` pixels.
    pub fn new(
        width: u32,
        height: u32,
        gray: GrayType,
        learning: Learning,
        max_pixels: u64,
    ) -> Result<Self> {
        check_size(width, height, max_pixels)?;
        Ok(Self {
            size: (width, height),
            gray,
            learning,
            training: Training::Nothing,
            limits: None,
        })
    }

    /// Width and height of the pictures.
    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Learns from images of good parts.
    ///
    /// [`Learning::Standard`] adds them to those of earlier calls. [`Learning::Robust`] forgets earlier calls, as HALCON
    /// does: give all images at once. Limits stay as they are until [`Variation::prepare`] is called again.
    ///
    /// Errors: `State` for [`Learning::Direct`] or after [`Variation::clear_train_data`]; `TooFewImages` if there is none;
    /// `InvalidArgument` for more than [`MOST_IMAGES`]; `Image`, `ImageSize` for one of another type or size; `Memory`.
    pub fn train(&mut self, images: &[ImageView<'_>]) -> Result<()> {
        self.check_trainable()?;
        if images.is_empty() {
            return Err(Error::new(
                ErrorKind::TooFewImages,
                "there is no image to learn from, one is the least",
            )
            .hint("Some 10 to 20 images show how much good parts vary; one alone does not."));
        }
        let before = match &self.training {
            Training::Moments(moments) => moments.count as usize,
            _ => 0,
        };
        if before.saturating_add(images.len()) > MOST_IMAGES as usize {
            let message = format!(
                "{} images after {before}, at most {MOST_IMAGES} can be learned from",
                images.len()
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        // All are looked at before any of them counts.
        let checked = images.iter().enumerate().map(|(index, view)| {
            GrayImage::new(view, self.gray, self.size)
                .map_err(|error| error.at(format!("images[{index}]")))
        });
        let images = checked.collect::<Result<Vec<_>>>()?;
        if self.learning == Learning::Robust {
            self.training = Training::Known(medians(&images, self.size)?);
            return Ok(());
        }
        if !matches!(self.training, Training::Moments(_)) {
            self.training = Training::Moments(Moments::new(self.size)?);
        }
        if let Training::Moments(moments) = &mut self.training {
            images.iter().for_each(|image| moments.add(image));
        }
        Ok(())
    }

    fn check_trainable(&self) -> Result<()> {
        if self.learning == Learning::Direct {
            return Err(Error::new(
                ErrorKind::State,
                "a variation model of mode direct is not trained",
            )
            .hint(
                "Give its images to prepare_direct, or create it with mode standard or robust.",
            ));
        }
        if self.training == Training::Cleared {
            return Err(cleared());
        }
        Ok(())
    }

    /// Makes the limits, `ideal +- max(absolute, relative * variation)`.
    ///
    /// Errors: `State` before the first [`Variation::train`], for [`Learning::Direct`], or after
    /// [`Variation::clear_train_data`]; `InvalidArgument` for a threshold that is negative or not finite; `Memory`.
    pub fn prepare(&mut self, tolerance: &Tolerance) -> Result<()> {
        if self.learning == Learning::Direct {
            let message = "a variation model of mode direct is prepared with its images";
            return Err(Error::new(ErrorKind::State, message).hint("Call prepare_direct."));
        }
        self.limits = Some(match &self.training {
            Training::Moments(moments) => Limits::of(&moments.statistics()?, tolerance)?,
            Training::Known(statistics) => Limits::of(statistics, tolerance)?,
            Training::Nothing => return Err(untrained()),
            Training::Cleared => return Err(cleared()),
        });
        Ok(())
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
        if self.learning != Learning::Direct {
            let message = format!(
                "the variation model is of mode {:?}, not direct",
                self.learning
            );
            return Err(Error::new(ErrorKind::State, message)
                .hint("Call train and prepare, or create it with mode direct."));
        }
        let reference = GrayImage::new(reference, self.gray, self.size);
        let statistics = Statistics {
            ideal: reference.map_err(|error| error.at("reference"))?.values()?,
            variation: variation_values(variation, self.size)
                .map_err(|error| error.at("variation"))?,
        };
        self.limits = Some(Limits::of(&statistics, tolerance)?);
        self.training = Training::Known(statistics);
        Ok(())
    }

    /// Finds what is too light or too dark. Errors: `State` before the model is prepared; `Image`, `ImageSize`, `Memory`.
    pub fn compare(&self, image: &ImageView<'_>) -> Result<Comparison> {
        self.compare_ext(image, Sides::Absolute)
    }

    /// Finds what is too light, too dark, or either. Errors: those of [`Variation::compare`].
    pub fn compare_ext(&self, image: &ImageView<'_>, sides: Sides) -> Result<Comparison> {
        let limits = self.limits()?;
        compare(limits, &GrayImage::new(image, self.gray, self.size)?, sides)
    }

    /// The ideal image and its variation. Errors: `State` before they are learned or given, or after
    /// [`Variation::clear_train_data`]; `Memory`.
    pub fn statistics(&self) -> Result<Statistics> {
        match &self.training {
            Training::Moments(moments) => moments.statistics(),
            Training::Known(statistics) => Ok(statistics.clone()),
            Training::Nothing => Err(untrained()),
            Training::Cleared => Err(cleared()),
        }
    }

    /// The highest gray values of a good part, [H, W]. Errors: `State` before the model is prepared.
    pub fn upper(&self) -> Result<&Array2<f64>> {
        Ok(&self.limits()?.upper)
    }

    /// The lowest gray values of a good part, [H, W]. Errors: `State` before the model is prepared.
    pub fn lower(&self) -> Result<&Array2<f64>> {
        Ok(&self.limits()?.lower)
    }

    fn limits(&self) -> Result<&Limits> {
        self.limits.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::State, "the variation model is not prepared")
                .hint("Call prepare, for mode direct prepare_direct, first.")
        })
    }

    /// Forgets all but the limits: less memory, a smaller file. Errors: `State` before the model is prepared.
    pub fn clear_train_data(&mut self) -> Result<()> {
        self.limits()?;
        self.training = Training::Cleared;
        Ok(())
    }

    /// Writes the model to `path`; a file of that name is replaced whole or, if anything fails, left as it is.
    ///
    /// Errors: `NotFound` (no such folder), `Io` (no right to write, full disk, `path` is a folder, device or pipe),
    /// `Memory`.
    pub fn write(&self, path: &Path) -> Result<()> {
        file::write(path, &record::of(self)?)
    }

    /// Reads a model that [`Variation::write`] wrote.
    ///
    /// Errors: `NotFound`, `Io`, `Format` (not a variation model, or damaged), `Version` (of a newer library), `Memory`.
    pub fn read(path: &Path) -> Result<Self> {
        let body = file::FRAME.read(path).map_err(|error| error.at(path))?;
        record::read(&body).map_err(|error| error.at(path))
    }

    /// The content of the model's file. Errors: `Memory`.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        file::FRAME.framed(&record::of(self)?)
    }

    /// Reads a model from the content of its file. Errors: `Format`, `Version`, `Memory`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        record::read(file::FRAME.content(bytes)?)
    }
}

fn untrained() -> Error {
    Error::new(
        ErrorKind::State,
        "the variation model has learned nothing yet",
    )
    .hint("Call train, for mode direct prepare_direct, first.")
}

fn cleared() -> Error {
    Error::new(ErrorKind::State, "the training data was cleared")
        .hint("Read the model from a file that was written before, or train a new one.")
}
