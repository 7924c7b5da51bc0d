//! What a frame asks of Rust's allocator after the first ones. libtorch allocates each tensor on its own, which is not counted here.

use std::ptr::null;

use image::RgbImage;
use image::imageops::{self, FilterType};
use twinspect::ffi::*;

use crate::allocator::{Asked, asked};
use crate::caller::*;
use crate::parts;

const FRAMES: usize = 40;

/// The first frames make buffers and kernels ready.
const WARM_UP: usize = 3;

/// Shapes of tensors, names, rows, and for each band of rows the weights that resize it.
const SMALL_TIMES: u64 = 200;

/// Asked for during each of some frames, once all is ready.
fn of_frames(model: *const tsp_model, part: &RgbImage) -> Vec<Asked> {
    let (inspector, result) = (inspector(model), new_result());
    let image = rgb(part);
    let frames = (0..WARM_UP + FRAMES).map(|_| {
        let call = || unsafe { tsp_inspector_inspect(inspector.0, &image, null(), result.0) };
        // A byte a pixel.
        let (status, asked) = asked((part.width() * part.height()) as usize, call);
        ok(status);
        asked
    });
    frames.skip(WARM_UP).collect()
}

#[test]
fn frames_ask_for_the_map_that_they_hand_over_and_little_else() {
    ok(unsafe { tsp_set_threads(1) });
    let model = model(12);
    for times in [1, 8] {
        let (width, height) = (parts::SIZE.0 * times, parts::SIZE.1 * times);
        let part = imageops::resize(&parts::good(40), width, height, FilterType::Triangle);
        let frames = of_frames(model.0, &part);
        let (width, height) = (width as usize, height as usize);
        let map = 4 * width * height;
        println!("{width} x {height}, a map of {map} bytes: {:?}", frames[0]);
        for asked in frames {
            assert_eq!((asked.large_times, asked.large_bytes), (1, map));
            assert!(asked.times <= SMALL_TIMES, "{asked:?}");
        }
    }
}
