//! Pictures for the demonstration, drawn by the program itself: a machined aluminium plate on a conveyor belt, good or
//! with a defect whose place is known.
//!
//! The same seed gives the same bytes, whatever the number of pictures asked for (the last bit of a sine may differ
//! between operating systems). [`part`] draws one picture from what [`shape`] says about the metal, [`defects`] about the
//! damage, [`texture`] about the grain and [`light`] about the lamp; [`sheet`] lays pictures and heat maps on one page.

mod command;
mod defects;
mod light;
mod part;
mod shape;
pub mod sheet;
mod texture;

pub use command::{Args, run};
pub use defects::DefectKind;

use defects::Defect;
use image::{GrayImage, RgbImage};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Width of every picture of the demonstration, in pixels.
pub const WIDTH_PX: u32 = 384;
/// Height of every picture of the demonstration, in pixels.
pub const HEIGHT_PX: u32 = 320;

/// What the twelve test pictures show, in their order; `None` is a good part.
const TEST_KINDS: [Option<DefectKind>; 12] = [
    None,
    None,
    None,
    None,
    None,
    Some(DefectKind::Scratch),
    Some(DefectKind::Scratch),
    Some(DefectKind::Dent),
    Some(DefectKind::Stain),
    Some(DefectKind::MissingHole),
    Some(DefectKind::ChippedEdge),
    Some(DefectKind::Swarf),
];

/// One drawn picture and the truth about it.
#[derive(Clone, Debug)]
pub struct DemoPicture {
    /// A file name such as `test_07_scratch.png`.
    pub name: String,
    /// The defect it shows; `None` for a good part.
    pub kind: Option<DefectKind>,
    /// The picture, [`WIDTH_PX`] x [`HEIGHT_PX`].
    pub image: RgbImage,
    /// 255 where the metal differs from a good part, 0 elsewhere; of the picture's size.
    pub mask: GrayImage,
}

/// `count` good parts, `good_01.png` and so on, no two alike in pose, light and grain.
///
/// Drawn one at a time, as the iterator is asked for them.
pub fn good_parts(seed: u64, count: usize) -> impl Iterator<Item = DemoPicture> {
    (0..count).map(move |index| {
        picture(
            format!("good_{:02}.png", index + 1),
            None,
            generator(seed, index as u64),
        )
    })
}

/// The twelve test pictures: five good parts, then seven with a defect.
pub fn test_parts(seed: u64) -> Vec<DemoPicture> {
    TEST_KINDS
        .into_iter()
        .enumerate()
        .map(|(index, kind)| {
            let label = kind.map_or("good", DefectKind::label);
            let name = format!("test_{:02}_{label}.png", index + 1);
            picture(
                name,
                kind,
                generator(seed, FIRST_TEST_STREAM + index as u64),
            )
        })
        .collect()
}

/// Keeps test pictures apart from good ones, however many of those there are.
const FIRST_TEST_STREAM: u64 = 1 << 32;

/// Every picture has a stream of its own, so that a picture does not depend on those drawn before it.
fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(stream);
    random
}

fn picture(name: String, kind: Option<DefectKind>, mut random: ChaCha8Rng) -> DemoPicture {
    let defect = kind.map(|kind| Defect::place(kind, &mut random));
    let (image, mask) = part::draw(defect.as_ref(), &mut random);
    DemoPicture {
        name,
        kind,
        image,
        mask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_same_seed_gives_same_bytes() {
        let first = good_parts(7, 2).last().map(|part| part.image);
        let again = good_parts(7, 9).nth(1).map(|part| part.image);
        assert!(
            first == again,
            "the second good part depends on how many are asked for"
        );
    }

    #[test]
    fn good_parts_differ() {
        let images: Vec<_> = good_parts(7, 2).map(|part| part.image).collect();
        assert!(
            images[0] != images[1],
            "two good parts have the same pixels"
        );
    }

    #[test]
    fn test_parts_are_five_good_and_seven_defective_with_a_mask() {
        let parts = test_parts(1);
        assert_eq!(parts.iter().filter(|part| part.kind.is_none()).count(), 5);
        assert_eq!(parts.len(), 12);
        for part in &parts {
            let marked = part.mask.pixels().filter(|pixel| pixel.0[0] == 255).count();
            assert_eq!(
                part.kind.is_some(),
                marked > 0,
                "{}: {marked} marked pixels",
                part.name
            );
            assert!(
                marked < 2500,
                "{}: {marked} marked pixels are too many for a small defect",
                part.name
            );
        }
        assert_eq!(parts[6].name, "test_07_scratch.png");
    }

    #[test]
    fn defect_changes_pixels_under_its_mask() {
        let part = &test_parts(1)[9];
        assert_eq!(part.kind, Some(DefectKind::MissingHole));
        let bright = |on: u8| {
            let under: Vec<_> = part
                .mask
                .pixels()
                .zip(part.image.pixels())
                .filter(|(mask, _)| mask.0[0] == on)
                .collect();
            under
                .iter()
                .map(|(_, pixel)| f64::from(pixel.0[1]))
                .sum::<f64>()
                / under.len() as f64
        };
        assert!(
            bright(255) > 90.0,
            "a hole that was not drilled is metal, not dark: mean green {}",
            bright(255)
        );
    }
}
