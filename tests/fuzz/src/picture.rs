//! A picture file: decoded within its limits, or refused.

use twinspect::ErrorKind;
use twinspect::image::decode_memory;

/// So few that no honest picture of them takes long; the decoder's slack of 64 MiB is beside it.
const MOST_PIXELS: u64 = 1 << 16;

/// Decodes the bytes, and reads every pixel of what comes out.
pub fn run(bytes: &[u8]) {
    match decode_memory(bytes, "picture", MOST_PIXELS) {
        Ok(picture) => {
            let (width, height) = (picture.width(), picture.height());
            assert!(width > 0 && height > 0);
            assert!(u64::from(width) * u64::from(height) <= MOST_PIXELS);
            let view = picture.view();
            let mut row = vec![0.0; 3 * width as usize];
            for y in 0..height {
                view.rgb_row(y, &mut row).expect("integers are finite");
                assert!(row.iter().all(|value| (0.0..=1.0).contains(value)));
            }
            view.to_rgb8().expect("a picture of few pixels");
        }
        Err(error) => {
            let kinds = [ErrorKind::Image, ErrorKind::ImageSize, ErrorKind::Memory];
            super::claims::is_refused(&error, &kinds);
            assert_eq!(error.place(), "picture");
        }
    }
}
