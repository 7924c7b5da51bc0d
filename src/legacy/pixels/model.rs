//! What good parts look like in gray values, learned or given, and pictures against it.

use ndarray::Array2;

use super::gray::{GrayImage, GrayType, variation_values, zeros};
use super::learned::{Moments, Statistics, medians};
use super::limits::Limits;
use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, Mask, check_size};
use crate::legacy::compare::{Comparison, Sides};
use crate::legacy::tolerance::Tolerance;

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

/// What is outside of `ideal +- max(absolute, relative * variation)` is a defect.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelModel {
    pub(super) size: (u32, u32),
    pub(super) gray: GrayType,
    pub(super) learning: Learning,
    pub(super) training: Training,
    pub(super) limits: Option<Limits>,
}

impl PixelModel {
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

    /// What gray values pictures have.
    pub fn gray(&self) -> GrayType {
        self.gray
    }

    /// How the ideal image comes about.
    pub fn learning(&self) -> Learning {
        self.learning
    }

    /// Learns from images of good parts.
    ///
    /// [`Learning::Standard`] adds them to those of earlier calls. [`Learning::Robust`] forgets earlier calls, as HALCON
    /// does: give all images at once. Limits stay as they are until others are taken.
    ///
    /// Errors: `State` for [`Learning::Direct`] or after [`PixelModel::clear_train_data`]; `TooFewImages` if there is none;
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

    /// The limits, `ideal +- max(absolute, relative * variation)`, for [`PixelModel::take_limits`].
    ///
    /// Errors: `State` before the first [`PixelModel::train`], for [`Learning::Direct`], or after
    /// [`PixelModel::clear_train_data`]; `InvalidArgument` for a threshold that is negative or not finite; `Memory`.
    pub fn limits_of(&self, tolerance: &Tolerance) -> Result<Limits> {
        self.check_learned()?;
        Limits::of(&self.statistics()?, tolerance)
    }

    /// Whether it is to be prepared, and has learned what that takes. Errors: `State`.
    pub fn check_learned(&self) -> Result<()> {
        match self.training {
            _ if self.learning == Learning::Direct => {
                let message = "a variation model of mode direct is prepared with its images";
                Err(Error::new(ErrorKind::State, message).hint("Call prepare_direct."))
            }
            Training::Moments(_) | Training::Known(_) => Ok(()),
            Training::Nothing => Err(untrained()),
            Training::Cleared => Err(cleared()),
        }
    }

    /// Takes these limits.
    pub fn take_limits(&mut self, limits: Limits) {
        self.limits = Some(limits);
    }

    /// Makes the limits of a reference, of the model's type, and its variation, `Gray8`, `Gray16` or `GrayF32`.
    ///
    /// Errors: `State` unless [`Learning::Direct`]; `InvalidArgument` as [`PixelModel::limits_of`]; `Image`, `ImageSize`,
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

    /// Finds what is too light, too dark, or either, inside of the mask.
    ///
    /// Errors: `State` before the model is prepared; `Image`, `ImageSize`, `Memory`.
    pub fn compare(
        &self,
        image: &ImageView<'_>,
        mask: Option<&Mask<'_>>,
        sides: Sides,
    ) -> Result<Comparison> {
        let limits = self.limits()?;
        let image = GrayImage::new(image, self.gray, self.size)?;
        if let Some(mask) = mask {
            mask.check_marks(self.size.0, self.size.1)?;
        }
        Comparison::of(beyond(limits, &image, mask)?, sides)
    }

    /// The ideal image and its variation. Errors: `State` before they are learned or given, or after
    /// [`PixelModel::clear_train_data`]; `Memory`.
    pub fn statistics(&self) -> Result<Statistics> {
        match &self.training {
            Training::Moments(moments) => moments.statistics(),
            Training::Known(statistics) => statistics.copied(),
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

    /// Whether there are limits. Errors: `State`.
    pub fn check_prepared(&self) -> Result<()> {
        self.limits().map(|_| ())
    }

    /// Forgets all but the limits.
    pub fn clear_train_data(&mut self) {
        self.training = Training::Cleared;
    }
}

/// How many gray values each pixel is beyond its limit, [H, W]: above 0 where it is too light, below where it is too dark.
fn beyond(limits: &Limits, image: &GrayImage<'_>, mask: Option<&Mask<'_>>) -> Result<Array2<f32>> {
    let mut map: Array2<f32> = zeros(limits.upper.dim())?;
    let mut row = vec![0u16; map.ncols()];
    for (y, mut values) in map.rows_mut().into_iter().enumerate() {
        image.read_row(y, &mut row);
        let (lightest, darkest) = (limits.lightest.row(y), limits.darkest.row(y));
        let bounds = lightest.iter().zip(darkest);
        for (x, (gray, (lightest, darkest))) in row.iter().zip(bounds).enumerate() {
            let limit = match gray {
                gray if gray > lightest => limits.upper[[y, x]],
                gray if gray < darkest => limits.lower[[y, x]],
                _ => continue,
            };
            if mask.is_none_or(|mask| mask.covers(x as u32, y as u32)) {
                values[x] = (f64::from(*gray) - limit) as f32;
            }
        }
    }
    Ok(map)
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
