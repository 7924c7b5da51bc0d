//! How large inputs are cut, and what does not go together with that.

use crate::error::{Error, ErrorKind, Result};
use crate::features::tiles::TilePlan;
use crate::options::Options;

/// A smaller input shows a backbone nothing.
const LEAST_INPUT_PX: i64 = 64;

/// The longer side of the input; 0 is the picture's own.
pub fn input_size_px(options: &Options) -> Result<u32> {
    let size = options.int("input.size")?;
    if (1..LEAST_INPUT_PX).contains(&size) {
        let message = format!("{size} pixels, an input has at least {LEAST_INPUT_PX}");
        return Err(Error::new(ErrorKind::InvalidArgument, message)
            .at("input.size")
            .hint("Use input.size=0 for the picture's own size."));
    }
    Ok(size as u32)
}

/// None if inputs are seen at once.
///
/// Errors: `InvalidArgument` for what needs an input or a map of a stage as a whole.
pub fn tiles(options: &Options) -> Result<Option<TilePlan>> {
    let size_px = options.int("tile.size")? as u32;
    if size_px == 0 {
        return Ok(None);
    }
    for (key, possible, why) in [
        (
            "registration",
            &["none", "auto"][..],
            "tiles are computed where a picture lies, and it would be moved as a whole",
        ),
        (
            "ground",
            &["same", "auto"],
            "where the part lies is seen in the input as a whole",
        ),
        (
            "fit.copies",
            &["none"],
            "inputs are flipped and turned as a whole",
        ),
        (
            "matcher",
            &["none", "xfeat", "dedode"],
            "the backbone's features are matched on the map as a whole",
        ),
    ] {
        if !possible.contains(&options.text(key)?.as_str()) {
            return Err(Error::new(ErrorKind::InvalidArgument, why)
                .at(key)
                .hint(format!("Use {key}={}, or tile.size=0.", possible[0])));
        }
    }
    Ok(Some(TilePlan {
        size_px,
        overlap_px: options.int("tile.overlap")? as u32,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_the_whole_is_refused_with_tiles_alone() {
        for (key, value) in [
            ("registration", "similarity"),
            ("ground", "level"),
            ("fit.copies", "flips"),
            ("matcher", "backbone"),
        ] {
            let mut options = Options::default();
            options.set_text("matcher", "none").unwrap();
            options.set_text(key, value).unwrap();
            assert_eq!(tiles(&options).unwrap(), None);
            options.set_text("tile.size", "512").unwrap();
            let error = tiles(&options).unwrap_err();
            assert_eq!(
                (error.kind(), error.place()),
                (ErrorKind::InvalidArgument, key)
            );
            assert!(error.to_string().contains("tile.size=0"), "{error}");
        }
    }

    #[test]
    fn input_has_a_size_or_the_pictures_own() {
        for (size, is_possible) in [("0", true), ("1", false), ("63", false), ("64", true)] {
            let mut options = Options::default();
            options.set_text("input.size", size).unwrap();
            assert_eq!(input_size_px(&options).is_ok(), is_possible, "{size}");
        }
    }
}
