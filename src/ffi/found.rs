//! An inspection in the form in which C looks at it.

use std::mem::take;
use std::ptr::null;
use std::sync::OnceLock;

use image::RgbImage;
use ndarray::Array2;
use serde_json::json;

use super::image::{TSP_FORMAT_GRAY8, TSP_MEMORY_HOST};
use super::structs::{tsp_image, tsp_map, tsp_region, tsp_registration, tsp_run, tsp_summary};
use crate::error::{Error, ErrorKind, Result};
use crate::image::ImageView;
use crate::map::render::draw_heat;
use crate::model::{Inspection, Model};
use crate::verdict::Health;

/// An inspection in the form in which C looks at it.
pub struct Found {
    inspection: Inspection,
    /// Runs of all regions, one region after the other; the regions' own are given up for them.
    runs: Vec<tsp_run>,
    /// Where in `runs` each region's begin, and the number of all.
    first_runs: Vec<usize>,
    /// Drawn when it is asked for the first time.
    mask: OnceLock<Vec<u8>>,
}

impl Found {
    /// Takes over an inspection. Errors: `Memory`.
    pub fn new(mut inspection: Inspection) -> Result<Self> {
        inspection.map = in_standard_layout(inspection.map)?;
        let regions = &mut inspection.regions;
        let count = regions.iter().map(|region| region.runs.len()).sum();
        let (mut runs, mut first_runs) = (Vec::new(), Vec::new());
        runs.try_reserve_exact(count)
            .map_err(|_| no_memory("the runs of the regions"))?;
        first_runs
            .try_reserve_exact(regions.len() + 1)
            .map_err(|_| no_memory("the regions"))?;
        first_runs.push(0);
        for region in regions {
            let own = take(&mut region.runs);
            runs.extend(own.into_iter().map(|run| tsp_run {
                row: run.row,
                column_begin: run.column_begin,
                column_end: run.column_end,
            }));
            first_runs.push(runs.len());
        }
        Ok(Self {
            inspection,
            runs,
            first_runs,
            mask: OnceLock::new(),
        })
    }

    /// All but the map as one line of JSON; the model that it was inspected by, if it was by one, has the names.
    pub fn to_json(&self, model: Option<&Model>) -> Result<String> {
        let inspection = &self.inspection;
        let object = match model {
            Some(model) => inspection.to_json(model)?,
            None => {
                let health = inspection.health.as_ref();
                let mut object = json!({
                    "score": inspection.score,
                    "verdict": inspection.verdict,
                    "threshold": null,
                    "pixel_threshold": null,
                    "regions": inspection.regions,
                    "width": self.size().0,
                    "height": self.size().1,
                });
                if let Some(health) = health {
                    object["health"] = health.to_json();
                }
                object
            }
        };
        Ok(object.to_string())
    }

    /// Width and height of map and picture.
    pub fn size(&self) -> (u32, u32) {
        let (height, width) = self.inspection.map.dim();
        (width as u32, height as u32)
    }

    /// The numbers.
    pub fn summary(&self) -> tsp_summary {
        let Inspection {
            score,
            verdict,
            thresholds,
            group,
            matches,
            regions,
            registration,
            health,
            ..
        } = &self.inspection;
        let (map_width, map_height) = self.size();
        tsp_summary {
            struct_size: 0,
            verdict: *verdict as i32,
            score: *score,
            threshold: thresholds.image.unwrap_or(f32::NAN),
            pixel_threshold: thresholds.pixel.unwrap_or(f32::NAN),
            group: *group as u32,
            matches: *matches,
            region_count: regions.len() as u32,
            run_count: self.runs.len() as u32,
            map_width,
            map_height,
            registered: registration.is_some().into(),
            health: health.as_ref().map_or(0, Health::bits),
            repeats: health.as_ref().map_or(0, |health| health.repeats),
        }
    }

    /// What is wrong with the picture. Errors: `State` of a comparison of gray values.
    pub fn health(&self) -> Result<&Health> {
        self.inspection.health.as_ref().ok_or_else(|| {
            let message =
                "nothing is known of the frame of a picture whose gray values were compared";
            Error::new(ErrorKind::State, message).hint("Use variation.engine=features, or a model.")
        })
    }

    /// How the picture was moved. Errors: `State` if it was not.
    pub fn registration(&self) -> Result<tsp_registration> {
        let Some(registration) = self.inspection.registration else {
            let message = "the picture was not registered";
            return Err(Error::new(ErrorKind::State, message)
                .hint("Fit with the option registration; its summary says whether a picture is."));
        };
        Ok(tsp_registration {
            struct_size: 0,
            inliers: registration.inliers,
            rms_px: registration.rms_px,
            to_lead: registration.in_pixels(self.size())?.into(),
            aligned: registration.aligned.into(),
            reserved: 0,
        })
    }

    /// Region number `index`. Errors: `InvalidArgument` if there is none.
    pub fn region(&self, index: u32) -> Result<tsp_region> {
        let regions = &self.inspection.regions;
        let Some(region) = regions.get(index as usize) else {
            let message = format!(
                "region {index}, there are {} of them, from 0",
                regions.len()
            );
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        let first_run = self.first_runs[index as usize];
        let run_count = self.first_runs[index as usize + 1] - first_run;
        Ok(tsp_region {
            struct_size: 0,
            x: region.x,
            y: region.y,
            width: region.width,
            height: region.height,
            peak: region.peak,
            first_run: first_run as u32,
            run_count: run_count as u32,
            area: region.area,
            row: region.row,
            column: region.column,
        })
    }

    /// The anomaly map, [H, W] in standard layout.
    pub fn map(&self) -> &Array2<f32> {
        &self.inspection.map
    }

    /// The anomaly map as C sees it.
    pub fn map_view(&self) -> tsp_map {
        let (width, height) = self.size();
        tsp_map {
            struct_size: 0,
            width,
            height,
            reserved: 0,
            row_stride: i64::from(width) * size_of::<f32>() as i64,
            data: self.inspection.map.as_ptr(),
        }
    }

    /// Runs of all regions, one region after the other.
    pub fn runs(&self) -> &[tsp_run] {
        &self.runs
    }

    /// The regions as a picture, 255 inside. Errors: `Memory`.
    pub fn mask_view(&self) -> Result<tsp_image> {
        let (width, height) = self.size();
        Ok(tsp_image {
            struct_size: 0,
            format: TSP_FORMAT_GRAY8,
            width,
            height,
            plane: [self.mask()?.as_ptr().cast(), null(), null()],
            row_stride: i64::from(width),
            white: 0.0,
            memory: TSP_MEMORY_HOST,
            device: 0,
        })
    }

    fn mask(&self) -> Result<&[u8]> {
        if let Some(mask) = self.mask.get() {
            return Ok(mask);
        }
        let (width, height) = (self.size().0 as usize, self.size().1 as usize);
        let mut mask = Vec::new();
        mask.try_reserve_exact(width * height)
            .map_err(|_| no_memory("the mask of the regions"))?;
        mask.resize(width * height, 0);
        for run in &self.runs {
            let row = run.row as usize * width;
            mask[row + run.column_begin as usize..=row + run.column_end as usize].fill(u8::MAX);
        }
        // Two threads may draw it at once; what they draw is the same.
        Ok(self.mask.get_or_init(|| mask))
    }

    /// The map over a picture of its size. Errors: `State` without a threshold; those of [`draw_heat`].
    pub fn render(&self, base: &ImageView<'_>) -> Result<RgbImage> {
        let threshold = self.inspection.thresholds.of_heat_map()?;
        let mut drawn = base.to_rgb8()?;
        draw_heat(&mut drawn, self.inspection.map.view(), threshold)?;
        Ok(drawn)
    }
}

/// The map with its rows one after the other, as C reads it.
fn in_standard_layout(map: Array2<f32>) -> Result<Array2<f32>> {
    if map.is_standard_layout() {
        return Ok(map);
    }
    let mut values = Vec::new();
    values
        .try_reserve_exact(map.len())
        .map_err(|_| no_memory("the anomaly map"))?;
    values.extend(map.iter().copied());
    Array2::from_shape_vec(map.dim(), values)
        .map_err(|error| Error::new(ErrorKind::Panic, error.to_string()))
}

fn no_memory(what: &str) -> Error {
    Error::new(ErrorKind::Memory, format!("no memory for {what}"))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::model::Thresholds;
    use crate::verdict::{Verdict, region::regions};

    #[test]
    fn found_map_by_columns_is_laid_out_by_rows_and_regions_find_their_runs() {
        let map = array![
            [5.0, 0.0],
            [5.0, 0.0],
            [0.0, 0.0],
            [9.0, 7.0],
            [0.0, 0.0],
            [0.0, 6.0]
        ];
        let map = map.reversed_axes();
        let found = Found::new(Inspection {
            score: 9.0,
            verdict: Verdict::Defect,
            health: None,
            thresholds: Thresholds::default(),
            group: 0,
            matches: 0,
            nearest: Vec::new(),
            registration: None,
            regions: regions(map.view(), 5.0).unwrap(),
            map,
        })
        .unwrap();
        assert_eq!(
            found.map().as_slice().unwrap(),
            [5.0, 5.0, 0.0, 9.0, 0.0, 0.0, 0.0, 0.0, 0.0, 7.0, 0.0, 6.0]
        );
        let starts: Vec<_> = (0..3)
            .map(|index| found.region(index).unwrap())
            .map(|region| (region.peak, region.first_run, region.run_count, region.area))
            .collect();
        assert_eq!(starts, [(9.0, 0, 2, 2), (6.0, 2, 1, 1), (5.0, 3, 1, 2)]);
        assert_eq!(found.summary().run_count, 4);
        assert!(found.region(3).is_err());
        let m = u8::MAX;
        assert_eq!(found.mask().unwrap(), [m, m, 0, m, 0, 0, 0, 0, 0, m, 0, m]);
    }
}
