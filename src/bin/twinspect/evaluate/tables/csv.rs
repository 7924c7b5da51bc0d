//! `results.csv`: a line for each trial; shares from 0 to 1, empty for what there is not.

use csv::Writer;
use twinspect::{Error, ErrorKind, Result};

use super::super::record::{Calibrated, Counted, Record};
use super::Report;

type Field = (&'static str, fn(&Record) -> Option<String>);

const FIELDS: &[Field] = &[
    ("category", |one| Some(one.category.clone())),
    ("recipe", |one| Some(one.recipe.clone())),
    ("sweep_key", |one| Some(one.sweep.as_ref()?.key.clone())),
    ("sweep_value", |one| Some(one.sweep.as_ref()?.value.clone())),
    ("shots", |one| Some(one.shots_text())),
    ("seed", |one| text(Some(one.seed))),
    ("fitted", |one| text(Some(one.fitted))),
    ("good", |one| text(Some(one.good))),
    ("defective", |one| text(Some(one.defective))),
    ("image_auroc", |one| text(one.image.auroc)),
    ("image_average_precision", |one| {
        text(one.image.average_precision)
    }),
    ("image_f1", |one| text(one.image.f1)),
    ("image_f1_threshold", |one| text(one.image.f1_threshold)),
    ("pixel_auroc", |one| text(one.pixel?.auroc)),
    ("pixel_average_precision", |one| {
        text(one.pixel?.average_precision)
    }),
    ("pixel_f1", |one| text(one.pixel?.f1)),
    ("pixel_f1_threshold", |one| text(one.pixel?.f1_threshold)),
    ("aupro_30", |one| text(one.pixel?.aupro_30)),
    ("aupro_5", |one| text(one.pixel?.aupro_5)),
    ("threshold", |one| text(Some(one.calibrated?.threshold))),
    ("false_alarms", |one| {
        text(alarms(one).map(|found| found.count))
    }),
    ("false_alarms_low", |one| text(alarms(one)?.low)),
    ("false_alarms_high", |one| text(alarms(one)?.high)),
    ("misses", |one| text(misses(one).map(|found| found.count))),
    ("misses_low", |one| text(misses(one)?.low)),
    ("misses_high", |one| text(misses(one)?.high)),
    ("undecided_good", |one| {
        text(Some(one.calibrated?.undecided_good))
    }),
    ("undecided_defective", |one| {
        text(Some(one.calibrated?.undecided_defective))
    }),
    ("fit_s", |one| text(Some(one.cost.fit_s))),
    ("median_ms", |one| text(Some(one.cost.median_ms))),
    ("p95_ms", |one| text(Some(one.cost.p95_ms))),
    ("model_bytes", |one| text(Some(one.cost.model_bytes))),
    ("peak_memory_bytes", |one| text(one.cost.peak_memory_bytes)),
    ("id", |one| Some(one.id.clone())),
];

/// The file's bytes.
pub fn csv(report: &Report<'_>) -> Result<Vec<u8>> {
    written(report).map_err(|message| {
        Error::new(
            ErrorKind::Io,
            format!("the table cannot be written as CSV: {message}"),
        )
    })
}

fn written(report: &Report<'_>) -> std::result::Result<Vec<u8>, String> {
    let mut writer = Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| error.to_string();
    let mut titles: Vec<&str> = FIELDS.iter().map(|(title, _)| *title).collect();
    titles.push("published_paper_auroc");
    writer.write_record(titles).map_err(failed)?;
    for record in report.records {
        let values = FIELDS
            .iter()
            .map(|(_, value)| value(record).unwrap_or_default());
        let mut values: Vec<String> = values.collect();
        let published = report.published(&record.category);
        values.push(text(published.map(|auroc| auroc / 100.0)).unwrap_or_default());
        writer.write_record(values).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| error.to_string())
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn alarms(record: &Record) -> Option<Counted> {
    record
        .calibrated
        .as_ref()
        .map(|found: &Calibrated| found.false_alarms)
}

fn misses(record: &Record) -> Option<Counted> {
    record
        .calibrated
        .as_ref()
        .map(|found: &Calibrated| found.misses)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{record, report};
    use super::*;

    #[test]
    fn table_is_read_back_with_commas_in_names_and_nothing_where_there_is_nothing() {
        let mut records = [record("a,\"b\"", "default"), record("bottle", "paper")];
        records[0].pixel = None;
        let bytes = csv(&report(&records, &[])).unwrap();
        let mut reader = csv::Reader::from_reader(&bytes[..]);
        let titles = reader.headers().unwrap().clone();
        let lines: Vec<csv::StringRecord> = reader.records().map(|line| line.unwrap()).collect();
        let cell = |line: usize, title: &str| {
            let place = titles.iter().position(|one| one == title).unwrap();
            lines[line].get(place).unwrap().to_owned()
        };
        assert_eq!(cell(0, "category"), "a,\"b\"");
        assert_eq!(
            (cell(0, "pixel_auroc"), cell(1, "pixel_auroc")),
            ("".into(), "0.9".into())
        );
        assert_eq!(cell(1, "published_paper_auroc"), "0.998");
        assert_eq!(
            (cell(1, "misses"), cell(1, "shots")),
            ("1".into(), "full".into())
        );
    }
}
