//! The network's input, against torchvision.

use tch::{Kind, Tensor};
use twinspect::error::ErrorKind;
use twinspect::image::*;

use super::{data, pattern};

#[test]
fn tensor_equals_torchvision() {
    let plain = Normalisation {
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    for ((width, height), (new_width, new_height)) in [
        ((640, 480), (96, 64)),
        ((97, 61), (64, 32)),
        ((20, 12), (64, 32)),
        ((2048, 110), (160, 32)),
        ((33, 200), (32, 160)),
    ] {
        let name = format!("resized_{width}x{height}_{new_width}x{new_height}.npy");
        let expected = Tensor::read_npy(data(&name)).unwrap();
        let pixels = pattern(width, height);
        let view =
            ImageView::packed(PixelFormat::Rgb8, width as u32, height as u32, &pixels).unwrap();
        let ours = Preprocessor::new((new_width, new_height), plain)
            .tensor(&view)
            .unwrap();
        let error = (ours.squeeze_dim(0) - expected)
            .abs()
            .max()
            .double_value(&[]);
        // Both are rounded to float32 (3e-8 each at 1), ours also between the two passes.
        assert!(
            error <= 2e-7,
            "{name}: largest difference {error:e}, allowed 2e-7"
        );
    }
}

#[test]
fn tensor_of_the_same_size_is_only_normalised() {
    let pixels = pattern(64, 96);
    let view = ImageView::packed(PixelFormat::Rgb8, 64, 96, &pixels).unwrap();
    let ours = Preprocessor::new((64, 96), Normalisation::IMAGENET)
        .tensor(&view)
        .unwrap();
    let rgb = Tensor::from_slice(&pixels)
        .view([96, 64, 3])
        .permute([2, 0, 1])
        .to_kind(Kind::Float)
        / 255.0;
    let column = |values: [f32; 3]| Tensor::from_slice(&values).view([3, 1, 1]);
    let expected =
        (rgb - column(Normalisation::IMAGENET.mean)) / column(Normalisation::IMAGENET.std);
    assert_eq!(ours.size(), [1, 3, 96, 64]);
    assert_eq!(ours.squeeze_dim(0), expected);
}

#[test]
fn tensor_of_a_used_preprocessor_equals_a_fresh_one() {
    let mut used = Preprocessor::new((64, 32), Normalisation::LITE);
    for (width, height) in [(300, 200), (20, 12), (64, 32), (97, 333)] {
        let pixels = pattern(width, height);
        let view =
            ImageView::packed(PixelFormat::Rgb8, width as u32, height as u32, &pixels).unwrap();
        let fresh = Preprocessor::new((64, 32), Normalisation::LITE)
            .tensor(&view)
            .unwrap();
        assert_eq!(used.tensor(&view).unwrap(), fresh, "{width} x {height}");
    }
}

#[test]
fn tensor_of_gray_equals_gray_repeated() {
    let gray: Vec<u8> = pattern(40, 30).into_iter().step_by(3).collect();
    let repeated: Vec<u8> = gray.iter().flat_map(|value| [*value; 3]).collect();
    let mut preprocessor = Preprocessor::new((32, 32), Normalisation::IMAGENET);
    let one = preprocessor
        .tensor(&ImageView::packed(PixelFormat::Gray8, 40, 30, &gray).unwrap())
        .unwrap();
    let three = preprocessor
        .tensor(&ImageView::packed(PixelFormat::Rgb8, 40, 30, &repeated).unwrap())
        .unwrap();
    assert_eq!(one, three);
}

#[test]
fn tensor_size_zero_is_refused() {
    let view = ImageView::packed(PixelFormat::Gray8, 1, 1, &[0]).unwrap();
    let error = Preprocessor::new((0, 32), Normalisation::LITE)
        .tensor(&view)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn input_size_keeps_the_proportions_in_steps_of_32() {
    for (image, expected) in [
        ((1024, 1024), (320, 320)),
        ((640, 480), (320, 256)),
        ((480, 640), (256, 320)),
        ((2048, 110), (320, 32)),
        ((110, 2048), (32, 320)),
        ((512, 256), (320, 160)),
        ((1000, 999), (320, 320)),
        ((1, 1), (320, 320)),
    ] {
        let found = |aspect| input_size(image, 320, aspect, Multiples::CONVOLUTIONAL);
        assert_eq!(found(Aspect::Keep), expected, "{image:?}");
        assert_eq!(found(Aspect::Stretch), (320, 320), "{image:?}");
    }
}

#[test]
fn input_size_of_convolutional_networks_leaves_the_long_side_alone() {
    let found = |aspect| input_size((640, 480), 100, aspect, Multiples::CONVOLUTIONAL);
    assert_eq!(found(Aspect::Keep), (100, 64));
    assert_eq!(found(Aspect::Stretch), (100, 100));
}

#[test]
fn input_size_of_patches_is_whole_patches_along_both_sides() {
    for (image, size_px, expected) in [
        ((1024, 1024), 518, (518, 518)),
        ((1024, 1024), 320, (322, 322)),
        ((640, 480), 320, (322, 238)),
        ((480, 640), 330, (252, 336)), // 330 lies nearer to 336 than to 322.
        ((2048, 11), 320, (322, 14)),
        ((1000, 999), 320, (322, 322)),
    ] {
        let found = input_size(image, size_px, Aspect::Keep, Multiples::of_patches(14));
        assert_eq!(found, expected, "{image:?} at {size_px}");
    }
    let found = input_size((640, 480), 320, Aspect::Stretch, Multiples::of_patches(14));
    assert_eq!(found, (322, 322));
}
