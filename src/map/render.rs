//! An anomaly map drawn over its picture, on a colour scale that is tied to the threshold.
//!
//! The scale never follows the map's own range: a good part stays unpainted, however small the rest of its map is.
//!
//! | map value               | colour                   | opacity      |
//! |-------------------------|--------------------------|--------------|
//! | up to 0.8 x threshold   | none                     | 0            |
//! | 1 x threshold           | yellow (255, 225, 0)     | 0.35         |
//! | 1.5 x threshold         | orange (255, 128, 0)     | 0.525        |
//! | 2 x threshold and above | red (230, 0, 0)          | 0.70         |
//!
//! Colour and opacity are linear in between; from 0.8 to 1 the colour is yellow. What lies over the threshold is enclosed
//! by a white line with a black one around it, so that one of them shows on any ground.

use crate::error::{Error, ErrorKind, Result};
use image::{Rgb, RgbImage};
use ndarray::ArrayView2;

/// Multiples of the threshold with the colour and opacity there.
const STOPS: [(f32, [f32; 3], f32); 4] = [
    (0.8, [255.0, 225.0, 0.0], 0.0),
    (1.0, [255.0, 225.0, 0.0], 0.35),
    (1.5, [255.0, 128.0, 0.0], 0.525),
    (2.0, [230.0, 0.0, 0.0], 0.70),
];
const NEAR_LINE: Rgb<u8> = Rgb([255, 255, 255]);
const FAR_LINE: Rgb<u8> = Rgb([0, 0, 0]);

/// The colour scale of heat maps, see the table of this module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatScale {
    threshold: f32,
}

impl HeatScale {
    /// A scale for maps that are judged by `threshold`, in the map's unit.
    ///
    /// Errors: `Numeric` if the threshold is not finite, `InvalidArgument` if it is 0 or less: such a threshold
    /// makes every picture a defect, and has no multiples to tie the colours to.
    pub fn new(threshold: f32) -> Result<Self> {
        if !threshold.is_finite() {
            return Err(Error::new(
                ErrorKind::Numeric,
                format!("threshold {threshold} of the heat map is not finite"),
            ));
        }
        if threshold <= 0.0 {
            let message = format!("threshold {threshold} of the heat map, allowed is more than 0");
            return Err(Error::new(ErrorKind::InvalidArgument, message)
                .hint("Calibrate the model, or give a threshold."));
        }
        Ok(Self { threshold })
    }

    /// Red, green, blue (0..=255) and opacity (0..=0.7) of a map value in the threshold's unit.
    ///
    /// # Example
    /// ```
    /// let scale = twinspect::map::render::HeatScale::new(10.0).unwrap();
    /// assert_eq!(scale.paint(4.0).1, 0.0);
    /// assert_eq!(scale.paint(20.0), ([230.0, 0.0, 0.0], 0.7));
    /// ```
    pub fn paint(&self, value: f32) -> ([f32; 3], f32) {
        let multiple = value / self.threshold;
        let (first, last) = (STOPS[0], STOPS[STOPS.len() - 1]);
        if multiple <= first.0 {
            return (first.1, first.2);
        }
        for pair in STOPS.windows(2) {
            let ((low, from, thin), (high, to, thick)) = (pair[0], pair[1]);
            if multiple < high {
                let share = (multiple - low) / (high - low);
                let mix = |a: f32, b: f32| a + (b - a) * share;
                return (
                    std::array::from_fn(|c| mix(from[c], to[c])),
                    mix(thin, thick),
                );
            }
        }
        (last.1, last.2)
    }

    /// `ground` as it looks under the paint of a map value.
    pub fn over(&self, ground: Rgb<u8>, value: f32) -> Rgb<u8> {
        let (colour, opacity) = self.paint(value);
        Rgb(std::array::from_fn(|c| {
            (f32::from(ground.0[c]) * (1.0 - opacity) + colour[c] * opacity).round() as u8
        }))
    }
}

/// Draws an anomaly map over a copy of its picture, see [`draw_heat`].
///
/// Shapes: `picture` W x H, `map` [H, W], result W x H. Errors: those of [`draw_heat`]; `Memory`.
///
/// # Example
/// ```
/// use twinspect::map::render::heat_map;
/// let picture = image::RgbImage::from_pixel(2, 1, image::Rgb([100, 100, 100]));
/// let map = ndarray::array![[0.0, 5.0]];
/// let drawn = heat_map(&picture, map.view(), 5.0).unwrap();
/// assert_eq!(drawn.get_pixel(0, 0).0, [100, 100, 100]);
/// assert_eq!(drawn.get_pixel(1, 0).0, [154, 144, 65]);
/// ```
pub fn heat_map(picture: &RgbImage, map: ArrayView2<f32>, threshold: f32) -> Result<RgbImage> {
    let (width, height) = picture.dimensions();
    let no_memory = || {
        let message = format!("no memory for a heat map of {width} x {height}");
        Error::new(ErrorKind::Memory, message)
    };
    let mut samples = Vec::new();
    samples
        .try_reserve_exact(picture.as_raw().len())
        .map_err(|_| no_memory())?;
    samples.extend_from_slice(picture.as_raw());
    let mut drawn = RgbImage::from_raw(width, height, samples).ok_or_else(no_memory)?;
    draw_heat(&mut drawn, map, threshold)?;
    Ok(drawn)
}

/// Draws an anomaly map into its picture.
///
/// Colours as in the table of this module, pixels over the threshold enclosed by two lines, each `min(W, H) / 400` pixels
/// wide and at least 1. The lines lie outside of what they enclose. Memory: some rows.
///
/// Shapes: `picture` W x H, `map` [H, W]. Units: `map` and `threshold` are Mahalanobis distances.
/// Errors: `ImageSize` if picture and map differ in size, `Numeric` if a map value or the threshold is not finite,
/// `InvalidArgument` if the threshold is 0 or less; the picture is then as before.
pub fn draw_heat(picture: &mut RgbImage, map: ArrayView2<f32>, threshold: f32) -> Result<()> {
    let scale = HeatScale::new(threshold)?;
    check(picture, map)?;
    for (pixels, values) in picture.rows_mut().zip(map.rows()) {
        for (pixel, value) in pixels.zip(values) {
            *pixel = scale.over(*pixel, *value);
        }
    }
    enclose(picture, map, threshold);
    Ok(())
}

/// The scale as a bar from 0 at its left to twice the threshold at its right, over `ground`; the threshold is its middle.
///
/// # Example
/// ```
/// let bar = twinspect::map::render::colour_bar(101, 8, image::Rgb([100, 100, 100]));
/// assert_eq!(bar.get_pixel(0, 0).0, [100, 100, 100]);
/// assert_eq!(bar.get_pixel(50, 0).0, [154, 144, 65]);
/// assert_eq!(bar.get_pixel(100, 7).0, [191, 30, 30]);
/// ```
pub fn colour_bar(width: u32, height: u32, ground: Rgb<u8>) -> RgbImage {
    let scale = HeatScale { threshold: 1.0 };
    let last = width.saturating_sub(1).max(1) as f32;
    RgbImage::from_fn(width, height, |x, _| {
        scale.over(ground, 2.0 * x as f32 / last)
    })
}

fn check(picture: &RgbImage, map: ArrayView2<f32>) -> Result<()> {
    let (width, height) = picture.dimensions();
    let (map_height, map_width) = map.dim();
    if (map_height, map_width) != (height as usize, width as usize) {
        let message = format!(
            "anomaly map of {map_width} x {map_height} for a picture of {width} x {height}"
        );
        return Err(Error::new(ErrorKind::ImageSize, message)
            .hint("Bring the map to the picture's size first."));
    }
    match map.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), value)) => {
            let message = format!("anomaly map holds {value} at row {row}, column {column}");
            Err(Error::new(ErrorKind::Numeric, message))
        }
        None => Ok(()),
    }
}

/// Draws the lines around what lies over the threshold; none along the picture's own edge.
fn enclose(drawn: &mut RgbImage, map: ArrayView2<f32>, threshold: f32) {
    let (width, height) = drawn.dimensions();
    let line = (f64::from(width.min(height)) / 400.0).round().max(1.0) as usize;
    let mut near = Dilation::new(map, threshold, line);
    let mut far = Dilation::new(map, threshold, 2 * line);
    for ((row, pixels), values) in drawn.rows_mut().enumerate().zip(map.rows()) {
        let (near, far) = (near.row(row), far.row(row));
        for ((pixel, value), (near, far)) in pixels.zip(values).zip(near.iter().zip(far)) {
            match (*value > threshold, near, far) {
                (true, _, _) | (_, _, false) => {}
                (_, true, _) => *pixel = NEAR_LINE,
                _ => *pixel = FAR_LINE,
            }
        }
    }
}

/// What lies over the threshold grown by a square, asked row by row from the top: only rows are held.
struct Dilation<'a> {
    map: ArrayView2<'a, f32>,
    threshold: f32,
    radius: usize,
    /// How many rows have entered the square, which is `2 * radius + 1` rows high.
    entered: usize,
    /// How many of the rows in the square are over the threshold in this column.
    over: Vec<u32>,
    reached: Vec<bool>,
}

impl<'a> Dilation<'a> {
    fn new(map: ArrayView2<'a, f32>, threshold: f32, radius: usize) -> Self {
        Self {
            map,
            threshold,
            radius,
            entered: 0,
            over: vec![0; map.ncols()],
            reached: vec![false; map.ncols()],
        }
    }

    /// Which pixels of a row are at most `radius` rows and columns away; rows are asked for from 0 on, one after the other.
    fn row(&mut self, row: usize) -> &[bool] {
        while self.entered <= row + self.radius {
            self.count(self.entered, |over| over + 1);
            if let Some(left) = self.entered.checked_sub(2 * self.radius + 1) {
                self.count(left, |over| over - 1);
            }
            self.entered += 1;
        }
        let columns = self.over.len();
        let mut inside = self
            .over
            .iter()
            .take(self.radius)
            .filter(|over| **over > 0)
            .count();
        for column in 0..columns {
            if let Some(over) = self.over.get(column + self.radius) {
                inside += usize::from(*over > 0);
            }
            if let Some(left) = column.checked_sub(self.radius + 1) {
                inside -= usize::from(self.over[left] > 0);
            }
            self.reached[column] = inside > 0;
        }
        &self.reached
    }

    /// Changes the count of each column that is over the threshold in `row`; below the map there is nothing.
    fn count(&mut self, row: usize, change: impl Fn(u32) -> u32) {
        if row < self.map.nrows() {
            for (over, value) in self.over.iter_mut().zip(self.map.row(row)) {
                if *value > self.threshold {
                    *over = change(*over);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn grey(width: u32, height: u32) -> RgbImage {
        RgbImage::from_pixel(width, height, Rgb([100, 100, 100]))
    }

    fn refused(map: Array2<f32>, threshold: f32) -> Option<ErrorKind> {
        heat_map(&grey(3, 2), map.view(), threshold)
            .err()
            .map(|error| error.kind())
    }

    #[test]
    fn heat_map_of_zero_is_the_picture() {
        let drawn = heat_map(&grey(5, 4), Array2::zeros((4, 5)).view(), 3.0).unwrap();
        assert_eq!(drawn, grey(5, 4));
    }

    #[test]
    fn heat_map_at_half_the_threshold_is_the_picture() {
        let drawn = heat_map(&grey(5, 4), Array2::from_elem((4, 5), 1.5).view(), 3.0).unwrap();
        assert_eq!(drawn, grey(5, 4));
    }

    #[test]
    fn heat_map_at_twice_the_threshold_and_above_is_red() {
        // 100 * 0.3 + (230, 0, 0) * 0.7
        let expected = RgbImage::from_pixel(5, 4, Rgb([191, 30, 30]));
        for value in [6.0, 6000.0, f32::MAX] {
            let drawn =
                heat_map(&grey(5, 4), Array2::from_elem((4, 5), value).view(), 3.0).unwrap();
            assert_eq!(drawn, expected, "map value {value}");
        }
    }

    #[test]
    fn scale_between_stops_is_linear() {
        // 0.9: yellow at half of 0.35; 1.25: half way from yellow to orange.
        let scale = HeatScale::new(4.0).unwrap();
        let (colour, opacity) = scale.paint(3.6);
        assert_eq!(colour, [255.0, 225.0, 0.0]);
        assert!((opacity - 0.175).abs() < 1e-6, "{opacity}");
        assert_eq!(scale.paint(5.0).0, [255.0, 176.5, 0.0]);
    }

    #[test]
    fn heat_map_encloses_what_is_over_the_threshold() {
        let mut map = Array2::zeros((7, 7));
        map[[3, 3]] = 2.0;
        let drawn = heat_map(&grey(7, 7), map.view(), 1.0).unwrap();
        let row: Vec<_> = (0..7).map(|x| drawn.get_pixel(x, 3).0).collect();
        let (ground, black, white, red) = ([100; 3], [0; 3], [255; 3], [191, 30, 30]);
        assert_eq!(row, [ground, black, white, red, white, black, ground]);
    }

    #[test]
    fn heat_map_line_grows_with_the_picture() {
        let mut map = Array2::zeros((1200, 1200));
        map[[600, 600]] = 2.0;
        let drawn = heat_map(&grey(1200, 1200), map.view(), 1.0).unwrap();
        let white = drawn.pixels().filter(|pixel| **pixel == NEAR_LINE).count();
        assert_eq!(white, 7 * 7 - 1, "a line of 3 pixels around one pixel");
    }

    #[test]
    fn heat_map_wrong_size_reports_image_size() {
        assert_eq!(
            refused(Array2::zeros((3, 2)), 1.0),
            Some(ErrorKind::ImageSize)
        );
    }

    #[test]
    fn heat_map_not_finite_reports_numeric() {
        assert_eq!(
            refused(Array2::from_elem((2, 3), f32::NAN), 1.0),
            Some(ErrorKind::Numeric)
        );
        assert_eq!(
            refused(Array2::zeros((2, 3)), f32::INFINITY),
            Some(ErrorKind::Numeric)
        );
    }

    #[test]
    fn heat_map_threshold_not_positive_reports_invalid_argument() {
        assert_eq!(
            refused(Array2::zeros((2, 3)), 0.0),
            Some(ErrorKind::InvalidArgument)
        );
        assert_eq!(
            refused(Array2::zeros((2, 3)), -1.0),
            Some(ErrorKind::InvalidArgument)
        );
    }
}
