//! The trials one after the other, and the report of them.

use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};
use twinspect::Result;

use super::fingerprint::fingerprint;
use super::layout::{Category, Found};
use super::plan::{Variant, draws, id, variants};
use super::record::Record;
use super::shots::Shots;
use super::store::Store;
use super::tables::{self, Failed, Report};
use super::trial::Trial;
use super::{Args, plots};
use crate::bar::Bar;
use crate::{ERROR, output};

/// Runs what is not finished, and writes the report.
pub fn run(args: &Args) -> Result<ExitCode> {
    let variants = variants(args)?;
    let found = Found::in_folder(&args.root)?.only(&args.categories)?;
    for folder in &found.skipped {
        eprintln!("twinspect: skipped, not a category: {}", folder.display());
    }
    let is_split_by_seed = found.layout.is_split_by_seed();
    if is_split_by_seed {
        eprintln!("twinspect: {}", tables::SPLIT);
    }
    let draws = draws(&args.shots, args.seeds, is_split_by_seed);
    let categories = found.read(0)?;
    let store = Store::open(&args.output)?;

    let mut evaluation = Evaluation {
        args,
        store: &store,
        bar: Bar::new(),
        total: categories.len() * draws.len() * variants.len(),
        records: Vec::new(),
        failed: Vec::new(),
        resumed: 0,
    };
    for place in 0..categories.len() {
        for draw in &draws {
            let of_seed;
            let category = if is_split_by_seed && draw.0 > 0 {
                of_seed = found.read(draw.0)?;
                &of_seed[place]
            } else {
                &categories[place]
            };
            for variant in &variants {
                evaluation.one(category, variant, *draw)?;
            }
        }
    }
    let Evaluation {
        records,
        failed,
        resumed,
        bar,
        total,
        ..
    } = evaluation;
    drop(bar);
    if resumed > 0 {
        eprintln!("twinspect: {resumed} of {total} trials were finished before");
    }
    let report = Report {
        root: &args.root,
        layout: found.layout,
        records: &records,
        failed: &failed,
    };
    let plots = plots::draw(&records, &store)?;
    tables::write(&report, &plots, &store)?;
    if !args.json && !records.is_empty() {
        output::line(tables::text(&report));
        output::line(format_args!(
            "the whole report: {}",
            args.output.join("index.html").display()
        ));
    }
    if !failed.is_empty() {
        eprintln!(
            "twinspect: {} of {total} trials failed, named above",
            failed.len()
        );
    }
    Ok(if failed.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(ERROR)
    })
}

struct Evaluation<'a> {
    args: &'a Args,
    store: &'a Store,
    bar: Bar,
    total: usize,
    records: Vec<Record>,
    failed: Vec<Failed>,
    resumed: usize,
}

impl Evaluation<'_> {
    /// Runs a trial or takes it as it was finished before. Errors: `Io` if it cannot be kept; its own are noted.
    fn one(&mut self, category: &Category, variant: &Variant, draw: (u64, Shots)) -> Result<()> {
        let id = id(&category.name, variant, draw);
        let started = Instant::now();
        match self.trial(id.clone(), category, variant, draw) {
            Ok((record, is_resumed)) => {
                self.resumed += usize::from(is_resumed);
                if !is_resumed {
                    self.store.save(&record)?;
                }
                self.records.push(record);
                self.say(is_resumed, started.elapsed().as_secs_f64());
            }
            Err(error) => {
                let error = error.to_string();
                if self.args.json {
                    self.bar
                        .result(&json!({ "id": id, "error": error }).to_string());
                }
                self.bar.line(&format!("twinspect: failed: {id}: {error}"));
                self.failed.push(Failed { id, error });
            }
        }
        Ok(())
    }

    fn trial(
        &mut self,
        id: String,
        category: &Category,
        variant: &Variant,
        draw: (u64, Shots),
    ) -> Result<(Record, bool)> {
        let root = &self.args.root;
        let fitted = draw.1.choose(&category.normal, draw.0)?;
        let fingerprint = fingerprint(root, &variant.options, &fitted, category)?;
        if let Some(record) = self.store.finished(&id, &fingerprint) {
            return Ok((record, true));
        }
        let trial = Trial {
            id,
            fingerprint,
            root,
            category,
            variant,
            draw,
            fitted,
        };
        Ok((trial.run(&mut self.bar)?, false))
    }

    /// Says what the last trial found.
    fn say(&self, is_resumed: bool, seconds: f64) {
        let Some(record) = self.records.last() else {
            return;
        };
        if self.args.json {
            self.bar.result(&as_json(record, is_resumed).to_string());
        }
        let auroc = record
            .image
            .auroc
            .map_or("none".to_owned(), |auroc| format!("{:.1} %", auroc * 100.0));
        let time = if is_resumed {
            "finished before".to_owned()
        } else {
            format!("{seconds:.0} s")
        };
        self.bar.line(&format!(
            "twinspect: {} of {}: {}: image AUROC {auroc}; {time}",
            self.records.len() + self.failed.len(),
            self.total,
            record.id
        ));
        for warning in &record.warnings {
            self.bar
                .line(&format!("twinspect: warning: {}: {warning}", record.id));
        }
    }
}

/// The record without its longest lists, which its file has.
fn as_json(record: &Record, is_resumed: bool) -> Value {
    let mut line = json!(record);
    if let Some(line) = line.as_object_mut() {
        line.remove("pictures");
        line.remove("pro_curve");
        line.insert("resumed".to_owned(), is_resumed.into());
    }
    line
}
