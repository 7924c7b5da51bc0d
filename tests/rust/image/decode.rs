//! Files to pixels, with files that Pillow made and files made here.

use std::fs;

use twinspect::error::ErrorKind;
use twinspect::image::*;

use super::{data, pattern, rgb};

const BLOCKS: [[u8; 3]; 4] = [[200, 30, 40], [20, 180, 60], [30, 60, 210], [230, 230, 230]];

fn decoded(name: &str) -> Picture {
    decode_file(&data(name), DEFAULT_MAX_PIXELS).unwrap()
}

#[test]
fn decode_16_bit_ramp_keeps_full_range() {
    let ramp: Vec<u16> = (0..1024u32)
        .map(|i| ((i * 65535 * 2 + 1023) / 2046) as u16)
        .collect();
    let expected: Vec<f32> = ramp
        .iter()
        .flat_map(|value| [f32::from(*value) / 65535.0; 3])
        .collect();
    let big_endian = decoded("gray16_big_endian.tif");
    assert_eq!(big_endian.view().format(), PixelFormat::Gray16);
    assert_eq!(rgb(&big_endian.view()), expected);

    let folder = tempfile::tempdir().unwrap();
    let png = folder.path().join("ramp.png");
    image::ImageBuffer::<image::Luma<u16>, _>::from_raw(256, 4, ramp)
        .unwrap()
        .save(&png)
        .unwrap();
    assert_eq!(rgb(&decode_file(&png, 1024).unwrap().view()), expected);
}

#[test]
fn decode_12_bit_pnm_reaches_full_range() {
    let mut file = b"P5 3 1 4095\n".to_vec();
    file.extend(
        [0u16, 819, 4095]
            .iter()
            .flat_map(|value| value.to_be_bytes()),
    );
    assert_eq!(
        rgb(&decode_memory(&file, "p.pgm", 3).unwrap().view()),
        [[0.0; 3], [0.2; 3], [1.0; 3]].concat()
    );
}

#[test]
fn decode_16_bit_colours_and_alpha_keep_their_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.png");
    let colours = [0u16, 13107, 65535, 7, 26214, 0, 52428, 0];
    image::ImageBuffer::<image::Rgba<u16>, _>::from_raw(2, 1, colours.to_vec())
        .unwrap()
        .save(&path)
        .unwrap();
    let picture = decode_file(&path, 2).unwrap();
    assert_eq!(picture.view().format(), PixelFormat::Rgb16Planar);
    assert_eq!(rgb(&picture.view()), [0.0, 0.2, 1.0, 0.4, 0.0, 0.8]);
    assert_eq!(
        picture.view().to_rgb8().unwrap().into_raw(),
        [0, 51, 255, 102, 0, 204]
    );
}

#[test]
fn decode_cmyk_and_ycck_jpeg_is_not_inverted() {
    for name in ["cmyk.jpg", "ycck.jpg"] {
        let picture = decoded(name).view().to_rgb8().unwrap();
        for (block, expected) in BLOCKS.iter().enumerate() {
            let seen = picture.get_pixel(16 * block as u32 + 8, 16).0;
            // 2 levels: rounding of the JPEG and of the conversion to four components.
            assert!(
                seen.iter().zip(expected).all(|(a, b)| a.abs_diff(*b) <= 2),
                "{name}: {seen:?}, expected {expected:?}"
            );
        }
    }
}

#[test]
fn decode_every_orientation_gives_the_upright_picture() {
    let upright = decoded("upright.png");
    for orientation in 1..=8 {
        let picture = decoded(&format!("orientation_{orientation}.png"));
        assert_eq!(
            (picture.width(), picture.height()),
            (3, 2),
            "orientation {orientation}"
        );
        assert_eq!(
            rgb(&picture.view()),
            rgb(&upright.view()),
            "orientation {orientation}"
        );
    }
    let turned = decoded("orientation_6_100x40.jpg");
    assert_eq!((turned.width(), turned.height()), (40, 100));
    let top = turned.view().to_rgb8().unwrap().get_pixel(20, 8).0;
    assert!(
        top.iter().zip(BLOCKS[0]).all(|(a, b)| a.abs_diff(b) <= 3),
        "{top:?}, expected {:?}",
        BLOCKS[0]
    );
}

#[test]
fn decode_alpha_is_ignored() {
    let expected: Vec<u8> = BLOCKS
        .iter()
        .flat_map(|block| block.repeat(16))
        .collect::<Vec<_>>()
        .repeat(32);
    assert_eq!(
        decoded("palette_transparent.png")
            .view()
            .to_rgb8()
            .unwrap()
            .into_raw(),
        expected
    );
}

#[test]
fn decode_lossless_formats_keep_every_value() {
    for name in ["lossless.webp", "lzw.tif"] {
        assert_eq!(
            decoded(name).view().to_rgb8().unwrap().into_raw(),
            pattern(24, 16),
            "{name}"
        );
    }
}

#[test]
fn decode_float_tiff_is_refused_with_a_hint() {
    let error = decode_file(&data("float32.tif"), DEFAULT_MAX_PIXELS).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Image);
    assert!(
        error.to_string().contains("float32.tif") && error.what_to_do().contains("16 bit"),
        "{error}"
    );
}

#[test]
fn decode_half_a_file_names_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "orientation_6_100x40.jpg",
        "progressive.jpg",
        "palette_transparent.png",
        "lzw.tif",
        "lossless.webp",
        "gray16_big_endian.tif",
    ] {
        let whole = fs::read(data(name)).unwrap();
        let path = folder.path().join(name);
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        let error = decode_file(&path, DEFAULT_MAX_PIXELS).unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::Image, path.to_str().unwrap()),
            "{error}"
        );
    }
}

#[test]
fn decode_damaged_files_never_panic() {
    for entry in fs::read_dir(data("")).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|ending| ending == "npy" || ending == "py")
        {
            continue;
        }
        let whole = fs::read(path).unwrap();
        for end in (0..whole.len()).step_by(64) {
            let _ = decode_memory(&whole[..end], "cut", 1 << 16);
        }
        for bit in (0..whole.len() * 8).step_by(13) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = decode_memory(&flipped, "flipped", 1 << 16);
        }
    }
}

#[test]
fn decode_220_megapixel_header_is_refused_before_allocation() {
    let mut bmp = b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec();
    bmp.extend(
        [20_000u32, 11_000]
            .iter()
            .flat_map(|side| side.to_le_bytes()),
    );
    bmp.extend([1, 0, 24, 0].iter().chain(&[0; 24]));
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    let mut header = b"IHDR".to_vec();
    header.extend(
        [20_000u32, 11_000]
            .iter()
            .flat_map(|side| side.to_be_bytes()),
    );
    header.extend([8, 2, 0, 0, 0]);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    png.extend(header);
    png.extend(crc.sum().to_be_bytes());
    png.extend(b"\0\0\0\x04IDAT");
    for (name, file) in [
        ("p.pgm", b"P5 20000 11000 255\n".to_vec()),
        ("p.bmp", bmp),
        ("p.png", png),
    ] {
        let error = decode_memory(&file, name, 200_000_000).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize, "{error}");
        assert!(error.to_string().contains("220000000"), "{error}");
    }
    let error = decode_memory(b"P5 40000 1 255\n", "wide.pgm", DEFAULT_MAX_PIXELS).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::ImageSize, "width 40000, it must be 1 to 32768")
    );
}

#[test]
fn decode_220_megapixels_works_with_the_default_limit() {
    let (width, height) = (20_000, 11_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.png");
    let pixels = image::GrayImage::from_pixel(width, height, image::Luma([7]));
    pixels.save(&path).unwrap();
    drop(pixels);
    let picture = decode_file(&path, DEFAULT_MAX_PIXELS).unwrap();
    assert_eq!((picture.width(), picture.height()), (width, height));
}

#[test]
fn decode_of_more_than_the_default_limit_is_refused_by_the_header() {
    // 2 GB of pixels that are not there: the answer comes from the header alone.
    for (size, pixels) in [("16500 16500", "272250000"), ("32768 32768", "1073741824")] {
        let file = format!("P6 {size} 65535\n");
        let error = decode_memory(file.as_bytes(), "p.ppm", DEFAULT_MAX_PIXELS).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ImageSize, "{error}");
        assert!(
            error.message().contains(pixels) && error.message().contains("268435456"),
            "{error}"
        );
    }
}

#[test]
fn decode_header_within_the_limit_without_pixels_is_a_picture_that_ends_early() {
    let error = decode_memory(b"P5 15000 15000 255\n", "p.pgm", DEFAULT_MAX_PIXELS).unwrap_err();
    assert_eq!(
        (error.kind(), error.message()),
        (ErrorKind::Image, "the picture ends too early")
    );
}

#[test]
fn decode_what_is_no_picture_says_so() {
    let missing = decode_file(&data("missing.png"), DEFAULT_MAX_PIXELS).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound, "{missing}");
    assert_eq!(
        decode_file(&data(""), DEFAULT_MAX_PIXELS)
            .unwrap_err()
            .kind(),
        ErrorKind::Io
    );
    for bytes in [
        &b""[..],
        b"hello",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"PK\x03\x04 zip",
    ] {
        let error = decode_memory(bytes, "note.txt", DEFAULT_MAX_PIXELS).unwrap_err();
        assert_eq!(
            (error.kind(), error.place()),
            (ErrorKind::Image, "note.txt")
        );
        assert!(error.what_to_do().contains("PNG"), "{error}");
    }
}

#[test]
fn decode_file_with_unusual_path_works() {
    let folder = tempfile::tempdir().unwrap();
    let long = "n".repeat(200);
    for name in [
        "with space.png",
        "Prüfstück äöü.PNG",
        "零件 正常.png",
        &format!("{long}/{long}.png"),
        "no ending",
        "wrong.bmp",
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(data("upright.png"), &path).unwrap();
        assert_eq!(
            decode_file(&path, 6).unwrap(),
            decoded("upright.png"),
            "{name}"
        );
    }
}
