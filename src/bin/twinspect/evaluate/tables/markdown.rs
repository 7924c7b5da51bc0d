//! `results.md`: every number, and the plots.

use std::fmt::Write;

use super::super::plots::Plot;
use super::super::record::Record;
use super::text::{
    AUPRO_30, Column, FALSE_ALARMS, IMAGE_AUROC, MEDIAN_MS, MISSES, NONE, PIXEL_AUROC, PUBLISHED,
    SPLIT, UNDECIDED, naming, share,
};
use super::{Report, Row, percent, rows};

/// The whole report.
pub fn markdown(report: &Report<'_>, plots: &[Plot]) -> String {
    let rows = rows(report);
    let mut page = format!(
        "# Evaluation of {}\n\ntwinspect {}, layout {}. Shares and areas in per cent.\n",
        escaped(&report.root.display().to_string()),
        env!("CARGO_PKG_VERSION"),
        report.layout.word()
    );
    if report.layout.is_split_by_seed() {
        let _ = writeln!(page, "\nOf each category {SPLIT}.");
    }
    section(&mut page, "Pictures", &rows, |columns| {
        columns.push(IMAGE_AUROC);
        if report.is_published() {
            columns.push(PUBLISHED);
        }
        columns.extend([
            number("average precision", |row| {
                share(row, |one| one.image.average_precision)
            }),
            number("best F1", |row| share(row, |one| one.image.f1)),
            number("from score", |row| {
                of_first(row, |one| one.image.f1_threshold)
            }),
        ]);
    });
    if report.is_published() {
        let _ = writeln!(page, "\n{}.", report.averages());
    }
    section(&mut page, "Pixels", &rows, |columns| {
        columns.extend([
            PIXEL_AUROC,
            number("average precision", |row| {
                share(row, |one| one.pixel?.average_precision)
            }),
            number("best F1", |row| share(row, |one| one.pixel?.f1)),
            number("from value", |row| {
                of_first(row, |one| one.pixel?.f1_threshold)
            }),
            AUPRO_30,
            number("AUPRO 5 %", |row| share(row, |one| one.pixel?.aupro_5)),
        ]);
    });
    section(
        &mut page,
        "Verdicts at the calibrated threshold",
        &rows,
        |columns| {
            columns.extend([
                number("threshold", |row| {
                    of_first(row, |one| one.calibrated.map(|found| found.threshold))
                }),
                FALSE_ALARMS,
                MISSES,
                UNDECIDED,
            ]);
        },
    );
    page.push_str("\nIn brackets the 95 % interval of the rate, by Clopper and Pearson.\n");
    section(&mut page, "Time and memory", &rows, |columns| {
        columns.extend([
            number("good parts fitted", |row| row.first().fitted.to_string()),
            number("fit, s", |row| mean(row, |one| one.cost.fit_s)),
            MEDIAN_MS,
            number("ms, 95 of 100", |row| mean(row, |one| one.cost.p95_ms)),
            number("model, MB", |row| {
                mean(row, |one| one.cost.model_bytes as f64 / 1e6)
            }),
            number("peak memory, MB", peak),
        ]);
    });
    page.push_str(
        "\nThe peak is that of the process up to then, so of the trials before as well.\n",
    );
    kinds(&mut page, report.records);
    warnings(&mut page, report.records);
    failed(&mut page, report);
    for Plot { file, title } in plots {
        let _ = write!(
            page,
            "\n## {}\n\n![{}]({file})\n",
            escaped(title),
            escaped(title)
        );
    }
    page
}

const fn number(title: &'static str, cell: fn(&Row<'_>) -> String) -> Column {
    Column {
        title,
        is_text: false,
        cell,
    }
}

fn section(page: &mut String, title: &str, rows: &[Row<'_>], add: impl FnOnce(&mut Vec<Column>)) {
    let mut columns = naming(rows);
    add(&mut columns);
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    let ends = columns
        .iter()
        .map(|column| if column.is_text { "---" } else { "---:" });
    let ends: Vec<&str> = ends.collect();
    let _ = write!(
        page,
        "\n## {title}\n\n| {} |\n| {} |\n",
        titles.join(" | "),
        ends.join(" | ")
    );
    for row in rows {
        let cells = columns.iter().map(|column| escaped(&(column.cell)(row)));
        let _ = writeln!(page, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

fn kinds(page: &mut String, records: &[Record]) {
    page.push_str(
        "\n## Kinds of defects\n\n| trial | kind | pictures | AUROC | AUPRO 30 % | AUPRO 5 % |\n\
         | --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    for record in records {
        for kind in &record.kinds {
            let share = |value: Option<f64>| value.map_or(NONE.to_owned(), percent);
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} |",
                escaped(&record.id),
                escaped(&kind.kind),
                kind.pictures,
                share(kind.auroc),
                share(kind.aupro_30),
                share(kind.aupro_5)
            );
        }
    }
}

fn warnings(page: &mut String, records: &[Record]) {
    if records.iter().all(|record| record.warnings.is_empty()) {
        return;
    }
    page.push_str("\n## Warnings\n\n");
    for record in records {
        for warning in &record.warnings {
            let _ = writeln!(page, "- {}: {}", escaped(&record.id), escaped(warning));
        }
    }
}

fn failed(page: &mut String, report: &Report<'_>) {
    if report.failed.is_empty() {
        return;
    }
    page.push_str("\n## Trials that failed\n\n");
    for failed in report.failed {
        let _ = writeln!(
            page,
            "- {}: {}",
            escaped(&failed.id),
            escaped(&failed.error)
        );
    }
}

/// Of a single trial; of several, none would be theirs.
fn of_first(row: &Row<'_>, value: fn(&Record) -> Option<f32>) -> String {
    let found = (row.records.len() == 1)
        .then(|| value(row.first()))
        .flatten();
    found.map_or(NONE.to_owned(), |value| format!("{value:.3}"))
}

fn mean(row: &Row<'_>, value: fn(&Record) -> f64) -> String {
    let found = row.spread(|record| Some(value(record)));
    found.map_or(NONE.to_owned(), |found| format!("{:.1}", found.mean))
}

fn peak(row: &Row<'_>) -> String {
    let peaks = row.records.iter().map(|one| one.cost.peak_memory_bytes);
    let peaks: Option<Vec<u64>> = peaks.collect();
    let peak = peaks.and_then(|peaks| peaks.into_iter().max());
    peak.map_or(NONE.to_owned(), |bytes| {
        format!("{:.0}", bytes as f64 / 1e6)
    })
}

/// A name from a disk, which may hold what Markdown or HTML would take for its own.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '|' | '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '&' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::super::Failed;
    use super::super::tests::{record, report};
    use super::*;

    #[test]
    fn every_row_of_a_table_has_its_columns_whatever_the_names() {
        let records = [record("a|b", "default"), record("nut", "default")];
        let failed = [Failed {
            id: "x".to_owned(),
            error: "two\nlines".to_owned(),
        }];
        let plots = [Plot {
            file: "plots/roc.svg".to_owned(),
            title: "ROC".to_owned(),
        }];
        let page = markdown(&report(&records, &failed), &plots);
        let mut bars = 0;
        for line in page.lines() {
            let count = line.replace("\\|", "").matches('|').count();
            if bars > 0 && count > 0 {
                assert_eq!(count, bars, "{line}");
            }
            bars = count;
        }
        assert!(page.contains("- x: two lines"), "{page}");
        assert!(page.contains("![ROC](plots/roc.svg)"), "{page}");
        assert!(page.contains("| nut | default | 3.000 | 0 of 1 (0.0-97.5) | 1 of 2"));
    }
}
