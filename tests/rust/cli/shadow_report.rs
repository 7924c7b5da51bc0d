//! `twinspect shadow-report` on the folder that a variation model wrote.

use twinspect::image::{ImageView, PixelFormat};
use twinspect::legacy::{GrayType, Learning, Tolerance, Variation};

use super::*;

fn view(pixels: &[u8]) -> ImageView<'_> {
    ImageView::packed(PixelFormat::Gray8, SIZE.0, SIZE.1, pixels).unwrap()
}

/// Inspects good parts and two with a spot, with gray thresholds that let all pass.
fn shadow(bench: &Bench) -> PathBuf {
    let folder = bench.path("shadow");
    let mut options = crate::parts::options(&[("variation.engine", "both")]);
    options
        .set_text("shadow.folder", folder.to_str().unwrap())
        .unwrap();
    let gray = |picture: &RgbImage| image::imageops::grayscale(picture).into_raw();
    let mut model = Variation::new(SIZE, GrayType::Byte, Learning::Standard, &options).unwrap();
    let pictures: Vec<Vec<u8>> = (0..12).map(|seed| gray(&good(seed))).collect();
    let views: Vec<ImageView<'_>> = pictures.iter().map(|pixels| view(pixels)).collect();
    model.train(&views).unwrap();
    let blind = Tolerance {
        absolute: [255.0; 2],
        relative: [3.0; 2],
    };
    model.prepare(&blind).unwrap();
    let seen = (100..112).map(good).chain([defective(1), defective(2)]);
    for picture in seen {
        let pixels = gray(&picture);
        model.compare(&view(&pixels), None).unwrap();
    }
    folder
}

#[test]
fn disagreements_are_counted_shown_and_a_threshold_suggested() {
    let bench = Bench::new();
    let folder = shadow(&bench);
    let said = bench.run(&["shadow-report", "shadow"]);
    assert_eq!(said.status, Some(0), "{}", said.error);
    assert!(said.out.contains("14 pictures"), "{}", said.out);
    assert!(
        said.out
            .contains("both say the same of 12 (86 %); 2 of the others"),
        "{}",
        said.out
    );
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert_eq!(page.matches("<figure>").count(), 2);
    let source = page
        .split("<img src=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(folder.join(source).is_file(), "{source}");

    let json = bench.run(&[
        "shadow-report",
        "shadow",
        "--json",
        "--rate",
        "0.1",
        "-o",
        "elsewhere.html",
    ]);
    let found: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(found["pixels_good"]["features defect"], 2);
    assert_eq!(
        (&found["pictures"], &found["kept"]),
        (&14.into(), &2.into())
    );
    assert_eq!(found["suggested"]["set_aside"], 2);
    let suggested = found["suggested"]["abs_threshold"].as_f64().unwrap();
    let rises: Vec<f64> = twinspect::legacy::shadow::read(&folder)
        .unwrap()
        .iter()
        .map(|row| f64::from(row.features_rise.unwrap()))
        .collect();
    let highest = |rises: &[f64]| rises.iter().copied().fold(0.0, f64::max);
    assert!(suggested < rises[12].min(rises[13]) && suggested > 0.5 * highest(&rises[..12]));
    assert!(bench.path("elsewhere.html").is_file());
}

#[test]
fn folder_without_a_table_or_with_another_is_an_error() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("shadow")).unwrap();
    let absent = bench.run(&["shadow-report", "shadow"]);
    assert_eq!(absent.status, Some(2));
    assert!(absent.error.contains("shadow.csv"), "{}", absent.error);
    std::fs::write(
        bench.path("shadow/shadow.csv"),
        "time,pixels_verdict\nnow,maybe\n",
    )
    .unwrap();
    let other = bench.run(&["shadow-report", "shadow"]);
    assert!(
        other.error.contains("not a shadow's table"),
        "{}",
        other.error
    );
    let rate = bench.run(&["shadow-report", "shadow", "--rate", "2"]);
    assert!(rate.error.contains("0.000001 to 0.5"), "{}", rate.error);
}
