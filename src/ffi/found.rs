//! An inspection in the form in which C looks at it.

use std::ptr::null;
use std::sync::OnceLock;

use image::RgbImage;
use ndarray::Array2;

use super::image::{TSP_FORMAT_GRAY8, TSP_MEMORY_HOST};
use super::structs::{tsp_image, tsp_map, tsp_region, tsp_run, tsp_summary};
use crate::error::{Error, ErrorKind, Result};
use crate::image::ImageView;
use crate::map::render::heat_map;
use crate::model::Inspection;

/// An inspection in the form in which C looks at it.
pub struct Found {
    inspection: Inspection,
    /// Runs of all regions, one region after the other.
    runs: Vec<tsp_run>,
    /// Drawn when it is asked for the first time.
    mask: OnceLock<Vec<u8>>,
}

impl Found {
    /// Takes over an inspection. Errors: `Memory`.
    pub fn new(mut inspection: Inspection) -> Result<Self> {
        if !inspection.map.is_standard_layout() {
            inspection.map = inspection.map.as_standard_layout().into_owned();
        }
        let mut runs = Vec::new();
        for region in &inspection.regions {
            runs.try_reserve(region.runs.len())
                .map_err(|_| no_memory("the runs of the regions"))?;
            runs.extend(region.runs.iter().map(|run| tsp_run {
                row: run.row,
                column_begin: run.column_begin,
                column_end: run.column_end,
            }));
        }
        Ok(Self {
            inspection,
            runs,
            mask: OnceLock::new(),
        })
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
            reserved: 0,
        }
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
        let first_run: usize = regions[..index as usize]
            .iter()
            .map(|region| region.runs.len())
            .sum();
        Ok(tsp_region {
            struct_size: 0,
            x: region.x,
            y: region.y,
            width: region.width,
            height: region.height,
            peak: region.peak,
            first_run: first_run as u32,
            run_count: region.runs.len() as u32,
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

    /// The map over a picture of its size. Errors: `State` without a threshold; those of [`heat_map`].
    pub fn render(&self, base: &ImageView<'_>) -> Result<RgbImage> {
        let thresholds = self.inspection.thresholds;
        let Some(threshold) = thresholds.pixel.or(thresholds.image) else {
            let message = "a heat map's colours follow from the threshold, and the model has none";
            return Err(Error::new(ErrorKind::State, message)
                .hint("Give one with tsp_inspector_set_thresholds."));
        };
        heat_map(&base.to_rgb8()?, self.inspection.map.view(), threshold)
    }
}

fn no_memory(what: &str) -> Error {
    Error::new(ErrorKind::Memory, format!("no memory for {what}"))
}
