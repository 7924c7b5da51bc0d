//! A picture as gray values: those of the caller, not brought to a scale.

use ndarray::{Array2, ArrayViewMut1};

use crate::error::{Error, ErrorKind, Result};
use crate::image::{ImageView, PixelFormat};

/// What gray values pictures have. HALCON's int2 has no counterpart: add 32768 to it and use [`GrayType::Uint2`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrayType {
    /// 0 to 255.
    Byte,
    /// 0 to 65535.
    Uint2,
}

impl GrayType {
    /// The highest gray value.
    pub fn highest(self) -> u16 {
        match self {
            Self::Byte => u8::MAX.into(),
            Self::Uint2 => u16::MAX,
        }
    }

    /// How pictures of it are given.
    pub fn format(self) -> PixelFormat {
        match self {
            Self::Byte => PixelFormat::Gray8,
            Self::Uint2 => PixelFormat::Gray16,
        }
    }
}

/// A picture of the type and size that is asked for.
pub struct GrayImage<'a>(ImageView<'a>);

impl<'a> GrayImage<'a> {
    /// Errors: `Image` if the picture is of another type, `ImageSize` if it is of another size.
    pub fn new(view: &ImageView<'a>, gray: GrayType, size: (u32, u32)) -> Result<Self> {
        if view.format() != gray.format() {
            let message = format!(
                "the picture is {:?}, the variation model is of type {gray:?} and takes {:?}",
                view.format(),
                gray.format()
            );
            return Err(Error::new(ErrorKind::Image, message)
                .hint("Convert the picture, or create the variation model with the other type."));
        }
        check_size(view, size)?;
        Ok(Self(*view))
    }

    /// Row `y`, which there must be, into `out`, which is as long.
    pub fn read_row(&self, y: usize, out: &mut [u16]) {
        let row = self.0.row(0, y as u32);
        match self.0.format() {
            PixelFormat::Gray16 => {
                for (out, bytes) in out.iter_mut().zip(row.as_chunks().0) {
                    *out = u16::from_ne_bytes(*bytes);
                }
            }
            _ => {
                for (out, byte) in out.iter_mut().zip(row) {
                    *out = u16::from(*byte);
                }
            }
        }
    }

    /// All gray values, [H, W]. Errors: `Memory`.
    pub fn values(&self) -> Result<Array2<f64>> {
        let mut values = zeros((self.0.height() as usize, self.0.width() as usize))?;
        let mut row = vec![0; self.0.width() as usize];
        for (y, mut out) in values.rows_mut().into_iter().enumerate() {
            self.read_row(y, &mut row);
            fill(&mut out, row.iter().map(|value| f64::from(*value)));
        }
        Ok(values)
    }
}

/// How much the gray values of a part may vary, as the caller gives it: [H, W], 0 or more.
///
/// Errors: `Image` if the picture is not gray, or a float is negative or not finite; `ImageSize`; `Memory`.
pub fn variation_values(view: &ImageView<'_>, size: (u32, u32)) -> Result<Array2<f64>> {
    match view.format() {
        PixelFormat::Gray8 => GrayImage::new(view, GrayType::Byte, size)?.values(),
        PixelFormat::Gray16 => GrayImage::new(view, GrayType::Uint2, size)?.values(),
        PixelFormat::GrayF32 => float_values(view, size),
        other => {
            let message =
                format!("the variation image is {other:?}, it must be Gray8, Gray16 or GrayF32");
            Err(Error::new(ErrorKind::Image, message))
        }
    }
}

fn float_values(view: &ImageView<'_>, size: (u32, u32)) -> Result<Array2<f64>> {
    check_size(view, size)?;
    let mut values = zeros((size.1 as usize, size.0 as usize))?;
    for (y, mut out) in values.rows_mut().into_iter().enumerate() {
        let floats = view.row(0, y as u32).as_chunks().0.iter();
        fill(
            &mut out,
            floats.map(|bytes| f64::from(f32::from_ne_bytes(*bytes))),
        );
    }
    match values
        .indexed_iter()
        .find(|(_, value)| !(value.is_finite() && **value >= 0.0))
    {
        None => Ok(values),
        Some(((y, x), value)) => {
            let message =
                format!("the variation at ({x}, {y}) is {value}, it must be finite and 0 or more");
            Err(Error::new(ErrorKind::Image, message))
        }
    }
}

fn check_size(view: &ImageView<'_>, (width, height): (u32, u32)) -> Result<()> {
    if (view.width(), view.height()) == (width, height) {
        return Ok(());
    }
    let message = format!(
        "the picture is {} x {}, the variation model {width} x {height}",
        view.width(),
        view.height()
    );
    Err(Error::new(ErrorKind::ImageSize, message))
}

fn fill(out: &mut ArrayViewMut1<'_, f64>, values: impl Iterator<Item = f64>) {
    out.iter_mut()
        .zip(values)
        .for_each(|(out, value)| *out = value);
}

/// An array of zeros, [H, W]. Errors: `Memory`.
pub fn zeros<T: Clone + Default>((height, width): (usize, usize)) -> Result<Array2<T>> {
    let no_memory = || {
        let message = format!("no memory for a variation model of {width} x {height}");
        Error::new(ErrorKind::Memory, message)
    };
    let count = height.checked_mul(width).ok_or_else(no_memory)?;
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| no_memory())?;
    values.resize(count, T::default());
    Array2::from_shape_vec((height, width), values).map_err(|_| no_memory())
}
