//! Pixels to the network's input: the only place where a picture is resized and normalised.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::frame::FrameMeter;
use super::view::ImageView;
use crate::error::{Error, ErrorKind, Result};

/// How many rows are read before they are resized; bounds the memory for a wide picture.
const BAND_ROWS: u32 = 64;

/// Mean and standard deviation of red, green, blue on values 0 to 1: the input is `(value - mean) / std`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// What is subtracted.
    pub mean: [f32; 3],
    /// What the difference is divided by; not 0.
    pub std: [f32; 3],
}

impl Normalisation {
    /// None: the input is red, green, blue from 0 to 1.
    pub const NONE: Self = Self {
        mean: [0.0; 3],
        std: [1.0; 3],
    };

    /// What torchvision's and most of timm's networks were trained with.
    pub const IMAGENET: Self = Self {
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };

    /// What TensorFlow's EfficientNet-Lite networks were trained with: 127 and 128 of 255.
    pub const LITE: Self = Self {
        mean: [127.0 / 255.0; 3],
        std: [128.0 / 255.0; 3],
    };

    /// What Caffe's networks were trained with: values 0 to 255 less a whole mean.
    pub const CAFFE: Self = Self {
        mean: [123.0 / 255.0, 117.0 / 255.0, 104.0 / 255.0],
        std: [1.0 / 255.0; 3],
    };
}

/// What becomes of a picture that is not square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// Its proportions stay, but for rounding.
    Keep,
    /// It is made square.
    Stretch,
}

/// What the sides of a network's input are multiples of, in pixels; each at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiples {
    /// The longer side.
    pub long_px: u32,
    /// The shorter side.
    pub short_px: u32,
}

impl Multiples {
    /// Convolutional networks take any size. The shorter side goes in steps of 32, since they halve the size five times; the
    /// longer one is what the user says.
    pub const CONVOLUTIONAL: Self = Self {
        long_px: 1,
        short_px: 32,
    };

    /// A network that cuts its input into squares of `side_px` takes nothing but whole ones.
    pub const fn of_patches(side_px: u32) -> Self {
        Self {
            long_px: side_px,
            short_px: side_px,
        }
    }
}

/// The size (width, height) in pixels at which a picture of size `image` (width, height) enters the network.
///
/// The long side is the multiple that is nearest to `size_px`. `Stretch`: the short side is as long. `Keep`: it is the multiple
/// that is nearest to the picture's proportions, at least one and no longer than the long side; neither convolutional
/// networks nor vision transformers need a padding to a square.
///
/// A `size_px` of 0 is the picture's own: each side is what it is, or the nearest multiple of `long_px`.
///
/// # Example
/// ```
/// use twinspect::image::{Aspect, Multiples, input_size};
/// let by_32 = Multiples::CONVOLUTIONAL;
/// assert_eq!(input_size((2048, 110), 320, Aspect::Keep, by_32), (320, 32));
/// assert_eq!(input_size((480, 640), 320, Aspect::Keep, by_32), (256, 320)); // 240 lies between 224 and 256: the larger one.
/// assert_eq!(input_size((480, 640), 320, Aspect::Stretch, by_32), (320, 320));
/// assert_eq!(input_size((480, 640), 320, Aspect::Keep, Multiples::of_patches(14)), (238, 322));
/// assert_eq!(input_size((8000, 2001), 0, Aspect::Keep, by_32), (8000, 2001));
/// ```
pub fn input_size(
    image: (u32, u32),
    size_px: u32,
    aspect: Aspect,
    multiples: Multiples,
) -> (u32, u32) {
    let (width, height) = image;
    let (long, short) = (width.max(height).max(1), width.min(height));
    if size_px == 0 && aspect == Aspect::Keep {
        let own = |side: u32| nearest_multiple(side.into(), multiples.long_px);
        return (own(width), own(height));
    }
    let size_px = if size_px == 0 { long } else { size_px };
    let long_px = nearest_multiple(size_px.into(), multiples.long_px);
    if aspect == Aspect::Stretch || long == short {
        return (long_px, long_px);
    }
    let proportional = f64::from(short) / f64::from(long) * f64::from(long_px);
    let short_px = nearest_multiple(proportional, multiples.short_px).min(long_px);
    if width > height {
        (long_px, short_px)
    } else {
        (short_px, long_px)
    }
}

/// At least one; of two that are as near, the larger one.
fn nearest_multiple(px: f64, of_px: u32) -> u32 {
    let count = (px / f64::from(of_px)).round() as u32;
    count.max(1).saturating_mul(of_px)
}

/// A rectangle of the network's input, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Left edge.
    pub x: u32,
    /// Top edge.
    pub y: u32,
    /// At least 1.
    pub width: u32,
    /// At least 1.
    pub height: u32,
}

/// Turns pictures into input tensors of one size; keep one for many pictures, its buffers are used again.
///
/// # Example
/// ```
/// use twinspect::image::{ImageView, Normalisation, PixelFormat, Preprocessor};
/// let view = ImageView::packed(PixelFormat::Gray8, 2, 1, &[0, 255])?;
/// let mut preprocessor = Preprocessor::new((1, 1), Normalisation { mean: [0.25; 3], std: [0.5; 3] });
/// let tensor = preprocessor.tensor(&view)?;
/// assert_eq!(tensor.size(), [1, 3, 1, 1]);
/// assert_eq!(tensor.double_value(&[0, 0, 0, 0]), 0.5); // (0.5 - 0.25) / 0.5
/// # Ok::<(), twinspect::Error>(())
/// ```
#[derive(Debug)]
pub struct Preprocessor {
    width_px: u32,
    height_px: u32,
    normalisation: Normalisation,
    resizer: Resizer,
    row: Vec<f32>,
    band: Vec<F32x3>,
    narrow: Vec<F32x3>,
    resized: Vec<F32x3>,
    /// Pixels in a row of `resized`.
    resized_width: usize,
    planes: Vec<f32>,
}

impl Preprocessor {
    /// A preprocessor for input tensors of `size` (width, height) in pixels, see [`input_size`].
    pub fn new(size: (u32, u32), normalisation: Normalisation) -> Self {
        Self {
            width_px: size.0,
            height_px: size.1,
            normalisation,
            resizer: Resizer::new(),
            row: Vec::new(),
            band: Vec::new(),
            narrow: Vec::new(),
            resized: Vec::new(),
            resized_width: 0,
            planes: Vec::new(),
        }
    }

    /// The size (width, height) of the tensors in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width_px, self.height_px)
    }

    /// How red, green and blue are normalised.
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// The picture as the network's input: scaled to 0..=1 by its white, resized, normalised.
    ///
    /// Resized by antialiased bilinear interpolation without keeping the proportions, as torchvision's
    /// `resize(antialias=True)` on float tensors does: within 1e-6 of its float64 result, within 1e-5 of its float32
    /// result. A picture of the right size is not resized.
    ///
    /// Shapes: result [1, 3, height, width] f32 on the CPU. Memory: the picture is never held as floats; 64 of its rows are,
    /// and all rows at the tensor's width: 25 MB and 126 MB for 32768 x 32768 pixels to 320 x 320.
    /// Errors: those of [`ImageView::rgb_row`]; `Memory`; `InvalidArgument` if the tensor's size is 0.
    pub fn tensor(&mut self, view: &ImageView) -> Result<Tensor> {
        let (width, height) = self.size();
        self.window(
            view,
            Window {
                x: 0,
                y: 0,
                width,
                height,
            },
        )
    }

    /// What [`Preprocessor::tensor`] has in a window, made of no more of the picture than shows there.
    ///
    /// Shapes: result [1, 3, height, width] f32 of the window, on the CPU. Memory: that of the part of the picture.
    /// Errors: as there; `InvalidArgument` if the window is empty or not inside the input.
    pub fn window(&mut self, view: &ImageView, window: Window) -> Result<Tensor> {
        self.resize(view, window)?;
        self.normalise(window)
    }

    /// Adds the pixels of the last tensor, as they were before they were normalised, to what a frame is like. Some 0.1 ms for
    /// 320 x 320 pixels. Errors: `Memory`.
    pub fn measure(&self, meter: &mut FrameMeter) -> Result<()> {
        meter.add(&self.resized, self.resized_width)
    }

    /// Adds the pixels of a window of the input. Errors: as [`Preprocessor::window`].
    pub fn measure_window(
        &mut self,
        view: &ImageView,
        window: Window,
        meter: &mut FrameMeter,
    ) -> Result<()> {
        self.resize(view, window)?;
        self.measure(meter)
    }

    /// Brings what shows in the window to its size, into `resized`.
    fn resize(&mut self, view: &ImageView, window: Window) -> Result<()> {
        let fits = |start: u32, length: u32, whole: u32| {
            length > 0 && u64::from(start) + u64::from(length) <= u64::from(whole)
        };
        if !fits(window.x, window.width, self.width_px)
            || !fits(window.y, window.height, self.height_px)
        {
            let message = format!(
                "{window:?} is not inside the input of {} x {}, which must be at least 1 x 1",
                self.width_px, self.height_px
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        }
        let across = Shown::in_window(window.x, window.width, self.width_px, view.width());
        let down = Shown::in_window(window.y, window.height, self.height_px, view.height());
        let shown = view.crop(across.first, down.first, across.count, down.count)?;
        self.narrow(&shown, &across)?;
        self.shorten(&across, &down)
    }

    /// Reads the picture in bands of rows and brings each to the window's width, into `narrow`.
    ///
    /// Bands change nothing in the result: a row's width does not depend on its neighbours.
    fn narrow(&mut self, view: &ImageView, across: &Shown) -> Result<()> {
        let width = view.width() as usize;
        let into_width = across.into as usize;
        resize_buffer(&mut self.row, 3 * width)?;
        resize_buffer(
            &mut self.band,
            width * BAND_ROWS.min(view.height()) as usize,
        )?;
        resize_buffer(&mut self.narrow, into_width * view.height() as usize)?;
        let bands = self.narrow.chunks_mut(into_width * BAND_ROWS as usize);
        for (first, narrow) in (0..view.height()).step_by(BAND_ROWS as usize).zip(bands) {
            let rows = BAND_ROWS.min(view.height() - first);
            for (y, pixels) in (first..first + rows).zip(self.band.chunks_exact_mut(width)) {
                view.rgb_row(y, &mut self.row)?;
                for (pixel, rgb) in pixels.iter_mut().zip(self.row.as_chunks().0) {
                    pixel.0 = *rgb;
                }
            }
            resize(
                &mut self.resizer,
                &self.band,
                [across, &Shown::all(rows)],
                narrow,
            )?;
        }
        Ok(())
    }

    /// Brings `narrow` to the window's height, into `resized`.
    fn shorten(&mut self, across: &Shown, down: &Shown) -> Result<()> {
        resize_buffer(&mut self.resized, across.into as usize * down.into as usize)?;
        self.resized_width = across.into as usize;
        resize(
            &mut self.resizer,
            &self.narrow,
            [&Shown::all(across.into), down],
            &mut self.resized,
        )
    }

    fn normalise(&mut self, window: Window) -> Result<Tensor> {
        let Normalisation { mean, std } = self.normalisation;
        let count = self.resized.len();
        resize_buffer(&mut self.planes, 3 * count)?;
        for (channel, plane) in self.planes.chunks_exact_mut(count).enumerate() {
            for (out, pixel) in plane.iter_mut().zip(&self.resized) {
                *out = (pixel.0[channel] - mean[channel]) / std[channel];
            }
        }
        let size = [1, 3, i64::from(window.height), i64::from(window.width)];
        Ok(Tensor::f_from_slice(&self.planes)?.f_view(size)?)
    }
}

/// Pixels of a picture along one axis, and those of the input that they show in.
#[derive(Debug)]
struct Shown {
    first: u32,
    /// More than what lies under the window where it is interpolated at its edges.
    count: u32,
    /// Where the window starts, counted from `first`.
    from: f64,
    length: f64,
    into: u32,
}

impl Shown {
    /// In the window of this start and length; the input is `into` pixels long, the picture `picture`.
    fn in_window(start: u32, length: u32, into: u32, picture: u32) -> Self {
        let place = |px: u32| f64::from(px) * f64::from(picture) / f64::from(into);
        let (from, to) = (place(start), place(start + length));
        // How far a filter reaches from the middle of a pixel of the input.
        let reach = match picture == into {
            true => 0.0,
            false => (f64::from(picture) / f64::from(into)).max(1.0) + 1.0,
        };
        let first = (from - reach).max(0.0).floor();
        let end = (to + reach).ceil().min(f64::from(picture));
        Self {
            first: first as u32,
            count: (end - first) as u32,
            from: from - first,
            // No further than the last pixel, by rounding.
            length: (to - from).min(end - from),
            into: length,
        }
    }

    /// All, as many as there are.
    fn all(count: u32) -> Self {
        Self {
            first: 0,
            count,
            from: 0.0,
            length: f64::from(count),
            into: count,
        }
    }
}

/// Antialiased bilinear.
///
/// Largest difference to torchvision 0.26 on 0..=1, five pairs of sizes, shrinking and enlarging (2026-11-25): to float64
/// 6e-8, to float32 1.5e-6, which is that float32's own distance from float64. `image::imageops::resize` with `Triangle`
/// rounds its weights as torchvision's float32 does, so it is nearer to that one (2.4e-7) and farther from the exact result
/// (1.4e-6); it also wants the whole picture as floats.
fn resize(
    resizer: &mut Resizer,
    from: &[F32x3],
    [across, down]: [&Shown; 2],
    into: &mut [F32x3],
) -> Result<()> {
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .crop(across.from, down.from, across.length, down.length)
        .use_alpha(false);
    let (from_size, into_size) = ((across.count, down.count), (across.into, down.into));
    let failed = |error: &dyn std::fmt::Display| {
        let message = format!("cannot resize {from_size:?} to {into_size:?}: {error}");
        Error::new(ErrorKind::ImageSize, message)
    };
    let from =
        TypedImageRef::new(from_size.0, from_size.1, from).map_err(|error| failed(&error))?;
    let mut into = TypedImage::from_pixels_slice(into_size.0, into_size.1, into)
        .map_err(|error| failed(&error))?;
    resizer
        .resize_typed(&from, &mut into, &options)
        .map_err(|error| failed(&error))
}

/// Sets the length; a failure to allocate is an error, not the end of the process.
pub(super) fn resize_buffer<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) -> Result<()> {
    let more = length.saturating_sub(buffer.len());
    buffer.try_reserve_exact(more).map_err(|_| {
        Error::new(
            ErrorKind::Memory,
            format!("no memory for {length} values of a picture"),
        )
    })?;
    buffer.resize(length, T::default());
    Ok(())
}
