//! What a caller says of a variation model: numbers that name something, arrays and pairs.

use super::handle::null_argument;
use super::image::read_image;
use super::structs::{tsp_image, tsp_variation_summary};
use super::text::bytes_at;
use super::variation::{
    TSP_VARIATION_COMPARE_ABSOLUTE, TSP_VARIATION_COMPARE_DARK, TSP_VARIATION_COMPARE_LIGHT,
    TSP_VARIATION_COMPARE_LIGHT_DARK, TSP_VARIATION_ENGINE_BOTH, TSP_VARIATION_ENGINE_FEATURES,
    TSP_VARIATION_ENGINE_PIXELS, TSP_VARIATION_MODE_DIRECT, TSP_VARIATION_MODE_ROBUST,
    TSP_VARIATION_MODE_STANDARD, TSP_VARIATION_TYPE_BYTE, TSP_VARIATION_TYPE_INT2,
    TSP_VARIATION_TYPE_UINT2,
};
use crate::error::{Error, ErrorKind, Result};
use crate::image::ImageView;
use crate::legacy::{Engine, GrayType, Learning, MOST_IMAGES, Sides, Tolerance, Variation};

/// The pictures of an array. Errors: `NullArgument`, `InvalidArgument` for too many; those of [`read_image`].
///
/// # Safety
/// `images` is null or holds `count` pointers, each null or as [`read_image`] needs it as long as the result is used.
pub unsafe fn read_images<'a>(
    images: *const *const tsp_image,
    count: u64,
) -> Result<Vec<ImageView<'a>>> {
    let size = count.saturating_mul(size_of::<usize>() as u64);
    // SAFETY: the caller promises it. What is looked at here is whether they can be that many.
    unsafe { bytes_at(images.cast(), size, "images") }?;
    if count > MOST_IMAGES.into() {
        let message = format!("count is {count}, it must be at most {MOST_IMAGES}");
        return Err(Error::new(ErrorKind::InvalidArgument, message));
    }
    let read = |index| {
        // SAFETY: one of `count` pointers, which lie within memory, as was checked.
        let image = unsafe { images.add(index).read_unaligned() };
        // SAFETY: the caller promises it.
        unsafe { read_image(image, u64::MAX, "image") }
            .map_err(|error| error.at(format!("images[{index}]")))
    };
    (0..count as usize).map(read).collect()
}

/// Two thresholds for two sides. Errors: `NullArgument`.
///
/// # Safety
/// Each is null or points to two numbers.
pub unsafe fn read_tolerance(absolute: *const f64, relative: *const f64) -> Result<Tolerance> {
    let pair = |pointer: *const f64, argument| match pointer.is_null() {
        true => Err(null_argument(argument)),
        // SAFETY: not null, so there are two numbers, as the caller promises.
        false => Ok(unsafe { pointer.cast::<[f64; 2]>().read_unaligned() }),
    };
    Ok(Tolerance {
        absolute: pair(absolute, "abs_threshold")?,
        relative: pair(relative, "var_threshold")?,
    })
}

/// Errors: `InvalidArgument`; `Unsupported` for int2.
pub fn gray_type(number: i32) -> Result<GrayType> {
    match number {
        TSP_VARIATION_TYPE_BYTE => Ok(GrayType::Byte),
        TSP_VARIATION_TYPE_UINT2 => Ok(GrayType::Uint2),
        TSP_VARIATION_TYPE_INT2 => {
            let message = "a variation model cannot be of type int2";
            Err(Error::new(ErrorKind::Unsupported, message).hint(
                "Add 32768 to each gray value, and use type uint2: differences stay the same.",
            ))
        }
        other => Err(not_one_of("type", other, "1 byte, 2 uint2")),
    }
}

/// Errors: `InvalidArgument`.
pub fn learning(number: i32) -> Result<Learning> {
    match number {
        TSP_VARIATION_MODE_STANDARD => Ok(Learning::Standard),
        TSP_VARIATION_MODE_ROBUST => Ok(Learning::Robust),
        TSP_VARIATION_MODE_DIRECT => Ok(Learning::Direct),
        other => Err(not_one_of("mode", other, "1 standard, 2 robust, 3 direct")),
    }
}

/// What a caller is told of a variation model.
pub fn variation_summary(variation: &Variation) -> tsp_variation_summary {
    let (width, height) = variation.size();
    tsp_variation_summary {
        struct_size: 0,
        width,
        height,
        r#type: match variation.gray() {
            GrayType::Byte => TSP_VARIATION_TYPE_BYTE,
            GrayType::Uint2 => TSP_VARIATION_TYPE_UINT2,
        },
        mode: match variation.learning() {
            Learning::Standard => TSP_VARIATION_MODE_STANDARD,
            Learning::Robust => TSP_VARIATION_MODE_ROBUST,
            Learning::Direct => TSP_VARIATION_MODE_DIRECT,
        },
        engine: match variation.engine() {
            Engine::Pixels => TSP_VARIATION_ENGINE_PIXELS,
            Engine::Features => TSP_VARIATION_ENGINE_FEATURES,
            Engine::Both => TSP_VARIATION_ENGINE_BOTH,
        },
        prepared: variation.is_prepared().into(),
        reserved: 0,
    }
}

/// Errors: `InvalidArgument`.
pub fn sides(number: i32) -> Result<Sides> {
    match number {
        TSP_VARIATION_COMPARE_ABSOLUTE => Ok(Sides::Absolute),
        TSP_VARIATION_COMPARE_LIGHT => Ok(Sides::Light),
        TSP_VARIATION_COMPARE_DARK => Ok(Sides::Dark),
        TSP_VARIATION_COMPARE_LIGHT_DARK => Ok(Sides::LightDark),
        other => {
            let known = "1 absolute, 2 light, 3 dark, 4 light and dark";
            Err(not_one_of("mode", other, known))
        }
    }
}

/// The error of a number that names nothing.
pub fn not_one_of(argument: &str, number: i32, known: &str) -> Error {
    let message = format!("{argument} is {number}, it must be one of {known}");
    Error::new(ErrorKind::InvalidArgument, message)
}
