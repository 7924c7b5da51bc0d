//! A mask of a data set to what is defective.

use std::path::Path;

use ndarray::Array2;
use twinspect::image::{Picture, decode_file};
use twinspect::{Error, ErrorKind, Result};

/// What lies between black and a defect in a mask of black and white.
const HALF: f32 = 0.5;

/// [H, W], true where the mask is brighter than half of white. Of one that is nowhere, and is no JPEG, whose black is not
/// exact: where it is not black, since numbers of kinds of defects are as dark as 1.
///
/// Errors: `ImageSize` if the mask is not of the picture's size (width, height); those of decoding.
pub fn read(
    mask: &Path,
    picture: &Path,
    size: (u32, u32),
    max_pixels: u64,
) -> Result<Array2<bool>> {
    let decoded = decode_file(mask, max_pixels)?;
    if (decoded.width(), decoded.height()) != size {
        let message = format!(
            "the mask is {} x {} pixels, its picture '{}' is {} x {}",
            decoded.width(),
            decoded.height(),
            picture.display(),
            size.0,
            size.1
        );
        return Err(Error::new(ErrorKind::ImageSize, message).at(mask));
    }
    let levels = levels(&decoded).map_err(|error| error.at(mask))?;
    let ending = mask.extension().unwrap_or_default().to_ascii_lowercase();
    let is_jpeg = ending == "jpg" || ending == "jpeg";
    let black = if is_jpeg || levels.iter().any(|level| *level > HALF) {
        HALF
    } else {
        0.0
    };
    Ok(levels.mapv(|level| level > black))
}

/// The brightest of each pixel's three channels, 0 to 1, [H, W].
fn levels(mask: &Picture) -> Result<Array2<f32>> {
    let (width, height) = (mask.width() as usize, mask.height() as usize);
    let mut levels = Array2::zeros((height, width));
    let mut row = vec![0.0; 3 * width];
    for (y, mut line) in levels.rows_mut().into_iter().enumerate() {
        mask.view().rgb_row(y as u32, &mut row)?;
        for (pixel, level) in row.chunks_exact(3).zip(&mut line) {
            *level = pixel.iter().copied().fold(0.0, f32::max);
        }
    }
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    const MOST: u64 = 1 << 20;

    #[test]
    fn mask_marks_what_is_not_black_however_dark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        let mut mask = GrayImage::new(3, 2);
        mask.put_pixel(2, 1, Luma([1]));
        mask.save(&path).unwrap();
        let truth = read(&path, Path::new("a.png"), (3, 2), MOST).unwrap();
        let marked: Vec<_> = truth.indexed_iter().filter(|(_, one)| **one).collect();
        assert_eq!(marked, [((1, 2), &true)]);
    }

    #[test]
    fn mask_of_gray_values_or_three_channels_is_parted_at_half() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        let marked = || {
            let truth = read(&path, Path::new("a.png"), (5, 1), MOST).unwrap();
            truth.iter().copied().collect::<Vec<bool>>()
        };
        // As a JPEG leaves black and white, saved again without loss.
        let levels = [0, 9, 127, 128, 250];
        GrayImage::from_raw(5, 1, levels.to_vec())
            .unwrap()
            .save(&path)
            .unwrap();
        assert_eq!(marked(), [false, false, false, true, true]);
        let in_red = levels.iter().flat_map(|level| [*level, 0, 3]).collect();
        image::RgbImage::from_raw(5, 1, in_red)
            .unwrap()
            .save(&path)
            .unwrap();
        assert_eq!(marked(), [false, false, false, true, true]);
    }

    #[test]
    fn mask_of_another_size_names_both() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mask.png");
        GrayImage::new(3, 2).save(&path).unwrap();
        let error = read(&path, Path::new("some/a.png"), (2, 3), MOST).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize);
        let text = error.to_string();
        for words in ["mask.png", "some/a.png", "3 x 2", "2 x 3"] {
            assert!(text.contains(words), "'{words}' is not in: {text}");
        }
    }
}
