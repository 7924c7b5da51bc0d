//! Everything that has a layout or a name in C.

use std::ffi::{c_char, c_void};

use super::growing::Growing;

/// Settings by name, for fitting, loading and inspecting.
pub struct tsp_options(());

/// Takes pictures of good parts and makes a model of them.
pub struct tsp_fitter(());

/// What was learned from good parts. Never changes; shared by any number of threads.
pub struct tsp_model(());

/// Inspects pictures with a model, one at a time.
pub struct tsp_inspector(());

/// What an inspection found; used again for the next picture.
pub struct tsp_result(());

/// Gray values of good parts, and limits for those of others.
pub struct tsp_variation(());

/// A failure in words. 32 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_error {
    /// sizeof(tsp_error), set by the caller.
    pub struct_size: u32,
    /// A tsp_status.
    pub code: i32,
    /// What went wrong, in one line: which value, and which are allowed.
    pub message: *const c_char,
    /// What to do about it, a whole sentence; may be empty.
    pub hint: *const c_char,
    /// A file, an image's name or an option's key; may be empty.
    pub r#where: *const c_char,
}

/// One row of the table of options. 64 bytes; the texts live for ever.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_option {
    /// sizeof(tsp_option), set by the caller.
    pub struct_size: u32,
    /// A TSP_TYPE_*.
    pub r#type: i32,
    /// A TSP_SCOPE_*.
    pub scope: i32,
    /// 0.
    pub reserved: u32,
    /// Its name.
    pub key: *const c_char,
    /// Its value when nobody sets it, in the form that tsp_options_set_text takes.
    pub default_value: *const c_char,
    /// The words that a TSP_TYPE_CHOICE takes, separated by commas; empty for other types.
    pub choices: *const c_char,
    /// One or two lines for a person.
    pub help: *const c_char,
    /// The smallest value of a number; 0 for other types.
    pub min: f64,
    /// The largest value of a number; 0 for other types.
    pub max: f64,
}

/// A place to compute at. 40 bytes; the texts live for ever.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_device {
    /// sizeof(tsp_device), set by the caller.
    pub struct_size: u32,
    /// Major version of what a GPU can do, its compute capability; 0 of the CPU or if unknown.
    pub compute_major: u32,
    /// Its minor version.
    pub compute_minor: u32,
    /// 0.
    pub reserved: u32,
    /// The value of the option device for it, such as "cpu" or "cuda:0".
    pub option: *const c_char,
    /// "CPU", or the vendor's name of the GPU.
    pub name: *const c_char,
    /// Its memory in bytes; 0 if unknown.
    pub memory_bytes: u64,
}

/// A picture in the caller's memory. 64 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_image {
    /// sizeof(tsp_image).
    pub struct_size: u32,
    /// A TSP_FORMAT_*.
    pub format: i32,
    /// Pixels in a row, 1 to 32768.
    pub width: u32,
    /// Rows, 1 to 32768.
    pub height: u32,
    /// The first pixel of the top row. Planar formats use all three (red, green, blue), the others the first one alone.
    pub plane: [*const c_void; 3],
    /// Bytes from one row to the next below it, the same for all planes; 0 = tightly packed, negative = bottom-up.
    pub row_stride: i64,
    /// The value that means full scale; 0 = 255, 65535 or 1.0 by the format. 4095 for a 12-bit camera.
    pub white: f64,
    /// A TSP_MEMORY_*.
    pub memory: i32,
    /// Which GPU, for TSP_MEMORY_CUDA; otherwise 0.
    pub device: i32,
}

/// What a model is made of. 56 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_model_summary {
    /// sizeof(tsp_model_summary), set by the caller.
    pub struct_size: u32,
    /// Normal images that it has learned from.
    pub image_count: u32,
    /// Groups of them, one a pose.
    pub group_count: u32,
    /// Pictures that were added and that it has not learned from: copies of others and, where asked for, outliers.
    pub left_out_count: u32,
    /// Width of the first normal image, in pixels.
    pub image_width: u32,
    /// Its height.
    pub image_height: u32,
    /// Width of the network's input, in pixels.
    pub input_width: u32,
    /// Its height.
    pub input_height: u32,
    /// Locations in a row of the grid on which the statistics are kept.
    pub grid_width: u32,
    /// Rows of that grid.
    pub grid_height: u32,
    /// Scores from here on are defects; NaN if there were too few images to say.
    pub threshold: f32,
    /// Pixels of the anomaly map from here on form defect regions; NaN if there were too few images to say.
    pub pixel_threshold: f32,
    /// Version of the model file that tsp_model_save writes.
    pub file_version: u32,
    /// 0.
    pub reserved: u32,
}

/// A threshold, and how far it can be relied on. 56 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_threshold {
    /// sizeof(tsp_threshold), set by the caller.
    pub struct_size: u32,
    /// How it was found: a TSP_METHOD_*.
    pub method: i32,
    /// Scores from here on are defects.
    pub threshold: f32,
    /// 0.
    pub reserved: u32,
    /// The share of good parts that it will in fact call defective lies, with a chance of 90 %, above this; NaN if it was
    /// found between good and defective parts.
    pub rate_low: f64,
    /// And below this.
    pub rate_high: f64,
    /// How many good parts it takes to count the rate off their scores; 0 if no rate was asked for.
    pub images_needed: u64,
    /// Good parts among the scores that it calls defective.
    pub false_alarms: u64,
    /// Defective parts among the scores that it calls good.
    pub misses: u64,
}

/// How long the stages of an inspection took, in milliseconds; 0 of a stage that the model does without. 64 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_timing {
    /// sizeof(tsp_timing), set by the caller.
    pub struct_size: u32,
    /// 0.
    pub reserved: u32,
    /// All stages together.
    pub total_ms: f64,
    /// Pixels to the networks' inputs.
    pub preprocess_ms: f64,
    /// The backbone and the patch adaptor.
    pub backbone_ms: f64,
    /// Key points, which lead image they match, and how the picture lies on it.
    pub matching_ms: f64,
    /// Distances to what is normal.
    pub statistics_ms: f64,
    /// The anomaly map and its score.
    pub map_ms: f64,
    /// Regions and verdict.
    pub verdict_ms: f64,
}

/// What a variation model is. 32 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_variation_summary {
    /// sizeof(tsp_variation_summary), set by the caller.
    pub struct_size: u32,
    /// Of its pictures, in pixels.
    pub width: u32,
    /// As width.
    pub height: u32,
    /// A TSP_VARIATION_TYPE_*.
    pub r#type: i32,
    /// A TSP_VARIATION_MODE_*.
    pub mode: i32,
    /// A TSP_VARIATION_ENGINE_*.
    pub engine: i32,
    /// 1 if it can compare, otherwise 0.
    pub prepared: u32,
    /// 0.
    pub reserved: u32,
}

/// What an inspection found, in numbers. 56 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_summary {
    /// sizeof(tsp_summary), set by the caller.
    pub struct_size: u32,
    /// A TSP_VERDICT_*.
    pub verdict: i32,
    /// The anomaly score, in standard deviations, 0 or more.
    pub score: f32,
    /// The threshold of the score that was used; NaN = none.
    pub threshold: f32,
    /// The threshold of the anomaly map that was used; NaN = none, and then there are no regions.
    pub pixel_threshold: f32,
    /// The group of normal images that the picture was compared with, from 0.
    pub group: u32,
    /// Matches with that group's lead image; 0 if the model matches nothing.
    pub matches: u32,
    /// Defect regions.
    pub region_count: u32,
    /// Runs of all regions together.
    pub run_count: u32,
    /// Width of the anomaly map, which is the picture's.
    pub map_width: u32,
    /// Its height.
    pub map_height: u32,
    /// 1 if the picture was moved onto the lead image before it was compared, see tsp_result_registration; else 0.
    pub registered: u32,
    /// What is wrong with the picture itself: TSP_HEALTH_* bits, 0 = nothing; see tsp_result_health.
    pub health: u32,
    /// Pictures right before it that the inspector saw, one after the other, that were the same to the last bit.
    pub repeats: u32,
}

/// What a picture is like as a frame of a camera, and the limits that follow from the normal images. 80 bytes.
///
/// Gray values are those of the pixels that the network sees, from 0 = black to 1 = white, the mean of red, green and blue.
/// A limit is NaN where there is none, and all are if limits_known is 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_health {
    /// sizeof(tsp_health), set by the caller.
    pub struct_size: u32,
    /// TSP_HEALTH_* bits, 0 = nothing is wrong.
    pub findings: u32,
    /// 1; 0 if the model is of an old file, which says nothing of its normal images' frames.
    pub limits_known: u32,
    /// As in tsp_summary.
    pub repeats: u32,
    /// Mean gray value, 0 to 1.
    pub brightness: f32,
    /// Below is TSP_HEALTH_TOO_DARK.
    pub brightness_low: f32,
    /// Above is TSP_HEALTH_TOO_BRIGHT.
    pub brightness_high: f32,
    /// Standard deviation of the gray values, 0 to 0.5.
    pub contrast: f32,
    /// Below is TSP_HEALTH_FLAT.
    pub contrast_low: f32,
    /// Mean absolute Laplacian of the gray values, four times a pixel less its four neighbours, 0 to 4.
    pub sharpness: f32,
    /// Below is TSP_HEALTH_BLURRED.
    pub sharpness_low: f32,
    /// Share of pixels of which no channel is above 1 % of white, 0 to 1.
    pub black: f32,
    /// Above is TSP_HEALTH_BLACK.
    pub black_high: f32,
    /// Share of pixels of which a channel reaches 99 % of white, 0 to 1.
    pub saturated: f32,
    /// Above is TSP_HEALTH_SATURATED.
    pub saturated_high: f32,
    /// Width by height of the picture.
    pub proportions: f32,
    /// Below is TSP_HEALTH_PROPORTIONS.
    pub proportions_low: f32,
    /// And above.
    pub proportions_high: f32,
    /// Normal images that the limits follow from.
    pub images: u32,
    /// 0.
    pub reserved: u32,
}

/// How the scores of good parts compare with those of the normal images. 88 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_drift {
    /// sizeof(tsp_drift), set by the caller.
    pub struct_size: u32,
    /// TSP_DRIFT_* bits, 0 = none was found; they stay until tsp_inspector_reset_drift.
    pub found: u32,
    /// Good parts so far.
    pub parts: u64,
    /// The number, from 1, of the good part at which a drift was found first; 0 = none was.
    pub found_at: u64,
    /// The number of the good part from which on cusum has not been 0: about there a rise began; 0 = it is 0.
    pub rising_since: u64,
    /// The sum of what the logarithms of scores are above their mean, 0 or more, in standard deviations.
    pub cusum: f64,
    /// From here on TSP_DRIFT_RISE is found.
    pub cusum_limit: f64,
    /// What is not added of each part.
    pub cusum_allowance: f64,
    /// The largest distance between the distribution functions of the last full window and of the normal images, 0 to 1; NaN
    /// before there is one.
    pub ks_distance: f64,
    /// The chance of one as large if nothing has changed; NaN before there is one.
    pub ks_p: f64,
    /// Below that TSP_DRIFT_CHANGE is found.
    pub ks_least_p: f64,
    /// Good parts in a window.
    pub window: u32,
    /// Normal images that they are compared with.
    pub references: u32,
}

/// How a picture was moved onto its group's lead image. 96 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_registration {
    /// sizeof(tsp_registration), set by the caller.
    pub struct_size: u32,
    /// Matches that agree with it.
    pub inliers: u32,
    /// Root of their mean squared distance from where they should be, in pixels of the network's input.
    pub rms_px: f64,
    /// A 3 x 3 matrix, row by row, that ends in 1: (x, y) of the picture to (x', y') of the lead image, both in pixels of
    /// the picture, the upper left corner at (0, 0), the middle of the first pixel at (0.5, 0.5). (X, Y, W) = matrix
    /// (x, y, 1), x' = X / W, y' = Y / W.
    pub to_lead: [f64; 9],
    /// 1 if gray values had the last word; 0: as exact as the matcher's points, a few pixels.
    pub aligned: u32,
    /// 0.
    pub reserved: u32,
}

/// An anomaly map in the library's memory. 32 bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_map {
    /// sizeof(tsp_map), set by the caller.
    pub struct_size: u32,
    /// Values in a row, the picture's width.
    pub width: u32,
    /// Rows, the picture's height.
    pub height: u32,
    /// 0.
    pub reserved: u32,
    /// Bytes from one row to the next below it, above 0.
    pub row_stride: i64,
    /// The first value of the top row. Standard deviations, 0 or more; 0 outside of the mask.
    pub data: *const f32,
}

/// A defect region: connected pixels whose anomaly reaches the threshold. 56 bytes; coordinates are the picture's.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct tsp_region {
    /// sizeof(tsp_region), set by the caller.
    pub struct_size: u32,
    /// Left edge of the bounding box.
    pub x: u32,
    /// Top edge of the bounding box.
    pub y: u32,
    /// Width of the bounding box.
    pub width: u32,
    /// Height of the bounding box.
    pub height: u32,
    /// The highest value of the anomaly map in it.
    pub peak: f32,
    /// Its first run among those of tsp_result_runs.
    pub first_run: u32,
    /// How many runs it has, at least 1.
    pub run_count: u32,
    /// Its pixels.
    pub area: u64,
    /// Mean row of its pixels.
    pub row: f64,
    /// Mean column of its pixels.
    pub column: f64,
}

/// A horizontal chord of a region, as HALCON's gen_region_runs takes it. 12 bytes, for ever: it has no struct_size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct tsp_run {
    /// Row, from the top.
    pub row: i32,
    /// First column.
    pub column_begin: i32,
    /// Last column, included.
    pub column_end: i32,
}

// Handles, `plane` and `data` are pointers; the layout that is promised has 8 bytes for each.
#[cfg(not(target_pointer_width = "64"))]
compile_error!("the C interface is laid out for 64-bit targets");

macro_rules! growing {
    ($($name:ident: $first_bytes:literal),* $(,)?) => {$(
        // SAFETY: declared above with integers, floats and raw pointers only, of 4 and 8 bytes, aligned without gaps.
        unsafe impl Growing for $name {
            const FIRST_BYTES: usize = $first_bytes;
        }
        const _: () = assert!(size_of::<$name>() >= $first_bytes && size_of::<$name>() % 8 == 0);
    )*};
}

growing! {
    tsp_error: 32,
    tsp_option: 64,
    tsp_device: 40,
    tsp_image: 64,
    tsp_model_summary: 56,
    tsp_threshold: 56,
    tsp_timing: 64,
    tsp_variation_summary: 32,
    tsp_summary: 48,
    tsp_health: 80,
    tsp_drift: 88,
    tsp_registration: 96,
    tsp_map: 32,
    tsp_region: 56,
}
