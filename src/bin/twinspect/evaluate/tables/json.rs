//! `results.json`; docs/evaluate.md explains its keys.

use serde_json::{Value, json};
use twinspect::{Error, ErrorKind, Result};

use super::super::published;
use super::super::record::FORMAT;
use super::{Report, Row, rows};

/// The file's bytes.
pub fn json(report: &Report<'_>) -> Result<Vec<u8>> {
    let mut averages = serde_json::Map::new();
    for (name, auroc) in published::AVERAGES {
        averages.insert(name.to_owned(), auroc.into());
    }
    let published = report.is_published().then(|| {
        json!({ "what": "image AUROC in per cent, mean of MVTec AD's fifteen categories", "averages": averages })
    });
    let failed = report.failed.iter();
    let failed = failed.map(|failed| json!({ "id": failed.id, "error": failed.error }));
    let page = json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "commit": env!("TWINSPECT_COMMIT"),
        "root": report.root.display().to_string(),
        "layout": report.layout.word(),
        "summary": rows(report).iter().map(summary).collect::<Vec<_>>(),
        "trials": report.records,
        "failed": failed.collect::<Vec<_>>(),
        "published": published,
    });
    let mut bytes = serde_json::to_vec_pretty(&page).map_err(|error| {
        let message = format!("the table cannot be written as JSON: {error}");
        Error::new(ErrorKind::Numeric, message)
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn summary(row: &Row<'_>) -> Value {
    let first = row.first();
    let spread = |found: Option<super::row::Spread>| {
        found.map(|found| json!({ "mean": found.mean, "low": found.low, "high": found.high }))
    };
    json!({
        "category": (!row.is_mean).then_some(&first.category),
        "recipe": first.recipe,
        "sweep": first.sweep,
        "shots": first.shots,
        "trials": row.records.iter().map(|record| record.id.as_str()).collect::<Vec<_>>(),
        "image_auroc": spread(row.spread(|one| one.image.auroc)),
        "pixel_auroc": spread(row.spread(|one| one.pixel?.auroc)),
        "aupro_30": spread(row.spread(|one| one.pixel?.aupro_30)),
        "aupro_5": spread(row.spread(|one| one.pixel?.aupro_5)),
        "false_alarms": row.counted(|one| one.calibrated.map(|found| found.false_alarms)),
        "misses": row.counted(|one| one.calibrated.map(|found| found.misses)),
        "published_paper_auroc": row.published.map(|auroc| auroc / 100.0),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::record::Record;
    use super::super::Failed;
    use super::super::tests::{record, report};
    use super::*;

    #[test]
    fn trials_are_whole_and_means_have_no_category() {
        let records = [record("bottle", "default"), record("screw", "default")];
        let failed = [Failed {
            id: "x".to_owned(),
            error: "why".to_owned(),
        }];
        let bytes = json(&report(&records, &failed)).unwrap();
        let page: Value = serde_json::from_slice(&bytes).unwrap();
        let trials: Vec<Record> = serde_json::from_value(page["trials"].clone()).unwrap();
        assert_eq!(trials, records);
        let summary = page["summary"].as_array().unwrap();
        assert_eq!(summary.len(), 3);
        assert_eq!(summary[2]["category"], Value::Null);
        assert_eq!(summary[2]["image_auroc"]["mean"], 1.0);
        assert_eq!(page["published"]["averages"]["PatchCore"], 99.1);
        assert_eq!(page["failed"][0]["error"], "why");
    }
}
