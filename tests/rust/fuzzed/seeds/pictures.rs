//! Pictures of 5 x 3 pixels in every format that is read.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, Rgba};

use super::Seed;

const SIZE: (u32, u32) = (5, 3);

pub fn all() -> Vec<Seed> {
    let (width, height) = SIZE;
    let tone = |x: u32, y: u32| (40 * x + 70 * y) as u8;
    let wide = |x, y| u16::from(tone(x, y)) * 257;
    let gray = GrayImage::from_fn(width, height, |x, y| Luma([tone(x, y)]));
    let gray = DynamicImage::from(gray);
    let rgb = ImageBuffer::from_fn(width, height, |x, y| Rgb([tone(x, y), 9, tone(y, x)]));
    let rgb = DynamicImage::from(rgb);
    let rgba = ImageBuffer::from_fn(width, height, |x, y| Rgba([tone(x, y), 9, 8, tone(y, x)]));
    let rgba = DynamicImage::from(rgba);
    let gray16 = ImageBuffer::from_fn(width, height, |x, y| Luma([wide(x, y)]));
    let gray16 = DynamicImage::from(gray16);
    let rgb16 = ImageBuffer::from_fn(width, height, |x, y| Rgb([wide(x, y), 9, wide(y, x)]));
    let rgb16 = DynamicImage::from(rgb16);
    let float = DynamicImage::from(gray.to_rgb32f());

    let jpeg = encoded(&rgb, ImageFormat::Jpeg);
    let mut seeds = vec![
        ("turned.jpg".to_owned(), with_orientation(&jpeg, 6)),
        ("mirrored.jpg".to_owned(), with_orientation(&jpeg, 5)),
        ("rgb.jpg".to_owned(), jpeg),
        (
            "bits.pbm".to_owned(),
            b"P1\n5 3\n1 0 1 0 1\n0 1 0 1 0\n1 1 1 0 0\n".to_vec(),
        ),
        (
            "plain.pgm".to_owned(),
            b"P2\n# of another maximum\n2 2 1000\n0 500 1000 7\n".to_vec(),
        ),
        (
            "many.pam".to_owned(),
            b"P7\nWIDTH 1\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n12345678"
                .to_vec(),
        ),
    ];
    for (name, picture, format) in [
        ("gray.png", &gray, ImageFormat::Png),
        ("rgb.png", &rgb, ImageFormat::Png),
        ("rgba.png", &rgba, ImageFormat::Png),
        ("gray16.png", &gray16, ImageFormat::Png),
        ("rgb16.png", &rgb16, ImageFormat::Png),
        ("gray.jpg", &gray, ImageFormat::Jpeg),
        ("gray.bmp", &gray, ImageFormat::Bmp),
        ("rgba.bmp", &rgba, ImageFormat::Bmp),
        ("gray.tif", &gray, ImageFormat::Tiff),
        ("rgb16.tif", &rgb16, ImageFormat::Tiff),
        ("float.tif", &float, ImageFormat::Tiff),
        ("rgb.webp", &rgb, ImageFormat::WebP),
        ("rgba.webp", &rgba, ImageFormat::WebP),
        ("gray.pgm", &gray, ImageFormat::Pnm),
        ("rgb.ppm", &rgb, ImageFormat::Pnm),
        ("gray16.pgm", &gray16, ImageFormat::Pnm),
    ] {
        seeds.push((name.to_owned(), encoded(picture, format)));
    }
    seeds
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG with an EXIF segment behind its start.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let exif = [
        // One entry: tag 0x0112, a short.
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0",
        &[orientation, 0, 0, 0, 0, 0, 0, 0][..],
    ]
    .concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let (start, rest) = jpeg.split_at(2);
    [start, &[0xFF, 0xE1], &length, &exif, rest].concat()
}
