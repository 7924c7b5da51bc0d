//! Where the part lies, from pictures that all show it alike.

use image::GrayImage;
use imageproc::contrast::otsu_level;
use ndarray::Array2;
use tch::{Device, Kind, Tensor};

use crate::error::{Error, ErrorKind, Result};
use crate::registration::warp::Warped;
use crate::torch::grid;
use crate::torch::shared::SharedTensor;

/// A pixel says something if this share of the pictures shows it.
const SHOWN: f64 = 0.9;

/// The ground is seen along the border of what is shown: a strip this share of the picture's longer side wide.
const BORDER: f64 = 0.05;

/// A location belongs to the part if more than this share of its pixels does.
const LEAST_SHARE: f64 = 0.1;

/// Adds up pictures that were moved onto one lead, and tells the part from the ground.
///
/// What is moved with the part stays sharp in the mean, the ground is averaged to its colour. So the part is what differs
/// from the colour along the border by more than Otsu's threshold (IEEE Trans. SMC 1979). Where nothing does, as on a web of
/// cloth, it is some part of the picture, and nothing is lost by it.
#[derive(Debug)]
pub struct PartFinder {
    /// [C, H, W] f64, over the pictures that show the pixel.
    sum: SharedTensor,
    /// How many show it, [H, W] f64.
    shown: SharedTensor,
    count: u32,
}

impl PartFinder {
    /// A finder that has seen no picture; `channels`, `height` and `width` are those of the pictures.
    pub fn new(channels: i64, height: i64, width: i64) -> Result<Self> {
        let zeros = |shape: &[i64]| Tensor::f_zeros(shape, (Kind::Double, Device::Cpu));
        Ok(Self {
            sum: SharedTensor::new(zeros(&[channels, height, width])?),
            shown: SharedTensor::new(zeros(&[height, width])?),
            count: 0,
        })
    }

    /// Adds a picture, [1, C, H, W], that lies as the lead does. Errors: `Torch` for another shape.
    pub fn push(&mut self, picture: &Warped) -> Result<()> {
        let shown = picture
            .is_valid
            .f_to_device(Device::Cpu)?
            .f_to_kind(Kind::Double)?;
        let pixels = picture.pixels.f_to_device(Device::Cpu)?.f_squeeze_dim(0)?;
        let sum = self.sum.f_add(&pixels.f_mul(&shown)?)?;
        let shown = self.shown.f_add(&shown)?;
        (self.sum, self.shown) = (SharedTensor::new(sum), SharedTensor::new(shown));
        self.count += 1;
        Ok(())
    }

    /// Adds a picture, [1, C, H, W], that was not moved and is seen whole. Errors: `Torch` for another shape.
    pub fn push_whole(&mut self, picture: &Tensor) -> Result<()> {
        let (height, width) = self.shown.size2()?;
        let pixels = picture.shallow_clone();
        let is_valid = Tensor::f_ones([height, width], (Kind::Bool, Device::Cpu))?;
        self.push(&Warped { pixels, is_valid })
    }

    /// Which cells of a grid (height, width) laid over the picture show the part; all if nothing differs from the ground.
    pub fn find(&self, (h, w): (usize, usize)) -> Result<Array2<bool>> {
        let (_, height, width) = self.sum.size3()?;
        if self.count == 0 || h == 0 || w == 0 {
            return Ok(Array2::from_elem((h, w), true));
        }
        let size = (height as usize, width as usize);
        let is_shown = self.shown.f_ge(SHOWN * f64::from(self.count))?;
        let border = (BORDER * height.max(width) as f64).ceil().max(1.0) as i64;
        let ring = is_shown.f_logical_and(&eroded(&is_shown, border)?.f_logical_not()?)?;
        if ring.f_any()?.f_int64_value(&[])? == 0 {
            return Ok(Array2::from_elem((h, w), true));
        }
        let mean = self.sum.f_div(&self.shown.f_clamp_min(1.0)?)?;
        let (ground, _) = mean
            .f_masked_select(&ring)?
            .f_reshape([self.sum.size()[0], -1])?
            .f_median_dim(1, true)?;
        let off = mean.f_sub(&ground.f_unsqueeze(2)?)?;
        let off = off
            .f_square()?
            .f_sum_dim_intlist(0, false, Kind::Double)?
            .f_sqrt()?;
        let off = grid::to_array::<f64>(&off, size)?;
        let is_shown = grid::to_array::<bool>(&is_shown, size)?;
        let found = cells(&off, &is_shown, (h, w))?;
        let is_none = found.iter().all(|is_part| !is_part);
        Ok(found.mapv(|is_part| is_part || is_none))
    }
}

/// Cells in which enough pixels are further `off` the ground than Otsu's threshold.
fn cells(
    off: &Array2<f64>,
    is_shown: &Array2<bool>,
    (h, w): (usize, usize),
) -> Result<Array2<bool>> {
    let furthest = off
        .iter()
        .copied()
        .fold(0.0, f64::max)
        .max(f64::MIN_POSITIVE);
    let level = |off: f64| (off / furthest * 255.0).round() as u8;
    let shown: Vec<u8> = off
        .iter()
        .zip(is_shown)
        .filter(|(_, is_shown)| **is_shown)
        .map(|(off, _)| level(*off))
        .collect();
    let row = GrayImage::from_raw(shown.len() as u32, 1, shown);
    let row = row.ok_or_else(|| Error::new(ErrorKind::ImageSize, "a mean picture is too large"))?;
    let threshold = otsu_level(&row);
    let (height, width) = off.dim();
    let is_part = |(y, x): (usize, usize)| is_shown[(y, x)] && level(off[(y, x)]) > threshold;
    Ok(Array2::from_shape_fn((h, w), |(row, column)| {
        let (top, bottom) = (
            row * height / h,
            ((row + 1) * height / h).max(row * height / h + 1),
        );
        let (left, right) = (
            column * width / w,
            ((column + 1) * width / w).max(column * width / w + 1),
        );
        let pixels =
            (top..bottom.min(height)).flat_map(|y| (left..right.min(width)).map(move |x| (y, x)));
        let (count, part) = pixels.fold((0, 0), |(count, part), pixel| {
            (count + 1, part + usize::from(is_part(pixel)))
        });
        part as f64 > LEAST_SHARE * f64::from(count)
    }))
}

/// What is left of a set of pixels [H, W] when `reach` pixels are taken off its border, that of the picture included.
fn eroded(set: &Tensor, reach: i64) -> Result<Tensor> {
    let outside = set.f_logical_not()?.f_to_kind(Kind::Float)?;
    let outside = outside.f_pad([reach; 4], "constant", 1.0)?;
    let grown =
        outside
            .f_unsqueeze(0)?
            .f_max_pool2d([2 * reach + 1; 2], [1, 1], [0, 0], [1, 1], false)?;
    Ok(grown.f_squeeze_dim(0)?.f_eq(0.0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gray disc of radius 6 in the middle of 40 x 32, on a ground that differs each time; what `border` columns on the
    /// left show is not known.
    fn picture(seed: i64, border: i64) -> Warped {
        tch::manual_seed(seed);
        let pixels = Tensor::rand([1, 3, 32, 40], (Kind::Float, Device::Cpu)) * 0.2;
        let x = Tensor::arange(40, (Kind::Float, Device::Cpu)).unsqueeze(0) - 19.5;
        let y = Tensor::arange(32, (Kind::Float, Device::Cpu)).unsqueeze(1) - 15.5;
        let disc = (x.square() + y.square()).le(36.0);
        let is_valid = Tensor::ones([32, 40], (Kind::Bool, Device::Cpu));
        let _ = is_valid.narrow(1, 0, border).fill_(0);
        Warped {
            pixels: pixels.masked_fill(&disc, 0.6),
            is_valid,
        }
    }

    #[test]
    fn part_is_what_differs_from_the_ground() {
        let mut finder = PartFinder::new(3, 32, 40).unwrap();
        for seed in 0..5 {
            finder.push(&picture(seed, 4)).unwrap();
        }
        // Cells of 4 x 4 pixels; the disc reaches from 13.5 to 25.5 and from 9.5 to 21.5.
        let found = finder.find((8, 10)).unwrap();
        let expected = Array2::from_shape_fn((8, 10), |(row, column)| {
            let corner = |cell: usize| matches!(cell, 2 | 5);
            (2..=5).contains(&row)
                && (3..=6).contains(&column)
                && !(corner(row) && matches!(column, 3 | 6))
        });
        assert_eq!(found, expected, "{found}");
    }

    #[test]
    fn part_that_fills_the_frame_is_told_by_what_is_on_it() {
        // One colour up to the border, but for the disc: the ground is what is seen along the border.
        let mut finder = PartFinder::new(3, 32, 40).unwrap();
        finder.push(&picture(0, 0)).unwrap();
        let found = finder.find((8, 10)).unwrap();
        assert!(found[(4, 5)] && !found[(0, 0)] && !found[(7, 9)], "{found}");

        // Stripes up to the border: some of them, and never nothing.
        let mut finder = PartFinder::new(3, 32, 40).unwrap();
        let stripes = Tensor::arange(40, (Kind::Float, Device::Cpu)).remainder(8.0) / 8.0;
        finder
            .push(&Warped {
                pixels: stripes.expand([1, 3, 32, 40], false),
                is_valid: Tensor::ones([32, 40], (Kind::Bool, Device::Cpu)),
            })
            .unwrap();
        assert!(finder.find((8, 10)).unwrap().iter().any(|is_part| *is_part));
    }

    #[test]
    fn pictures_that_show_nothing_in_common_leave_no_gap() {
        let mut finder = PartFinder::new(3, 32, 40).unwrap();
        for turned in [false, true] {
            let mut half = picture(0, 20);
            if turned {
                half.is_valid = half.is_valid.logical_not();
            }
            finder.push(&half).unwrap();
        }
        assert!(finder.find((4, 5)).unwrap().iter().all(|is_part| *is_part));
    }

    #[test]
    fn nothing_seen_and_nothing_that_differs_leave_no_gap() {
        let finder = PartFinder::new(3, 32, 40).unwrap();
        assert!(finder.find((4, 5)).unwrap().iter().all(|is_part| *is_part));
        let mut finder = PartFinder::new(1, 8, 8).unwrap();
        let flat = Warped {
            pixels: Tensor::ones([1, 1, 8, 8], (Kind::Float, Device::Cpu)),
            is_valid: Tensor::ones([8, 8], (Kind::Bool, Device::Cpu)),
        };
        finder.push(&flat).unwrap();
        assert!(finder.find((2, 2)).unwrap().iter().all(|is_part| *is_part));
    }
}
