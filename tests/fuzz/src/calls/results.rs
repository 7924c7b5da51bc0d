//! Calls that ask what was found, and what a model is.

use std::ptr::null;

use arbitrary::Result;
use twinspect::ffi::*;

use super::super::parts;
use super::memory::Picture;
use super::program::{Program, checked, pointer};

impl Program<'_> {
    pub fn results(&mut self) -> Result<()> {
        let result = self.result()?;
        match self.input.int_in_range(0..=12)? {
            0 => self.filled(|out| unsafe { tsp_result_summary(result, out) }),
            1 => self.filled(|out| unsafe { tsp_result_registration(result, out) }),
            2 => self.filled(|out| unsafe { tsp_result_map(result, out) }),
            3 => self.filled(|out| unsafe { tsp_result_mask(result, out) }),
            4 => {
                let index = self.input.arbitrary::<i8>()? as u32;
                self.filled(|out| unsafe { tsp_result_region(result, index, out) })
            }
            5 => {
                let (mut runs, mut count) = (null(), 0);
                let status =
                    checked(unsafe { tsp_result_runs(result, &raw mut runs, &raw mut count) });
                if status == tsp_status::TSP_OK && count > 0 {
                    let runs = unsafe { std::slice::from_raw_parts(runs, count as usize) };
                    assert!(runs.iter().all(|run| run.column_begin <= run.column_end));
                }
                Ok(())
            }
            6 => self.copy_map(result),
            7 => {
                let format = *self.input.choose(&[TSP_FORMAT_RGB8, TSP_FORMAT_BGR8])?;
                let mut base = self.picture()?;
                let mut canvas = Picture::canvas(format, parts::SIZE, &mut self.input)?;
                checked(unsafe { tsp_result_render(result, pointer(&mut base), canvas.pointer()) });
                Ok(())
            }
            8 => {
                self.written(|buffer, capacity, needed| unsafe {
                    tsp_result_to_json(result, buffer.cast(), capacity, needed)
                })?;
                Ok(())
            }
            9 => self.scores(),
            _ => self.about_model(),
        }
    }

    fn copy_map(&mut self, result: *mut tsp_result) -> Result<()> {
        let stride = match self.input.int_in_range(0..=5)? {
            0 => self.input.arbitrary()?,
            1 => i64::from(self.input.arbitrary::<i16>()?),
            2 => i64::from(parts::SIZE.0) * 4 + 3,
            _ => 0,
        };
        let capacity = match self.input.int_in_range(0..=2)? {
            0 => usize::from(self.input.arbitrary::<u8>()?),
            _ => (parts::SIZE.0 as usize * 4 + 3) * parts::SIZE.1 as usize,
        };
        let mut buffer = vec![0_u8; capacity.max(1)];
        let destination = buffer.as_mut_ptr().cast();
        checked(unsafe { tsp_result_copy_map(result, destination, stride, capacity as u64) });
        Ok(())
    }

    fn scores(&mut self) -> Result<()> {
        const SCORES: [f32; 8] = [0.0, 1.0, 1.5, 40.0, f32::MAX, f32::NAN, -1.0, 1e-40];
        let mut scores: Vec<f32> = Vec::new();
        let mut labels: Vec<u8> = Vec::new();
        for _ in 0..self.input.int_in_range(0..=40)? {
            scores.push(*self.input.choose(&SCORES)?);
            labels.push(self.input.int_in_range(0..=1)?);
        }
        let rate = *self.input.choose(&[0.0, 0.1, 0.5, 1e-6, -1.0, f64::NAN])?;
        let count = scores.len() as u64;
        let labels = if self.input.ratio(1_u8, 3)? {
            null()
        } else {
            labels.as_ptr()
        };
        let scores = if self.input.ratio(1_u8, 16)? {
            null()
        } else {
            scores.as_ptr()
        };
        self.filled(|out| unsafe { tsp_threshold_from_scores(scores, labels, count, rate, out) })
    }

    fn about_model(&mut self) -> Result<()> {
        let model = self.model()?;
        match self.input.int_in_range(0..=3)? {
            0 => self.filled(|out| unsafe { tsp_model_info(model, out) }),
            1 => {
                let group = u32::from(self.input.arbitrary::<u8>()?) / 64;
                self.filled(|out| unsafe { tsp_model_lead_image(model, group, out) })
            }
            2 => {
                self.written(|buffer, capacity, needed| unsafe {
                    tsp_model_describe(model, buffer.cast(), capacity, needed)
                })?;
                Ok(())
            }
            _ => {
                let thresholds = self.thresholds()?;
                self.created(
                    |program| &mut program.models,
                    |out| unsafe {
                        tsp_model_with_thresholds(model, thresholds.0, thresholds.1, out)
                    },
                )
            }
        }
    }
}
