//! Scores of parts in the order in which they came: from what an inspection has printed, or from the pictures themselves.

use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use twinspect::model::{Inspector, Model};
use twinspect::progress::Progress;
use twinspect::verdict::{Health, Verdict};
use twinspect::{Error, ErrorKind, Result};

use crate::bar::Bar;
use crate::settings::Settings;
use crate::{ahead, pictures};

/// Good parts with their scores, and how many others there were.
#[derive(Default)]
pub struct Scored {
    /// Name and score of each good part with whose picture nothing is wrong.
    pub good: Vec<(String, f32)>,
    /// The threshold that they were found good by; none if nothing says so.
    pub threshold: Option<f32>,
    /// The others.
    pub counts: Counts,
}

/// How many pictures say nothing about good parts.
#[derive(Clone, Copy, Default)]
pub struct Counts {
    /// Their verdict is defect.
    pub defect: usize,
    /// Their verdict is undecided.
    pub undecided: usize,
    /// Something is wrong with the picture.
    pub unhealthy: usize,
    /// They were not inspected.
    pub errors: usize,
    /// They were called good by a higher threshold than the others.
    pub other: usize,
}

/// A line of `twinspect inspect --json`, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    path: String,
    error: Option<String>,
    score: Option<f32>,
    verdict: Option<Verdict>,
    threshold: Option<f32>,
    health: Option<LineHealth>,
}

#[derive(Deserialize)]
struct LineHealth {
    findings: Vec<String>,
}

impl Scored {
    /// Of files of printed inspections, `-` for standard input, and of pictures and folders of them, in this order.
    ///
    /// Errors: `Format` for a line that is none of an inspection, with its number; `Io`; those of the model, if there are
    /// pictures to inspect.
    pub fn read(inputs: &[PathBuf], model: &Path, settings: &Settings) -> Result<Self> {
        let mut scored = Self::default();
        let mut inspecting = None;
        for input in inputs {
            if input.as_os_str() == "-" {
                scored.add_lines(stdin().lock(), Path::new("standard input"))?;
            } else if input.is_file() && is_json(input)? {
                scored.add_lines(opened(input)?, input)?;
            } else {
                let inspecting = match &mut inspecting {
                    Some(inspecting) => inspecting,
                    none => none.insert(Inspecting::new(model, settings)?),
                };
                scored.add_pictures(inspecting, input)?;
            }
        }
        Ok(scored)
    }

    fn add_lines(&mut self, lines: impl BufRead, path: &Path) -> Result<()> {
        for (number, line) in (1..).zip(lines.lines()) {
            let line = line.map_err(|error| Error::io(&error, "read", path))?;
            if line.trim().is_empty() {
                continue;
            }
            let wrong = |what: String| {
                let message =
                    format!("line {number} is none of `twinspect inspect --json`: {what}");
                Error::new(ErrorKind::Format, message).at(path)
            };
            let line: Line =
                serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
            if line.error.is_some() {
                self.counts.errors += 1;
                continue;
            }
            let (Some(score), Some(verdict)) = (line.score, line.verdict) else {
                return Err(wrong("it has no score and verdict".to_owned()));
            };
            let is_fine = line.health.is_none_or(|health| health.findings.is_empty());
            self.add(line.path, score, (verdict, is_fine), line.threshold);
        }
        Ok(())
    }

    fn add_pictures(&mut self, inspecting: &mut Inspecting, input: &Path) -> Result<()> {
        let paths = pictures::expand(&[input.to_owned()])?;
        let (bar, total) = (&mut inspecting.bar, paths.len() as u64);
        let mut done = 0;
        let decoded = ahead::decoded(&paths, inspecting.max_pixels);
        inspecting.inspector.inspect_each(decoded, |path, found| {
            match found.map_err(|error| error.at(path)) {
                Ok((_, found)) => {
                    let is_fine = found.health.as_ref().is_none_or(Health::is_fine);
                    let name = path.display().to_string();
                    let of = (found.verdict, is_fine);
                    self.add(name, found.score, of, found.thresholds.image);
                }
                Err(error) if pictures::is_of_the_picture(&error, path) => {
                    self.counts.errors += 1;
                    bar.line(&format!("twinspect: {error}"));
                }
                Err(error) => return Err(error),
            }
            done += 1;
            bar.step("inspecting", done, total);
            Ok(())
        })
    }

    fn add(
        &mut self,
        name: String,
        score: f32,
        (verdict, is_fine): (Verdict, bool),
        threshold: Option<f32>,
    ) {
        match verdict {
            _ if !is_fine => self.counts.unhealthy += 1,
            Verdict::Good => {
                self.threshold = self.threshold.or(threshold);
                self.good.push((name, score));
            }
            Verdict::Defect => self.counts.defect += 1,
            Verdict::Undecided => self.counts.undecided += 1,
        }
    }
}

/// What pictures are inspected with.
struct Inspecting {
    inspector: Inspector,
    max_pixels: u64,
    bar: Bar,
}

impl Inspecting {
    fn new(model: &Path, settings: &Settings) -> Result<Self> {
        let options = settings.options(true)?;
        let model = Arc::new(Model::load(model, &options)?);
        Ok(Self {
            inspector: Inspector::new(model, &options)?,
            max_pixels: options.int("image.max_pixels")? as u64,
            bar: Bar::new(),
        })
    }
}

fn opened(path: &Path) -> Result<BufReader<File>> {
    let file = File::open(path).map_err(|error| Error::io(&error, "open", path))?;
    Ok(BufReader::new(file))
}

/// Whether a file begins as an object does; no picture file does.
fn is_json(path: &Path) -> Result<bool> {
    let mut file = opened(path)?;
    let begin = file
        .fill_buf()
        .map_err(|error| Error::io(&error, "read", path))?;
    let first = begin.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(first == Some(&b'{'))
}
