//! The file of a variation model: written and read, and what is no such file.

use super::*;

fn of_bytes(bytes: &[u8]) -> twinspect::Result<Variation> {
    Variation::from_bytes(bytes, &Options::default())
}

#[test]
fn written_and_read_model_finds_the_same_and_learns_on() {
    let folder = tempfile::tempdir().unwrap();
    for gray in GRAYS {
        let (train, image) = (Pictures::load(gray, "train"), Pictures::load(gray, "image"));
        for (learning, name) in LEARNINGS {
            let path = folder.path().join(format!("{name}.twin"));
            let mut model = prepared(gray, learning);
            model.write(&path).unwrap();
            let mut read = Variation::read(&path, &Options::default()).unwrap();
            assert_eq!(bytes(&read), bytes(&model), "{gray:?} {name}");
            assert_eq!(std::fs::read(&path).unwrap(), model.to_bytes().unwrap());
            let view = image.views()[0];
            same(
                &found(read.compare(&view, None)),
                &found(model.compare(&view, None)),
            );
            if learning != Learning::Direct {
                read.train(&train.views()[..3]).unwrap();
                model.train(&train.views()[..3]).unwrap();
                assert_eq!(bytes(&read), bytes(&model), "{gray:?} {name} learned on");
            }
            let whole = model.to_bytes().unwrap().len();
            model.clear_train_data().unwrap();
            let cleared = of_bytes(&bytes(&model)).unwrap();
            assert_eq!(bytes(&cleared), bytes(&model));
            assert!(model.to_bytes().unwrap().len() < whole * 6 / 10);
        }
        let untrained = new(gray, Learning::Robust);
        let read = of_bytes(&bytes(&untrained)).unwrap();
        assert_eq!(bytes(&read), bytes(&untrained));
    }
}

#[test]
fn file_cut_short_changed_or_foreign_is_refused() {
    let bytes = prepared(GrayType::Byte, Learning::Standard)
        .to_bytes()
        .unwrap();
    let kind = |bytes: &[u8]| of_bytes(bytes).unwrap_err().kind();
    for length in (0..bytes.len()).step_by(64).chain(0..80) {
        assert_eq!(kind(&bytes[..length]), ErrorKind::Format, "cut at {length}");
    }
    for place in (0..bytes.len()).step_by(61) {
        let mut changed = bytes.clone();
        changed[place] ^= 1 << (place % 8);
        let expected = match place {
            16..20 => ErrorKind::Version,
            _ => ErrorKind::Format,
        };
        assert_eq!(kind(&changed), expected, "bit of byte {place}");
    }
    let mut newer = bytes.clone();
    newer[16] = 3;
    assert_eq!(kind(&newer), ErrorKind::Version);
    assert_eq!(kind(b"TWINSPECT-MODEL\n and so on"), ErrorKind::Format);

    let folder = tempfile::tempdir().unwrap();
    let read = |path: &std::path::Path| Variation::read(path, &Options::default()).unwrap_err();
    let (cut, absent) = (folder.path().join("cut"), folder.path().join("absent"));
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(read(&cut).kind(), ErrorKind::Format);
    assert_eq!(read(&absent).kind(), ErrorKind::NotFound);
    assert_eq!(read(folder.path()).kind(), ErrorKind::Io);
}

#[test]
fn record_with_a_right_checksum_and_wrong_values_is_refused() {
    use sha2::{Digest, Sha256};
    let bytes = prepared(GrayType::Byte, Learning::Standard)
        .to_bytes()
        .unwrap();
    // After the frame: the engine, and the length of what is known of gray values.
    const PIXELS_FROM: usize = 60 + 1 + 8;
    let forged = |at: usize, value: &[u8]| {
        let mut forged = bytes.clone();
        forged[PIXELS_FROM + at..][..value.len()].copy_from_slice(value);
        let checksum = Sha256::digest(&forged[60..]);
        forged[28..60].copy_from_slice(&checksum);
        of_bytes(&forged).unwrap_err()
    };
    let limits = 16 + 16 * PIXELS;
    for (what, error) in [
        ("width", forged(0, &0u32.to_le_bytes())),
        ("a huge size", forged(0, &[0, 0x80, 0, 0, 0, 0x80, 0, 0])),
        ("another size", forged(0, &30u32.to_le_bytes())),
        ("type", forged(8, &[2])),
        ("mode", forged(9, &[3])),
        ("mode robust with sums", forged(9, &[1])),
        ("no limits", forged(11, &[0])),
        ("two limits", forged(11, &[2])),
        ("no images", forged(12, &0u32.to_le_bytes())),
        ("too many images", forged(12, &65_536u32.to_le_bytes())),
        ("a sum", forged(16, &u64::MAX.to_le_bytes())),
        ("squares", forged(16 + 8 * PIXELS, &0u64.to_le_bytes())),
        ("an upper limit", forged(limits, &f64::NAN.to_le_bytes())),
        (
            "a lower limit",
            forged(limits + 8 * PIXELS, &256f64.to_le_bytes()),
        ),
    ] {
        assert_eq!(error.kind(), ErrorKind::Format, "{what}: {error}");
    }
}
