//! A small picture of what the network saw, to be shown to a person.

use image::RgbImage;
use tch::{Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::image::Normalisation;

/// Longer side at most, in pixels.
const LONG_SIDE_PX: i64 = 128;

/// Undoes the normalisation of a network's input [1, 3, h, w] and shrinks it by a whole factor, by averaging.
pub fn thumbnail(input: &Tensor, normalisation: &Normalisation) -> Result<RgbImage> {
    let (_, _, h, w) = input.size4()?;
    let factor = (h.max(w) + LONG_SIDE_PX - 1) / LONG_SIDE_PX;
    let small = input.f_avg_pool2d(
        [factor, factor],
        [factor, factor],
        [0, 0],
        true,
        false,
        None,
    )?;
    let (_, _, h, w) = small.size4()?;
    let of = |values: [f32; 3]| {
        Tensor::f_from_slice(&values)?
            .f_reshape([1, 3, 1, 1])?
            .f_to_device(input.device())
    };
    let rgb = small
        .f_mul(&of(normalisation.std)?)?
        .f_add(&of(normalisation.mean)?)?;
    let bytes = rgb
        .f_mul_scalar(255.0)?
        .f_round()?
        .f_clamp(0.0, 255.0)?
        .f_to_kind(Kind::Uint8)?;
    let bytes = bytes
        .f_permute([0, 2, 3, 1])?
        .f_contiguous()?
        .f_to_device(tch::Device::Cpu)?;
    let mut pixels = vec![0u8; (h * w * 3) as usize];
    let count = pixels.len();
    bytes.f_copy_data_u8(&mut pixels, count)?;
    RgbImage::from_raw(w as u32, h as u32, pixels).ok_or_else(|| {
        Error::new(
            ErrorKind::ImageSize,
            format!("no thumbnail of {w} x {h} pixels"),
        )
    })
}
