//! The file of a variation model that compares features.

use super::features::{AUTOMATIC, good, gray, new, options, prepared, train, view};
use super::*;
use crate::parts;

fn of_bytes(bytes: &[u8], options: &Options) -> twinspect::Result<Variation> {
    Variation::from_bytes(bytes, options)
}

#[test]
fn read_model_finds_the_same_and_learns_on() {
    let options = options(&[]);
    let spot = gray(&parts::defective(100));
    let mut model = prepared(10, &AUTOMATIC, &options);
    let mut read = of_bytes(&bytes(&model), &options).unwrap();
    assert_eq!(bytes(&read), bytes(&model));
    same(
        &found(read.compare(&view(&spot), None)),
        &found(model.compare(&view(&spot), None)),
    );
    // What waits is written too.
    for model in [&mut model, &mut read] {
        train(model, &good(14)[10..]);
    }
    let mut waited = of_bytes(&bytes(&read), &options).unwrap();
    for model in [&mut model, &mut read, &mut waited] {
        model.prepare(&AUTOMATIC).unwrap();
    }
    assert_eq!(bytes(&read), bytes(&model));
    assert_eq!(bytes(&waited), bytes(&model));
    model.clear_train_data().unwrap();
    let cleared = of_bytes(&bytes(&model), &options).unwrap();
    same(
        &found(cleared.compare(&view(&spot), None)),
        &found(model.compare(&view(&spot), None)),
    );
}

#[test]
fn options_say_what_a_read_model_compares() {
    let features = options(&[]);
    let set = |engine| {
        let mut options = parts::options(&[]);
        options.set_text("variation.engine", engine).unwrap();
        options
    };
    let both = set("both");
    let gray_thresholds = Tolerance {
        absolute: [20.0; 2],
        relative: [3.0; 2],
    };
    let written = bytes(&prepared(8, &gray_thresholds, &both));
    let spot = gray(&parts::defective(100));
    let score = |options: &Options| {
        let model = of_bytes(&written, options).unwrap();
        let compared = model.compare(&view(&spot), None).unwrap();
        (compared.shadow.is_some(), compared.decided.score())
    };
    let unset = score(&parts::options(&[]));
    assert_eq!(unset, score(&both));
    assert!(unset.0);
    // The pixels decide; alone they need no network.
    let mut no_network = set("pixels");
    no_network.set_text("backbone", "no/such/file.pt").unwrap();
    assert_eq!(score(&no_network), (false, unset.1));
    assert_ne!(score(&features).1, unset.1);

    let plain = bytes(&prepared(8, &gray_thresholds, &set("pixels")));
    let error = of_bytes(&plain, &features).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[test]
fn damage_behind_a_right_checksum_is_refused_and_never_a_panic() {
    use sha2::{Digest, Sha256};
    let options = options(&[]);
    let mut model = prepared(6, &AUTOMATIC, &options);
    train(&mut model, &good(7)[6..]);
    let whole = bytes(&model);
    assert!(of_bytes(&whole, &options).is_ok());
    let signed = |content: &[u8]| {
        let mut bytes = whole[..60].to_vec();
        bytes[20..28].copy_from_slice(&(content.len() as u64).to_le_bytes());
        bytes[28..60].copy_from_slice(&Sha256::digest(content));
        bytes.extend_from_slice(content);
        of_bytes(&bytes, &options)
    };
    let content = &whole[60..];
    assert!(signed(content).is_ok());
    for length in (0..content.len()).step_by(content.len() / 40) {
        let error = signed(&content[..length]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format, "cut at {length}: {error}");
    }
    // Engine, length of the gray values, those, no picture waits, something was fitted, and of how many maps.
    let gray_values = u64::from_le_bytes(content[1..9].try_into().unwrap()) as usize;
    let waiting = 4 + 8 + view(&good(1)[0]).width() as usize * view(&good(1)[0]).height() as usize;
    let maps = 9 + gray_values + waiting + 1;
    assert_eq!(content[maps - 1..maps + 8], [1, 6, 0, 0, 0, 0, 0, 0, 0]);
    let mut endless = content.to_vec();
    endless[maps..maps + 8].fill(0xff);
    let error = signed(&endless).unwrap_err();
    assert!(
        error
            .message()
            .contains("of 6 pictures, and it has 18446744073709551615 maps"),
        "{error}"
    );
    let mut longer = content.to_vec();
    longer.push(0);
    assert_eq!(signed(&longer).unwrap_err().kind(), ErrorKind::Format);
    // Numbers among the features: some are possible, none may end the program.
    for place in (0..content.len()).step_by(content.len() / 60) {
        let mut changed = content.to_vec();
        changed[place] ^= 0x80;
        let _ = signed(&changed).map(|model| model.compare(&view(&good(1)[0]), None).map(drop));
    }
    let untrained = bytes(&new(&options));
    assert!(of_bytes(&untrained, &options).is_ok());
}
