//! One trial: fit the good parts, inspect the others, compare with the truth.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ndarray::ArrayView2;
use twinspect::Result;
use twinspect::image::{Picture, decode_file};
use twinspect::metrics::{PixelCounts, Ranking};
use twinspect::model::{Fitter, Inspector, Model};
use twinspect::progress::{Progress, report};

use super::cost::cost;
use super::layout::{Category, TestPicture};
use super::notes::{Masks, notes};
use super::plan::Variant;
use super::record::{Calibrated, FORMAT, KindMetrics, Record, Scored, thinned};
use super::shots::Shots;
use super::truth;

/// Where a curve of overlap ends in the record.
const PRO_LIMIT: f64 = 0.3;

/// What is tried, and on what.
pub struct Trial<'a> {
    pub id: String,
    pub fingerprint: String,
    pub root: &'a Path,
    pub category: &'a Category,
    pub variant: &'a Variant,
    pub draw: (u64, Shots),
    /// The good parts that are fitted.
    pub fitted: Vec<PathBuf>,
}

impl Trial<'_> {
    /// Fits and inspects, one picture in memory at a time.
    ///
    /// Errors: those of fitting and inspecting; any picture that cannot be read, since numbers of fewer pictures are others.
    pub fn run(&self, progress: &mut dyn Progress) -> Result<Record> {
        let started = Instant::now();
        let model = Arc::new(self.fit(progress)?);
        let fit = started.elapsed();
        let mut inspector = Inspector::new(Arc::clone(&model), &self.variant.options)?;
        let mut pixels = Pixels::where_all_have_masks(&self.category.tests);
        let (mut pictures, mut times) = (Vec::new(), Vec::new());
        let tests = &self.category.tests;
        for (number, test) in tests.iter().enumerate() {
            let stage = format!("inspecting {}", self.category.name);
            report(progress, &stage, number as u64, tests.len() as u64)?;
            let (scored, time) = self.inspect(&mut inspector, test, &mut pixels)?;
            pictures.push(scored);
            times.push(time);
        }
        let scores: Vec<f32> = pictures.iter().map(|one| one.score).collect();
        let truths: Vec<bool> = pictures.iter().map(|one| one.is_defective).collect();
        let defective = truths.iter().filter(|truth| **truth).count();
        let all = pixels.as_ref().map(Pixels::all);
        let masks = pixels.as_ref().map(|pixels| pixels.masks);
        let notes = notes(tests, masks.unwrap_or_default());
        let threshold = model.thresholds().image;
        Ok(Record {
            format: FORMAT,
            id: self.id.clone(),
            fingerprint: self.fingerprint.clone(),
            category: self.category.name.clone(),
            recipe: self.variant.recipe.clone(),
            sweep: self.variant.sweep.clone(),
            shots: self.draw.1.count(),
            seed: self.draw.0,
            fitted: self.fitted.len(),
            good: pictures.len() - defective,
            defective,
            image: (&Ranking::new(&scores, &truths)?).into(),
            pixel: all.as_ref().map(Into::into),
            kinds: kinds(&pictures, pixels.as_ref())?,
            calibrated: threshold.map(|threshold| Calibrated::of(threshold, &pictures)),
            cost: cost(&model, fit, &times)?,
            warnings: [notes, model.warnings()].concat(),
            pro_curve: all
                .map(|all| thinned(&all.pro_curve(), PRO_LIMIT))
                .unwrap_or_default(),
            settings: settings(&model)?,
            pictures,
        })
    }

    fn fit(&self, progress: &mut dyn Progress) -> Result<Model> {
        let mut fitter = Fitter::new(&self.variant.options)?;
        let stage = format!("learning {}", self.category.name);
        for (number, path) in self.fitted.iter().enumerate() {
            report(progress, &stage, number as u64, self.fitted.len() as u64)?;
            let name = path.file_name().unwrap_or(path.as_os_str());
            fitter
                .add(&self.decode(path)?.view(), None, &name.to_string_lossy())
                .map_err(|error| error.at(path))?;
        }
        fitter.fit(progress)
    }

    fn inspect(
        &self,
        inspector: &mut Inspector,
        test: &TestPicture,
        pixels: &mut Option<Pixels>,
    ) -> Result<(Scored, Duration)> {
        let picture = self.decode(&test.path)?;
        let size = (picture.width(), picture.height());
        let mask = test.mask.as_ref().filter(|_| pixels.is_some());
        let truth = mask
            .map(|mask| truth::read(mask, &test.path, size, self.max_pixels()?))
            .transpose()?;
        let started = Instant::now();
        let inspection = inspector
            .inspect(&picture.view(), None)
            .map_err(|error| error.at(&test.path))?;
        let time = started.elapsed();
        if let Some(pixels) = pixels {
            let truth = truth.as_ref().map(|truth| truth.view());
            pixels
                .push(&test.kind, inspection.map.view(), truth)
                .map_err(|error| error.at(&test.path))?;
        }
        let path = test.path.strip_prefix(self.root).unwrap_or(&test.path);
        let scored = Scored {
            path: path.display().to_string(),
            kind: test.kind.clone(),
            is_defective: test.is_defective,
            score: inspection.score,
            verdict: inspection.verdict,
        };
        Ok((scored, time))
    }

    fn decode(&self, path: &Path) -> Result<Picture> {
        decode_file(path, self.max_pixels()?)
    }

    fn max_pixels(&self) -> Result<u64> {
        Ok(self.variant.options.int("image.max_pixels")? as u64)
    }
}

/// Counts of pixels: of good pictures, and of each kind of defect.
struct Pixels {
    good: PixelCounts,
    kinds: BTreeMap<String, PixelCounts>,
    masks: Masks,
}

impl Pixels {
    /// None if a defective picture has no mask, or there is none.
    fn where_all_have_masks(tests: &[TestPicture]) -> Option<Self> {
        let mut defective = tests.iter().filter(|test| test.is_defective).peekable();
        let is_known = defective.peek().is_some() && defective.all(|test| test.mask.is_some());
        is_known.then(|| Self {
            good: PixelCounts::default(),
            kinds: BTreeMap::new(),
            masks: Masks::default(),
        })
    }

    fn push(
        &mut self,
        kind: &str,
        map: ArrayView2<'_, f32>,
        truth: Option<ArrayView2<'_, bool>>,
    ) -> Result<()> {
        match truth {
            None => self.good.push(map, None),
            Some(marked) => {
                self.masks.push(marked);
                let kind = self.kinds.entry(kind.to_owned());
                kind.or_default().push(map, truth)
            }
        }
    }

    /// One kind of defect and all good pictures.
    fn of_kind(&self, kind: &str) -> Option<PixelCounts> {
        let mut counts = self.good.clone();
        counts.merge(self.kinds.get(kind)?);
        Some(counts)
    }

    fn all(&self) -> PixelCounts {
        let mut counts = self.good.clone();
        for kind in self.kinds.values() {
            counts.merge(kind);
        }
        counts
    }
}

fn kinds(pictures: &[Scored], pixels: Option<&Pixels>) -> Result<Vec<KindMetrics>> {
    let mut kinds: Vec<&str> = pictures
        .iter()
        .filter(|one| one.is_defective)
        .map(|one| one.kind.as_str())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let of_kind = |kind: &str| {
        let those = || {
            let is_of_it = |one: &&Scored| !one.is_defective || one.kind == kind;
            pictures.iter().filter(is_of_it)
        };
        let scores: Vec<f32> = those().map(|one| one.score).collect();
        let truths: Vec<bool> = those().map(|one| one.is_defective).collect();
        let counts = pixels.and_then(|pixels| pixels.of_kind(kind));
        Ok(KindMetrics {
            kind: kind.to_owned(),
            pictures: truths.iter().filter(|truth| **truth).count(),
            auroc: Ranking::new(&scores, &truths)?.auroc(),
            aupro_30: counts.as_ref().and_then(|counts| counts.pro(0.3)),
            aupro_5: counts.as_ref().and_then(|counts| counts.pro(0.05)),
        })
    };
    kinds.into_iter().map(of_kind).collect()
}

fn settings(model: &Model) -> Result<BTreeMap<String, String>> {
    let recipe = model.options().recipe()?.into_iter();
    Ok(recipe.map(|(key, value)| (key.to_owned(), value)).collect())
}
