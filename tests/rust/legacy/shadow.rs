//! Both engines: one decides, what both say is written down.

use std::path::Path;

use twinspect::legacy::shadow::{Row, TABLE, read};
use twinspect::verdict::Verdict;

use super::features::{gray, prepared, view};
use super::*;
use crate::parts;

/// So wide that the pixels call everything good.
const BLIND: Tolerance = Tolerance {
    absolute: [255.0; 2],
    relative: [0.0; 2],
};

fn options(folder: &Path, more: &[(&str, &str)]) -> Options {
    let folder = folder.to_str().unwrap();
    let mut all = vec![("variation.engine", "both"), ("shadow.folder", folder)];
    all.extend_from_slice(more);
    parts::options(&all)
}

#[test]
fn both_verdicts_are_written_down_and_pictures_they_disagree_about_kept() {
    let folder = tempfile::tempdir().unwrap();
    let shadow = folder.path().join("line 1/shadow");
    let spot = gray(&parts::defective(100));
    let part = gray(&parts::good(100));
    let compare = |more: &[(&str, &str)]| {
        let model = prepared(12, &BLIND, &options(&shadow, more));
        let verdict = |pixels| model.compare(&view(pixels), None).unwrap().verdict();
        (verdict(&spot), verdict(&part))
    };
    assert_eq!(compare(&[]), (Verdict::Good, Verdict::Good));
    // A table that is there is written on; the other engine decides now.
    let decided = compare(&[("variation.decides", "features")]);
    assert_eq!(decided, (Verdict::Defect, Verdict::Good));

    let rows = read(&shadow).unwrap();
    assert_eq!(rows.len(), 4);
    for (spot_row, part_row) in [(&rows[0], &rows[1]), (&rows[2], &rows[3])] {
        assert_eq!(spot_row.features_verdict, Some(Verdict::Defect));
        assert_eq!(
            (spot_row.pixels_verdict, spot_row.pixels_area),
            (Verdict::Good, 0)
        );
        assert!(!spot_row.agrees() && part_row.agrees());
        assert!(spot_row.features_rise > part_row.features_rise);
        assert!(part_row.features_rise.unwrap() >= 0.0 && part_row.picture.is_none());
        let picture = shadow.join(spot_row.picture.as_ref().unwrap());
        let kept = image::open(picture).unwrap().into_luma8();
        assert_eq!(kept.into_raw(), spot);
    }
    assert_ne!(rows[0].picture, rows[2].picture);
    let text = std::fs::read_to_string(shadow.join(TABLE)).unwrap();
    let names = csv::Reader::from_reader(text.as_bytes())
        .headers()
        .unwrap()
        .clone();
    let again = {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(&rows[0]).unwrap();
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    };
    assert_eq!(
        again.lines().next().unwrap(),
        names.iter().collect::<Vec<_>>().join(",")
    );
}

#[test]
fn no_more_pictures_are_kept_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let model = prepared(
        12,
        &BLIND,
        &options(folder.path(), &[("shadow.pictures", "2")]),
    );
    for seed in 100..104 {
        model
            .compare(&view(&gray(&parts::defective(seed))), None)
            .unwrap();
    }
    let rows = read(folder.path()).unwrap();
    let kept = |row: &Row| row.picture.is_some();
    assert_eq!(
        rows.iter().map(kept).collect::<Vec<_>>(),
        [true, true, false, false]
    );
}

#[test]
fn folder_that_goes_away_does_not_stop_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let model = prepared(12, &BLIND, &options(&path, &[]));
    folder.close().unwrap();
    let spot = gray(&parts::defective(100));
    let compared = model.compare(&view(&spot), None).unwrap();
    assert_eq!(
        (compared.verdict(), compared.agrees),
        (Verdict::Good, Some(false))
    );
    let (row, written) = compared.shadow.unwrap();
    assert!(row.features_score.unwrap() > 0.0);
    let error = written.unwrap_err();
    assert!(
        error.to_string().contains("picture of the shadow"),
        "{error}"
    );
}

#[test]
fn folder_that_cannot_be_made_is_an_error_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let options = options(&file.join("shadow"), &[]);
    let error =
        Variation::new(parts::SIZE, GrayType::Byte, Learning::Standard, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io, "{error}");
    assert!(error.to_string().contains("shadow.folder"), "{error}");

    let absent = read(&folder.path().join("absent")).unwrap_err();
    assert_eq!(absent.kind(), ErrorKind::NotFound);
    std::fs::write(folder.path().join(TABLE), "a,b\n1,2\n").unwrap();
    let other = read(folder.path()).unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Format);
}

#[test]
fn picture_that_cannot_be_kept_does_not_cost_the_row() {
    let folder = tempfile::tempdir().unwrap();
    let model = prepared(12, &BLIND, &options(folder.path(), &[]));
    std::fs::remove_dir(folder.path().join("pictures")).unwrap();
    let spot = gray(&parts::defective(100));
    let (_, written) = model.compare(&view(&spot), None).unwrap().shadow.unwrap();
    assert!(written.unwrap_err().to_string().contains("pictures"));
    let rows = read(folder.path()).unwrap();
    assert_eq!(
        (rows.len(), rows[0].agrees(), &rows[0].picture),
        (1, false, &None)
    );
}

#[test]
fn unfinished_line_is_passed_over_and_cut_before_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join(TABLE);
    let part = gray(&parts::good(100));
    let compare = || {
        let model = prepared(8, &BLIND, &options(folder.path(), &[]));
        let (_, written) = model.compare(&view(&part), None).unwrap().shadow.unwrap();
        written.unwrap();
    };
    compare();
    let whole = std::fs::read(&table).unwrap();
    let cut = [&whole[..], b"2026-11-25T17:10:27.250Z,go"].concat();
    std::fs::write(&table, cut).unwrap();
    assert_eq!(read(folder.path()).unwrap().len(), 1);
    compare();
    assert_eq!(read(folder.path()).unwrap().len(), 2);
    // Not even the first line was finished.
    std::fs::write(&table, &whole[..10]).unwrap();
    compare();
    assert_eq!(read(folder.path()).unwrap().len(), 1);

    let foreign = "name,score\nleft,1";
    std::fs::write(&table, foreign).unwrap();
    let (byte, standard) = (GrayType::Byte, Learning::Standard);
    let error =
        Variation::new(parts::SIZE, byte, standard, &options(folder.path(), &[])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Format, "{error}");
    assert_eq!(std::fs::read_to_string(&table).unwrap(), foreign);
}
