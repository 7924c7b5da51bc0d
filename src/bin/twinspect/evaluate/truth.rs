//! A mask of a data set to what is defective.

use std::path::Path;

use ndarray::Array2;
use twinspect::image::decode_file;
use twinspect::{Error, ErrorKind, Result};

/// What lies between black and a defect in a mask that was compressed with loss.
const HALF: f32 = 0.5;

/// [H, W], true where the mask is not black; in a JPEG, whose black is not exact, where it is brighter than half of white.
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
    let ending = mask.extension().unwrap_or_default().to_ascii_lowercase();
    let black = if ending == "jpg" || ending == "jpeg" {
        HALF
    } else {
        0.0
    };
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut truth = Array2::from_elem((height, width), false);
    let mut row = vec![0.0; 3 * width];
    for (y, mut line) in truth.rows_mut().into_iter().enumerate() {
        decoded
            .view()
            .rgb_row(y as u32, &mut row)
            .map_err(|error| error.at(mask))?;
        for (pixel, defective) in row.chunks_exact(3).zip(&mut line) {
            *defective = pixel.iter().any(|level| *level > black);
        }
    }
    Ok(truth)
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
