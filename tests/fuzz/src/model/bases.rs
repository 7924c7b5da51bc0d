//! Models of ours, one for each way of learning, whose files are edited.

use std::sync::OnceLock;

use arbitrary::{Result, Unstructured};
use twinspect::model::{Fitter, Model};

use super::super::parts;
use super::archive::Archive;

const IMAGES: u32 = 4;

/// Of each model the options that differ from the small ones.
pub const SETTINGS: [&[(&str, &str)]; 12] = [
    &[],
    &[("registration", "similarity"), ("registration.turns", "2")],
    &[("grouping", "nearest")],
    &[("grouping", "nearest"), ("nearest.by", "matches")],
    &[("ground", "level")],
    &[("statistics", "neighbour"), ("neighbour.share", "0.1")],
    &[("statistics", "neighbour"), ("neighbour.reach", "1")],
    &[("statistics", "subspace")],
    &[("fit.copies", "all")],
    &[
        ("matcher", "none"),
        ("adaptor", "adaptive"),
        ("adaptor.channels", "3"),
    ],
    &[("embedding", "orthogonal"), ("embedding.channels", "4")],
    &[("score", "top"), ("features.sigma", "1")],
];

/// One of them, fitted when it is first asked for.
pub fn choose(input: &mut Unstructured<'_>) -> Result<&'static Archive> {
    static BASES: [OnceLock<Archive>; SETTINGS.len()] = [const { OnceLock::new() }; SETTINGS.len()];
    let index = input.choose_index(SETTINGS.len())?;
    Ok(BASES[index].get_or_init(|| Archive::of(&fit(SETTINGS[index]))))
}

fn fit(settings: &[(&str, &str)]) -> Model {
    let mut fitter = Fitter::new(&parts::options(settings)).expect("options that go together");
    for seed in 0..IMAGES {
        let pixels = parts::gray(seed);
        let name = format!("{seed}.png");
        fitter
            .add(&parts::view(&pixels), None, &name)
            .expect("a good part");
    }
    fitter.fit(&mut ()).expect("good parts")
}
