//! Borrowed pixels.

use twinspect::error::ErrorKind;
use twinspect::image::*;

use super::{pattern, rgb};

const ALL_FORMATS: [PixelFormat; 9] = [
    PixelFormat::Gray8,
    PixelFormat::Gray16,
    PixelFormat::GrayF32,
    PixelFormat::Bgr8,
    PixelFormat::Rgb8,
    PixelFormat::Bgra8,
    PixelFormat::Rgba8,
    PixelFormat::Rgb8Planar,
    PixelFormat::Rgb16Planar,
];
fn view_error(
    format: PixelFormat,
    size: (u32, u32),
    planes: &[Plane],
    row_stride: i64,
    white: f64,
) -> (ErrorKind, String) {
    let error =
        ImageView::new(format, size.0, size.1, planes, row_stride, white, 1 << 20).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn view_bottom_up_equals_flipped_copy() {
    let (width, height) = (5, 4);
    let pixels = pattern(width, height);
    let row_bytes = 3 * width;
    let flipped: Vec<u8> = pixels
        .chunks_exact(row_bytes)
        .rev()
        .flatten()
        .copied()
        .collect();
    let plane = Plane {
        bytes: &flipped,
        top: row_bytes * (height - 1),
    };
    let bottom_up = ImageView::new(
        PixelFormat::Rgb8,
        5,
        4,
        &[plane],
        -(row_bytes as i64),
        0.0,
        20,
    )
    .unwrap();
    assert_eq!(
        rgb(&bottom_up),
        rgb(&ImageView::packed(PixelFormat::Rgb8, 5, 4, &pixels).unwrap())
    );
}

#[test]
fn view_of_every_colour_layout_gives_the_same_rgb() {
    let pixels = pattern(5, 4);
    let expected: Vec<f32> = pixels
        .iter()
        .map(|value| f32::from(*value) / 255.0)
        .collect();
    let reordered = |order: &[usize]| -> Vec<u8> {
        pixels
            .chunks_exact(3)
            .flat_map(|p| order.iter().map(|c| *p.get(*c).unwrap_or(&9)))
            .collect()
    };
    let planes: Vec<u8> = (0..3)
        .flat_map(|c| pixels.iter().skip(c).step_by(3))
        .copied()
        .collect();
    // 257 * v of 65535 is v of 255, exactly.
    let planes16: Vec<u8> = planes
        .iter()
        .flat_map(|v| (u16::from(*v) * 257).to_ne_bytes())
        .collect();
    for (format, bytes) in [
        (PixelFormat::Rgb8, pixels.clone()),
        (PixelFormat::Bgr8, reordered(&[2, 1, 0])),
        (PixelFormat::Rgba8, reordered(&[0, 1, 2, 3])),
        (PixelFormat::Bgra8, reordered(&[2, 1, 0, 3])),
        (PixelFormat::Rgb8Planar, planes),
        (PixelFormat::Rgb16Planar, planes16),
    ] {
        assert_eq!(
            rgb(&ImageView::packed(format, 5, 4, &bytes).unwrap()),
            expected,
            "{format:?}"
        );
    }
}

#[test]
fn view_of_separate_planes_and_padded_rows_skips_the_padding() {
    let plane = |value: u8| vec![value, value, 99, value, value, 99, value, value];
    let (red, green, blue) = (plane(255), plane(51), plane(0));
    let planes = [&red, &green, &blue].map(|bytes| Plane { bytes, top: 0 });
    let view = ImageView::new(PixelFormat::Rgb8Planar, 2, 3, &planes, 3, 0.0, 6).unwrap();
    assert_eq!(rgb(&view), [1.0, 0.2, 0.0].repeat(6));
}

#[test]
fn view_crop_equals_that_part_of_the_picture_bottom_up_too() {
    let pixels = pattern(6, 5);
    for (top, row_stride) in [(0, 18), (72, -18)] {
        let whole = ImageView::new(
            PixelFormat::Rgb8,
            6,
            5,
            &[Plane {
                bytes: &pixels,
                top,
            }],
            row_stride,
            0.0,
            30,
        )
        .unwrap();
        let part = whole.crop(1, 2, 4, 3).unwrap();
        let expected: Vec<f32> = rgb(&whole)
            .chunks_exact(18)
            .skip(2)
            .flat_map(|row| row[3..15].to_vec())
            .collect();
        assert_eq!(rgb(&part), expected, "row stride {row_stride}");
    }
    let whole = ImageView::packed(PixelFormat::Rgb8, 6, 5, &pixels).unwrap();
    for (x, y, width, height) in [
        (3, 0, 4, 1),
        (0, 5, 1, 1),
        (0, 0, 0, 1),
        (u32::MAX, 0, 2, 1),
    ] {
        assert_eq!(
            whole.crop(x, y, width, height).unwrap_err().kind(),
            ErrorKind::ImageSize
        );
    }
}

#[test]
fn view_white_of_12_bit_camera_scales_by_4095_and_clamps() {
    let bytes: Vec<u8> = [0u16, 819, 4095, 5000]
        .iter()
        .flat_map(|value| value.to_ne_bytes())
        .collect();
    let view = ImageView::packed(PixelFormat::Gray16, 4, 1, &bytes)
        .unwrap()
        .with_white(4095.0)
        .unwrap();
    let gray: Vec<f32> = rgb(&view).into_iter().step_by(3).collect();
    assert_eq!(gray, [0.0, 0.2, 1.0, 1.0]);
}

#[test]
fn view_nearly_black_8_bit_is_still_divided_by_255() {
    let view = ImageView::packed(PixelFormat::Gray8, 2, 1, &[0, 1]).unwrap();
    assert_eq!(rgb(&view)[3], 1.0 / 255.0);
}

#[test]
fn view_float_not_finite_names_the_pixel() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let bytes: Vec<u8> = [0.5, 2.0, -1.0, value]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let view = ImageView::packed(PixelFormat::GrayF32, 2, 2, &bytes).unwrap();
        let mut row = [0.0; 6];
        view.rgb_row(0, &mut row).unwrap();
        assert_eq!(row, [0.5, 0.5, 0.5, 1.0, 1.0, 1.0]);
        let error = view.rgb_row(1, &mut row).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Image);
        assert!(error.message().contains("(1, 1)"), "{error}");
    }
}

#[test]
fn view_hostile_arguments_are_refused() {
    let bytes = vec![0; 4096];
    let at = |top| Plane { bytes: &bytes, top };
    let gray = PixelFormat::Gray8;
    for size in [
        (0, 1),
        (1, 0),
        (32_769, 1),
        (1, u32::MAX),
        (u32::MAX, u32::MAX),
        (32_768, 32_768),
        (2048, 2048),
    ] {
        assert_eq!(
            view_error(gray, size, &[at(0)], 0, 0.0).0,
            ErrorKind::ImageSize,
            "{size:?}"
        );
    }
    for row_stride in [
        i64::MIN,
        i64::MIN + 1,
        i64::MAX,
        i64::MAX / 2,
        -8,
        7,
        -7,
        600,
        -600,
    ] {
        let (kind, text) = view_error(gray, (8, 8), &[at(0)], row_stride, 0.0);
        assert_eq!(kind, ErrorKind::Image, "{row_stride}");
        assert!(text.contains(&row_stride.to_string()), "{text}");
    }
    for top in [4096 - 63, usize::MAX, usize::MAX - 8] {
        assert_eq!(
            view_error(gray, (8, 8), &[at(top)], 0, 0.0).0,
            ErrorKind::Image,
            "top {top}"
        );
    }
    for white in [-1.0, f64::NAN, f64::INFINITY, -0.5, 1e-320, 1e300] {
        assert_eq!(
            view_error(gray, (8, 8), &[at(0)], 0, white).0,
            ErrorKind::Image,
            "white {white}"
        );
    }
    for format in ALL_FORMATS {
        assert_eq!(
            view_error(format, (8, 8), &[at(0); 2], 0, 0.0).0,
            ErrorKind::Image,
            "{format:?}"
        );
        assert_eq!(
            view_error(format, (8, 8), &[], 0, 0.0).0,
            ErrorKind::Image,
            "{format:?}"
        );
        assert!(
            ImageView::packed(format, 64, 65, &bytes[..64]).is_err(),
            "{format:?}"
        );
    }
    // One row lies inside whatever the stride is, and the last row may end with the buffer.
    assert!(ImageView::new(gray, 8, 1, &[at(4088)], i64::MIN, 0.0, 8).is_ok());
    assert!(ImageView::new(gray, 8, 8, &[at(4096 - 64)], 8, 0.0, 64).is_ok());
}

#[test]
fn view_row_of_wrong_length_or_number_is_refused() {
    let view = ImageView::packed(PixelFormat::Gray8, 2, 1, &[0, 1]).unwrap();
    assert_eq!(
        view.rgb_row(0, &mut [0.0; 5]).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
    assert_eq!(
        view.rgb_row(1, &mut [0.0; 6]).unwrap_err().kind(),
        ErrorKind::InvalidArgument
    );
}

#[test]
fn mask_covers_what_is_not_zero() {
    let mask =
        Mask::new(ImageView::packed(PixelFormat::Gray8, 2, 2, &[0, 0, 1, 0]).unwrap()).unwrap();
    let covered = [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (0, 2)].map(|(x, y)| mask.covers(x, y));
    assert_eq!(covered, [false, false, true, false, false, false]);
    assert_eq!(mask.row(1), [1, 0]);
    assert!(mask.check_size(2, 2).is_ok());
    assert_eq!(
        mask.check_size(2, 3).unwrap_err().kind(),
        ErrorKind::ImageSize
    );
    let colours = ImageView::packed(PixelFormat::Rgb8, 1, 1, &[0; 3]).unwrap();
    assert_eq!(Mask::new(colours).unwrap_err().kind(), ErrorKind::Image);
}
