//! What recipes are composed of, against anomalib and the papers' formulas in float64 (`tests/data/recipes/make.py`).

use tch::{Device, Kind, Tensor};
use twinspect::statistics::k_centre::k_centres;
use twinspect::statistics::{
    Bank, Coreset, GaussianBuilder, Likeness, Moments, Subspace, Vicinity,
};

use crate::oracle::{assert_each_close, npy};

/// The features are float32 and so are our sums; distances that are no small differences keep five digits.
const TOLERANCE: f64 = 1e-5;

/// A bank keeps features in half precision, 11 bits: a distance may be off by 2^-12 of the features' length, 8 at most.
const HALF: f64 = 8.0 / 4096.0 * 2.0;

fn read(name: &str) -> Tensor {
    npy(&format!("recipes/{name}"))
}

fn images(all: &Tensor) -> Vec<Tensor> {
    (0..all.size()[0]).map(|image| all.get(image)).collect()
}

/// [C, h, w] as rows, [h*w, C].
fn rows(map: &Tensor) -> Tensor {
    map.flatten(1, 2).tr().contiguous()
}

fn gaussian_distances(normal: &[Tensor], tests: &[Tensor], epsilon: f64) -> Tensor {
    let mut builder = GaussianBuilder::new(epsilon);
    for image in normal {
        builder.push(image, &mut || Ok(())).unwrap();
    }
    let gaussian = builder.finish(&mut || Ok(())).unwrap().gaussian;
    let distances: Vec<Tensor> = tests
        .iter()
        .map(|test| gaussian.distances(test).unwrap())
        .collect();
    Tensor::stack(&distances, 0)
}

#[test]
fn padim_is_anomalibs() {
    let of = |name: &str| -> Vec<Tensor> { images(&read(name)).iter().map(rows).collect() };
    // anomalib adds 0.01 to the diagonal of the covariance, and 0.00001 more before it is inverted.
    let found = gaussian_distances(&of("padim_features"), &of("padim_tests"), 0.01001);
    // Distances lose about the square root of the condition number of the covariance.
    assert_each_close(&found, &read("padim_distances").flatten(1, 2), 1e-4);
}

#[test]
fn patchcore_distances_and_weighted_score_are_anomalibs() {
    let owners = Tensor::zeros([60], (Kind::Int64, Device::Cpu));
    let coreset = Coreset::new(1, read("patchcore_bank"), owners).unwrap();
    let tests = images(&read("patchcore_tests"));
    for (place, test) in tests.iter().enumerate() {
        let place = place as i64;
        let found = coreset.distances(test, 0).unwrap();
        assert_each_close(&found, &read("patchcore_distances").get(place), TOLERANCE);
        for support in [3, 9] {
            let scores = read(&format!("patchcore_scores_{support}"));
            let found = coreset.distances(test, support).unwrap().max();
            assert_each_close(&found, &scores.get(place), TOLERANCE);
        }
    }
}

#[test]
fn coreset_chooses_what_anomalibs_chooses() {
    let (features, expected) = (read("coreset_features"), read("coreset_chosen"));
    let expected: Vec<i64> = Vec::try_from(expected).unwrap();
    let given = features.narrow(0, expected[0], 1);
    let mut reports = 0;
    let chosen = k_centres(&features, &given, expected.len() - 1, &mut |_| {
        reports += 1;
        Ok(())
    });
    let chosen: Vec<i64> = chosen.unwrap().into_iter().map(|row| row as i64).collect();
    assert_eq!(chosen, expected[1..]);
    assert!(reports > 0);
}

#[test]
fn coreset_is_cancelled_by_its_report() {
    let features = read("coreset_features");
    let given = features.narrow(0, 0, 1);
    let stop = || twinspect::Error::new(twinspect::ErrorKind::Cancelled, "stop");
    let error = k_centres(&features, &given, 20, &mut |_| Err(stop())).unwrap_err();
    assert_eq!(error.kind(), twinspect::ErrorKind::Cancelled);
}

fn grid_bank() -> Bank {
    Bank::new(1.0, read("grid_features").to_kind(Kind::Half)).unwrap()
}

#[test]
fn spade_finds_the_images_and_the_nearest_features_of_its_paper() {
    let (bank, expected) = (grid_bank(), read("spade_distances"));
    for (place, test) in images(&read("grid_tests")).iter().enumerate() {
        let row = read("spade_images").get(place as i64);
        let mut nearest: Vec<usize> = Vec::<i64>::try_from(row)
            .unwrap()
            .into_iter()
            .map(|image| image as usize)
            .collect();
        let found = bank.nearest(test, &nearest, None).unwrap();
        let off = (found - expected.get(place as i64)).abs().max();
        assert!(off.double_value(&[]) < HALF, "off by {off}");
        // SPADE's images are the nearest by the distance of mean features, ours by their cosine: here the likest is the same.
        let likeness = bank.likeness(test, Likeness::Mean).unwrap();
        let best = (0..likeness.len()).max_by(|a, b| likeness[*a].total_cmp(&likeness[*b]));
        nearest.truncate(3);
        assert!(nearest.contains(&best.unwrap()), "{best:?} of {nearest:?}");
    }
}

#[test]
fn rad_finds_the_nearest_feature_around_each_location() {
    let (bank, expected) = (grid_bank(), read("rad_distances"));
    let locations: Vec<i64> = (0..20).collect();
    let near = Vicinity::new(&locations, 5, 1).unwrap();
    let all: Vec<usize> = (0..12).collect();
    for (place, test) in images(&read("grid_tests")).iter().enumerate() {
        let found = bank.nearest(test, &all, Some(&near)).unwrap();
        let off = (found - expected.get(place as i64)).abs().max();
        assert!(off.double_value(&[]) < HALF, "off by {off}");
        // Anywhere is at least as near.
        let anywhere = bank.nearest(test, &all, None).unwrap();
        let further = (anywhere - bank.nearest(test, &all, Some(&near)).unwrap()).max();
        assert!(further.double_value(&[]) <= 0.0);
    }
}

#[test]
fn subspace_leaves_what_a_principal_component_analysis_leaves() {
    let mut moments = Moments::none(6).unwrap();
    for image in images(&read("grid_features")) {
        moments = moments.with(&Moments::of(&image).unwrap()).unwrap();
    }
    let subspace = Subspace::new(moments, 0.99).unwrap();
    let kept = read("subspace_components").int64_value(&[0]);
    assert_eq!(subspace.dimensions(), kept);
    for (place, test) in images(&read("grid_tests")).iter().enumerate() {
        let found = subspace.distances(test).unwrap();
        let expected = read("subspace_distances").get(place as i64);
        // What is left is a small difference of features 100 times as long.
        let off = (found - expected).abs().max().double_value(&[]);
        assert!(off < 1e-5, "off by {off}");
    }
}

#[test]
fn orthoad_is_the_gaussian_of_what_is_projected() {
    let projection = read("orthoad_projection").to_kind(Kind::Float);
    let projected = |name: &str| -> Vec<Tensor> {
        let all = images(&read(name));
        all.iter().map(|image| image.matmul(&projection)).collect()
    };
    let found = gaussian_distances(&projected("grid_features"), &projected("grid_tests"), 0.01);
    assert_each_close(&found, &read("orthoad_distances"), 1e-4);
}
