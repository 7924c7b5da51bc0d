//! Calls that fit models and inspect with them.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicU8, Ordering};

use arbitrary::Result;
use twinspect::ffi::*;

use super::program::{Program, checked, pointer};

/// Pictures in one call at most.
const MOST_PICTURES: u8 = 5;

/// Goes on as often as it has patience.
unsafe extern "C" fn watch(user_data: *mut c_void, _: *const c_char, _: u64, _: u64) -> i32 {
    let patience = unsafe { &*user_data.cast::<AtomicU8>() };
    let mut count = 0;
    checked(unsafe { tsp_device_count(&raw mut count) });
    let left = patience.load(Ordering::Relaxed);
    patience.store(left.saturating_sub(1), Ordering::Relaxed);
    i32::from(left == 0)
}

impl Program<'_> {
    pub fn learning(&mut self) -> Result<()> {
        match self.input.int_in_range(0..=17)? {
            0 => {
                let options = self.options()?;
                self.created(
                    |program| &mut program.fitters,
                    |out| unsafe { tsp_fitter_create(options, out) },
                )
            }
            1 => {
                let (model, options) = (self.model()?, self.options()?);
                self.created(
                    |program| &mut program.fitters,
                    |out| unsafe { tsp_fitter_create_from_model(model, options, out) },
                )
            }
            2..=4 => self.add_pictures(),
            5..=6 => {
                let fitter = self.fitter()?;
                self.created(
                    |program| &mut program.models,
                    |out| unsafe { tsp_fitter_fit(fitter, out) },
                )
            }
            7 => {
                let fitter = self.fitter()?;
                let mut count = 0;
                checked(unsafe { tsp_fitter_count(fitter, &raw mut count) });
                Ok(())
            }
            8 => self.watch(),
            9..=10 => {
                let (model, options) = (self.model()?, self.options()?);
                let options = if self.input.ratio(1_u8, 2)? {
                    null_mut()
                } else {
                    options
                };
                self.created(
                    |program| &mut program.inspectors,
                    |out| unsafe { tsp_inspector_create(model, options, out) },
                )
            }
            11 => self.created(
                |program| &mut program.results,
                |out| unsafe { tsp_result_create(out) },
            ),
            12..=13 => {
                let (inspector, result) = (self.inspector()?, self.result()?);
                let (mut picture, mut mask) = (self.picture()?, self.mask()?);
                checked(unsafe {
                    tsp_inspector_inspect(
                        inspector,
                        pointer(&mut picture),
                        pointer(&mut mask),
                        result,
                    )
                });
                Ok(())
            }
            14 => self.inspect_batch(),
            15 => {
                let (inspector, thresholds) = (self.inspector()?, self.thresholds()?);
                checked(unsafe {
                    tsp_inspector_set_thresholds(inspector, thresholds.0, thresholds.1)
                });
                Ok(())
            }
            16 => {
                let inspector = self.inspector()?;
                self.filled(|out| unsafe { tsp_inspector_timing(inspector, out) })
            }
            _ => {
                let inspector = self.inspector()?;
                let format = self.input.int_in_range(0..=10)?;
                let sides: [u8; 2] = self.input.arbitrary()?;
                let side = |side: u8| {
                    if side > 200 {
                        u32::MAX
                    } else {
                        u32::from(side)
                    }
                };
                checked(unsafe {
                    tsp_inspector_warm_up(inspector, format, side(sides[0]), side(sides[1]))
                });
                Ok(())
            }
        }
    }

    fn add_pictures(&mut self) -> Result<()> {
        let fitter = self.fitter()?;
        for _ in 0..self.input.int_in_range(1..=MOST_PICTURES)? {
            let (mut picture, mut mask) = (self.picture()?, self.mask()?);
            let name = match self.input.ratio(1_u8, 4)? {
                true => Some(self.text()?),
                false => None,
            };
            let name = name.as_ref().map_or(null(), |name| name.as_ptr());
            checked(unsafe {
                tsp_fitter_add(fitter, pointer(&mut picture), pointer(&mut mask), name)
            });
        }
        Ok(())
    }

    fn watch(&mut self) -> Result<()> {
        let (fitter, inspector) = (self.fitter()?, self.inspector()?);
        self.patience
            .store(self.input.arbitrary()?, Ordering::Relaxed);
        let patience = (&raw const *self.patience).cast_mut().cast();
        let function: tsp_progress = match self.input.ratio(3_u8, 4)? {
            true => Some(watch),
            false => None,
        };
        checked(unsafe { tsp_fitter_set_progress(fitter, function, patience) });
        checked(unsafe { tsp_inspector_set_progress(inspector, function, patience) });
        Ok(())
    }

    fn inspect_batch(&mut self) -> Result<()> {
        let inspector = self.inspector()?;
        let count = self.input.int_in_range(0..=MOST_PICTURES)?;
        let (mut pictures, mut masks, mut results) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            pictures.push(self.picture()?);
            masks.push(self.mask()?);
            results.push(self.result()?);
        }
        let pictures: Vec<_> = pictures
            .iter_mut()
            .map(|picture| pointer(picture).cast_const())
            .collect();
        let masks: Vec<_> = masks
            .iter_mut()
            .map(|mask| pointer(mask).cast_const())
            .collect();
        let mut statuses = vec![tsp_status::TSP_OK; count.into()];
        let masks = if self.input.ratio(1_u8, 2)? {
            null()
        } else {
            masks.as_ptr()
        };
        checked(unsafe {
            tsp_inspector_inspect_batch(
                inspector,
                pictures.as_ptr(),
                masks,
                count.into(),
                results.as_ptr(),
                statuses.as_mut_ptr(),
            )
        });
        assert!(!statuses.contains(&tsp_status::TSP_E_PANIC));
        Ok(())
    }

    pub fn thresholds(&mut self) -> Result<(f32, f32)> {
        const VALUES: [f32; 8] = [
            f32::NAN,
            1.0,
            100.0,
            0.0,
            -1.0,
            f32::INFINITY,
            1e-40,
            f32::MAX,
        ];
        Ok((*self.input.choose(&VALUES)?, *self.input.choose(&VALUES)?))
    }
}
