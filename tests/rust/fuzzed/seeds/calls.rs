//! Programs that keep to the order of calls. What a byte means is told in `tests/fuzz/src/calls`: [`USUAL`] is the last handle
//! that was made, a true size, and no special case.

use super::Seed;

const USUAL: u8 = 15;
const SMALL_OPTIONS: [u8; 3] = [0, 0, USUAL];
const NEW_FITTER: [u8; 4] = [3, 0, USUAL, USUAL];
const FIT: [u8; 4] = [3, 5, USUAL, USUAL];
const NEW_RESULT: [u8; 3] = [3, 11, USUAL];
const NEW_INSPECTOR: [u8; 6] = [3, 9, USUAL, USUAL, USUAL, USUAL];
const INSPECT: [u8; 11] = [
    3, 12, USUAL, USUAL, 9, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL,
];
const WATCH: [u8; 6] = [3, 8, USUAL, USUAL, 1, USUAL];
const SAVE: [u8; 5] = [13, 4, 0, USUAL, USUAL];
const LOAD: [u8; 5] = [13, 4, 1, USUAL, USUAL];
const MODEL_IN_MEMORY: [u8; 9] = [13, 4, 4, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL];

pub fn all() -> Vec<Seed> {
    let fitted = [&SMALL_OPTIONS[..], &NEW_FITTER, &add(4), &FIT].concat();
    let inspected = [&fitted[..], &NEW_RESULT, &NEW_INSPECTOR, &INSPECT].concat();
    let asked = (0..13).map(|question| [&[8, USUAL, question][..], &[USUAL; 10]].concat());
    let asked: Vec<u8> = asked.collect::<Vec<_>>().concat();
    let seeds = [
        ("inspect", [&inspected[..], &asked].concat()),
        (
            "save",
            [&inspected[..], &SAVE, &LOAD, &NEW_INSPECTOR, &INSPECT].concat(),
        ),
        ("memory", [&fitted[..], &MODEL_IN_MEMORY].concat()),
        (
            "cancel",
            [&SMALL_OPTIONS[..], &NEW_FITTER, &add(4), &WATCH, &FIT, &FIT].concat(),
        ),
        (
            "extend",
            [&fitted[..], &[3, 1, USUAL, USUAL, USUAL], &add(2), &FIT].concat(),
        ),
        ("variation_pixels", variation(&[])),
        // variation.engine = features, and both.
        ("variation_features", variation(&[3, USUAL, USUAL, 3, 3, 1])),
        ("variation_both", variation(&[3, USUAL, USUAL, 3, 3, 2])),
    ];
    seeds
        .map(|(name, program)| (format!("{name}.calls"), program))
        .to_vec()
}

/// Gives a fitter so many good parts.
fn add(count: u8) -> Vec<u8> {
    let picture = |seed| [6 + seed, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL];
    let pictures: Vec<u8> = (0..count).flat_map(picture).collect();
    [&[3, 2, USUAL, count - 1][..], &pictures].concat()
}

/// Create, train, prepare, compare, read an image, write and read in memory, after setting an option.
fn variation(setting: &[u8]) -> Vec<u8> {
    let picture = |seed| [seed, USUAL, USUAL, USUAL, USUAL, USUAL];
    let setting = match setting {
        [] => Vec::new(),
        setting => [&[0][..], setting].concat(),
    };
    [
        &SMALL_OPTIONS[..],
        &setting,
        &[10, USUAL, 0, USUAL, 0, 1, 1, USUAL],
        &[10, USUAL, 1, 3],
        &[6, 7, 8].map(picture).concat(),
        &[USUAL],
        &[10, USUAL, 4, USUAL, 0, USUAL, 0],
        &NEW_RESULT,
        &[10, USUAL, 7, USUAL],
        &picture(9),
        &[USUAL, 1],
        &[
            10, USUAL, 10, 1, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL,
        ],
        &[13, 4, 5, USUAL, USUAL, USUAL, USUAL, USUAL, USUAL],
        &[10, USUAL, 11],
    ]
    .concat()
}
