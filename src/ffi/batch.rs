//! Batches.
//!
//! Several pictures in one call, for programs whose language makes calls costly, or that want to watch and cancel.

use std::ffi::c_void;
use std::sync::Arc;

use super::guard::guard;
use super::handle::{exclusive, find};
use super::image::{read_image, read_mask};
use super::inspector::{SharedInspector, Work};
use super::progress::{Watcher, tsp_progress};
use super::result::{Inspected, SharedResult};
use super::status::tsp_status;
use super::structs::{tsp_image, tsp_inspector, tsp_result};
use super::text::bytes_at;
use crate::error::Result;
use crate::image::{ImageView, Mask};
use crate::model::inspect::Pictured;
use crate::model::{Inspection, Model};
use crate::progress::report;

const STAGE: &str = "inspecting";

/// Inspects count pictures, as many at once as the option lanes says; each as tsp_inspector_inspect does, one after the other,
/// whether or not others fail.
///
/// images, masks, results: arrays of count pointers; masks may be NULL, and so may each of its pointers. statuses: what
/// became of each picture, NULL = not wanted. Whoever watches may read the results of pictures that are done; if that
/// function cancels, the pictures that are left have the status CANCELLED, and their results stay as they were.
///
/// Returns the first failure, which is also the last error, and whose where names the picture: `images[3]`. NULL arrays,
/// a count that no memory can hold, and BUSY for inspector are failures of the whole call, and statuses are not written.
/// Errors: those of tsp_inspector_inspect, CANCELLED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_inspect_batch(
    inspector: *mut tsp_inspector,
    images: *const *const tsp_image,
    masks: *const *const tsp_image,
    count: u64,
    results: *const *mut tsp_result,
    statuses: *mut tsp_status,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        let mut work = exclusive(&inspector.0, "inspector")?;
        // SAFETY: the caller passes NULL or arrays of this many pointers, as is said above.
        let batch = unsafe { Batch::new(images, masks, count, results, statuses) }?;
        batch.inspect(&mut work)
    })
}

/// Sets who watches tsp_inspector_inspect_batch; function NULL = nobody. user_data is handed to function and never looked
/// at. Errors: BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_inspector_set_progress(
    inspector: *mut tsp_inspector,
    function: tsp_progress,
    user_data: *mut c_void,
) -> tsp_status {
    guard(|| {
        let inspector = find::<SharedInspector>(inspector, "inspector")?;
        exclusive(&inspector.0, "inspector")?.watcher = Watcher {
            function,
            user_data,
        };
        Ok(())
    })
}

/// The caller's arrays, as long as the call.
struct Batch {
    images: *const *const tsp_image,
    /// Null if there are none.
    masks: *const *const tsp_image,
    count: usize,
    results: *const *mut tsp_result,
    /// Null if they are not wanted.
    statuses: *mut tsp_status,
}

impl Batch {
    /// Errors: `NullArgument`, `InvalidArgument` for a count that no memory can hold.
    ///
    /// # Safety
    /// `images` and `results` are null or hold `count` pointers; `masks` does or is null; `statuses` is null or has room for
    /// `count`; all that as long as this lives. The pictures and masks may be read as [`Work::inspect`] says.
    unsafe fn new(
        images: *const *const tsp_image,
        masks: *const *const tsp_image,
        count: u64,
        results: *const *mut tsp_result,
        statuses: *mut tsp_status,
    ) -> Result<Self> {
        let size = count.saturating_mul(size_of::<usize>() as u64);
        // SAFETY: the caller promises it. What is looked at here is whether they can be that long.
        unsafe {
            bytes_at(images.cast(), size, "images")?;
            bytes_at(results.cast(), size, "results")?;
            if !masks.is_null() {
                bytes_at(masks.cast(), size, "masks")?;
            }
        }
        Ok(Self {
            images,
            masks,
            count: count as usize,
            results,
            statuses,
        })
    }

    fn inspect(&self, work: &mut Work) -> Result<()> {
        let (mut watched, max_pixels) = (work.watcher.watch(), work.max_pixels);
        let model = Arc::clone(work.inspector.model());
        let total = self.count as u64;
        let begun = report(&mut watched, STAGE, 0, total);
        let mut done = 0;
        let mut first_failure = None;
        let pictures = (0..self.count).map(|index| (index, self.picture(index, max_pixels)));
        let found = |index: usize, found: Result<(Given<'_>, Inspection)>| {
            let kept = found.and_then(|(given, inspection)| given.keep(inspection, &model));
            let kept = kept.map_err(|error| error.at(format!("images[{index}]")));
            self.set_status(index, &kept);
            if first_failure.is_none() {
                first_failure = kept.err();
            }
            done = index + 1;
            report(&mut watched, STAGE, done as u64, total)
        };
        let ended = begun.and_then(|()| work.inspector.inspect_each(pictures, found));
        // The last answer cancels nothing: all is done.
        let cancelled = ended.err().filter(|_| done < self.count);
        if let Some(error) = &cancelled {
            for index in done..self.count {
                self.set_status(index, &Err(error.clone()));
            }
        }
        first_failure.or(cancelled).map_or(Ok(()), Err)
    }

    /// A picture with what belongs to it.
    fn picture(&self, index: usize, max_pixels: u64) -> Result<Given<'_>> {
        // SAFETY: `new` was promised `count` pointers, which lie within memory, as it has checked.
        let (image, result) = unsafe {
            (
                self.images.add(index).read_unaligned(),
                self.results.add(index).read_unaligned(),
            )
        };
        let mask = match self.masks.is_null() {
            true => std::ptr::null(),
            // SAFETY: as above.
            false => unsafe { self.masks.add(index).read_unaligned() },
        };
        Ok(Given {
            // SAFETY: `new` was promised that they may be read as long as this lives.
            view: unsafe { read_image(image, max_pixels, "image") }?,
            // SAFETY: as above.
            mask: unsafe { read_mask(mask, max_pixels) }?,
            result: find::<SharedResult>(result, "result")?,
        })
    }

    fn set_status(&self, index: usize, outcome: &Result<()>) {
        let status = match outcome {
            Ok(()) => tsp_status::TSP_OK,
            Err(error) => tsp_status::from(error.kind()),
        };
        if !self.statuses.is_null() {
            // SAFETY: `new` was promised room for `count`.
            unsafe { self.statuses.add(index).write_unaligned(status) };
        }
    }
}

/// A picture of the caller's, and where it is to be written what is found.
struct Given<'a> {
    view: ImageView<'a>,
    mask: Option<Mask<'a>>,
    result: Arc<SharedResult>,
}

impl Pictured for Given<'_> {
    fn view(&self) -> ImageView<'_> {
        self.view
    }

    fn mask(&self) -> Option<Mask<'_>> {
        self.mask
    }
}

impl Given<'_> {
    fn keep(&self, inspection: Inspection, model: &Arc<Model>) -> Result<()> {
        let mut result = exclusive(&self.result.0, "result")?;
        *result = Some(Inspected::by_model(inspection, model)?);
        Ok(())
    }
}
