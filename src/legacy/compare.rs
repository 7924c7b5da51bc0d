//! A picture against its limits: by how much it is outside, and the regions of that.

use ndarray::Array2;

use super::gray::{GrayImage, zeros};
use super::limits::Limits;
use crate::error::Result;
use crate::verdict::Region;
use crate::verdict::region::regions;

/// Which gray values are defects; HALCON's modes of `compare_ext_variation_model`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Too light or too dark, regions of both together; what `compare_variation_model` does.
    Absolute,
    /// Too light.
    Light,
    /// Too dark.
    Dark,
    /// Both, each in regions of its own: first the light ones, then the dark ones.
    LightDark,
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// How many gray values a pixel is beyond its limit, [H, W]; 0 = within. For [`Sides::LightDark`] negative where it is
    /// too dark.
    pub map: Array2<f32>,
    /// Connected parts (8 neighbours) of what is outside, the one that is furthest outside first. Peaks are the map's.
    pub regions: Vec<Region>,
    /// How many of the regions, the first ones, are too light; for [`Sides::LightDark`] only, otherwise 0.
    pub light_count: usize,
}

impl Comparison {
    /// How far the worst pixel is beyond its limit, in gray values; 0 if none is.
    pub fn score(&self) -> f32 {
        let peaks = self.regions.iter().map(|region| region.peak.abs());
        peaks.fold(0.0, f32::max)
    }
}

/// Compares. Errors: `Memory`.
pub fn compare(limits: &Limits, image: &GrayImage<'_>, sides: Sides) -> Result<Comparison> {
    let one = |light, dark| -> Result<(Array2<f32>, Vec<Region>)> {
        let map = excess(limits, image, light, dark)?;
        let found = regions(map.view(), 0.0)?;
        Ok((map, found))
    };
    let (map, regions) = match sides {
        Sides::Absolute => one(true, true)?,
        Sides::Light => one(true, false)?,
        Sides::Dark => one(false, true)?,
        Sides::LightDark => return light_and_dark(one(true, false)?, one(false, true)?),
    };
    Ok(Comparison {
        map,
        regions,
        light_count: 0,
    })
}

fn light_and_dark(
    (mut map, mut regions): (Array2<f32>, Vec<Region>),
    (dark_map, dark): (Array2<f32>, Vec<Region>),
) -> Result<Comparison> {
    let light_count = regions.len();
    map.zip_mut_with(&dark_map, |light, dark| *light -= dark);
    regions.extend(dark.into_iter().map(|region| Region {
        peak: -region.peak,
        ..region
    }));
    Ok(Comparison {
        map,
        regions,
        light_count,
    })
}

/// How many gray values each pixel is beyond the limits that count.
fn excess(limits: &Limits, image: &GrayImage<'_>, light: bool, dark: bool) -> Result<Array2<f32>> {
    let mut map: Array2<f32> = zeros(limits.upper.dim())?;
    let mut row = vec![0u16; map.ncols()];
    for (y, mut values) in map.rows_mut().into_iter().enumerate() {
        image.read_row(y, &mut row);
        let (lightest, darkest) = (limits.lightest.row(y), limits.darkest.row(y));
        let bounds = lightest.iter().zip(darkest);
        for (x, (gray, (lightest, darkest))) in row.iter().zip(bounds).enumerate() {
            if light && gray > lightest {
                values[x] = (f64::from(*gray) - limits.upper[[y, x]]) as f32;
            } else if dark && gray < darkest {
                values[x] = (limits.lower[[y, x]] - f64::from(*gray)) as f32;
            }
        }
    }
    Ok(map)
}
