//! What is outside of its limits: by how much, and the regions of that.

use ndarray::Array2;

use crate::error::Result;
use crate::verdict::region::regions;
use crate::verdict::{Health, Region, Verdict};

/// Which pixels outside of the limits are defects; HALCON's modes of `compare_ext_variation_model`.
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
    /// How far a pixel is beyond its limit, [H, W]; 0 = within, or outside of the mask. For [`Sides::LightDark`] negative where
    /// it is too dark. In gray values, or in the units of the anomaly map.
    pub map: Array2<f32>,
    /// Connected parts (8 neighbours) of what is outside, the one that is furthest outside first. Peaks are the map's.
    pub regions: Vec<Region>,
    /// How many of the regions, the first ones, are too light; for [`Sides::LightDark`] only, otherwise 0.
    pub light_count: usize,
    /// A defect if there is any region; undecided if the features match no lead image, or the picture is not one to judge.
    pub verdict: Verdict,
    /// Whether the picture is one to judge; none of gray values, which know no frames.
    pub health: Option<Health>,
}

impl Comparison {
    /// Of how far each pixel is beyond its limit, [H, W]: above 0 where it is too light, below where it is too dark.
    pub(super) fn of(beyond: Array2<f32>, sides: Sides) -> Result<Self> {
        let light = |value: f32| if value > 0.0 { value } else { 0.0 };
        let dark = |value: f32| if value < 0.0 { -value } else { 0.0 };
        let mut light_count = 0;
        let (map, found) = match sides {
            Sides::Absolute => of_map(beyond.mapv_into(f32::abs))?,
            Sides::Light => of_map(beyond.mapv_into(light))?,
            Sides::Dark => of_map(beyond.mapv_into(dark))?,
            Sides::LightDark => {
                let (_, mut found) = of_map(beyond.mapv(light))?;
                light_count = found.len();
                let (_, dark) = of_map(beyond.mapv(dark))?;
                found.extend(dark.into_iter().map(|region| Region {
                    peak: -region.peak,
                    ..region
                }));
                (beyond, found)
            }
        };
        let verdict = match found.is_empty() {
            true => Verdict::Good,
            false => Verdict::Defect,
        };
        Ok(Self {
            map,
            regions: found,
            light_count,
            verdict,
            health: None,
        })
    }

    /// How far the worst pixel is beyond its limit, in the map's units; 0 if none is.
    pub fn score(&self) -> f32 {
        let peaks = self.regions.iter().map(|region| region.peak.abs());
        peaks.fold(0.0, f32::max)
    }

    /// How many pixels are outside.
    pub fn area(&self) -> u64 {
        self.regions.iter().map(|region| region.area).sum()
    }
}

fn of_map(map: Array2<f32>) -> Result<(Array2<f32>, Vec<Region>)> {
    let found = regions(map.view(), 0.0)?;
    Ok((map, found))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn sides_say_which_pixels_count_and_how_they_are_grouped() {
        // A light pixel beside a dark one, and a dark one alone.
        let beyond = array![[2.0, -5.0, 0.0, 0.0, -1.0]];
        let found = |sides| Comparison::of(beyond.clone(), sides).unwrap();
        let peaks = |sides| -> Vec<f32> { found(sides).regions.iter().map(|r| r.peak).collect() };
        assert_eq!(peaks(Sides::Absolute), [5.0, 1.0]);
        assert_eq!(peaks(Sides::Light), [2.0]);
        assert_eq!(peaks(Sides::Dark), [5.0, 1.0]);
        assert_eq!(peaks(Sides::LightDark), [2.0, -5.0, -1.0]);
        assert_eq!(found(Sides::LightDark).light_count, 1);
        assert_eq!(found(Sides::LightDark).map, beyond);
        assert_eq!(found(Sides::Dark).map, array![[0.0, 5.0, 0.0, 0.0, 1.0]]);
        assert_eq!(
            (
                found(Sides::Absolute).score(),
                found(Sides::Absolute).area()
            ),
            (5.0, 3)
        );
        let none = Comparison::of(Array2::zeros((1, 2)), Sides::Absolute).unwrap();
        assert_eq!((none.verdict, none.score()), (Verdict::Good, 0.0));
    }
}
