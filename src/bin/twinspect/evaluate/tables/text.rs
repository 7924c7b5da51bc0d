//! The table on the terminal, and the cells that it shares with Markdown.

use super::super::record::{Calibrated, Counted, Record};
use super::{Report, Row, percent, rows};

/// For what there is not.
pub const NONE: &str = "-";

/// Said of two folders.
pub const SPLIT: &str =
    "half of the good parts, drawn by the seed, is fitted; the other half is tested";

/// A title and what stands below it.
pub struct Column {
    pub title: &'static str,
    pub is_text: bool,
    pub cell: fn(&Row<'_>) -> String,
}

const fn text_column(title: &'static str, cell: fn(&Row<'_>) -> String) -> Column {
    Column {
        title,
        is_text: true,
        cell,
    }
}

const fn number(title: &'static str, cell: fn(&Row<'_>) -> String) -> Column {
    Column {
        title,
        is_text: false,
        cell,
    }
}

/// Columns that say what a row is of; those in which all rows are alike are left out.
pub fn naming(rows: &[Row<'_>]) -> Vec<Column> {
    let vary = |value: fn(&Record) -> Option<String>| {
        let values = || rows.iter().map(|row| value(row.first()));
        values().zip(values().skip(1)).any(|(a, b)| a != b)
    };
    let mut columns = vec![text_column("category", |row| row.name.clone())];
    columns.push(text_column("recipe", |row| row.first().recipe.clone()));
    if rows.iter().any(|row| row.first().sweep.is_some()) {
        columns.push(text_column("option", |row| {
            let sweep = &row.first().sweep;
            sweep.as_ref().map_or(NONE.to_owned(), ToString::to_string)
        }));
    }
    if vary(|record| Some(record.shots_text()))
        || rows.iter().any(|row| row.first().shots.is_some())
    {
        columns.push(number("shots", |row| row.first().shots_text()));
    }
    if rows.iter().any(|row| row.seeds().len() > 1) {
        columns.push(number("seeds", |row| row.seeds().len().to_string()));
    }
    columns
}

/// Image AUROC, which every table begins with.
pub const IMAGE_AUROC: Column = number("AUROC", |row| share(row, |one| one.image.auroc));
/// What the paper gives.
pub const PUBLISHED: Column = number("paper (published)", |row| {
    row.published
        .map_or(NONE.to_owned(), |auroc| format!("{auroc:.1}"))
});
/// Pixel AUROC.
pub const PIXEL_AUROC: Column = number("pixel AUROC", |row| share(row, |one| one.pixel?.auroc));
/// AUPRO up to 30 %.
pub const AUPRO_30: Column = number("AUPRO 30 %", |row| share(row, |one| one.pixel?.aupro_30));
/// Good ones called defective.
pub const FALSE_ALARMS: Column = number("false alarms", |row| {
    counted(row, |found| found.false_alarms)
});
/// Defective ones called good.
pub const MISSES: Column = number("misses", |row| counted(row, |found| found.misses));
/// Of good and of defective ones.
pub const UNDECIDED: Column = number("undecided", |row| {
    let both = |record: &&Record| {
        record
            .calibrated
            .map(|found| found.undecided_good + found.undecided_defective)
    };
    let counts: Option<Vec<u64>> = row.records.iter().map(both).collect();
    counts.map_or(NONE.to_owned(), |counts| {
        counts.iter().sum::<u64>().to_string()
    })
});
/// Milliseconds a picture.
pub const MEDIAN_MS: Column = number("ms", |row| {
    let spread = row.spread(|one| Some(one.cost.median_ms));
    spread.map_or(NONE.to_owned(), |found| format!("{:.0}", found.mean))
});

/// A mean in per cent, with the lowest and the highest of several seeds.
pub fn share(row: &Row<'_>, value: fn(&Record) -> Option<f64>) -> String {
    let Some(found) = row.spread(value) else {
        return NONE.to_owned();
    };
    if row.seeds().len() > 1 {
        let (low, high) = (percent(found.low), percent(found.high));
        format!("{} ({low}-{high})", percent(found.mean))
    } else {
        percent(found.mean)
    }
}

/// A count of pictures, with the interval of its rate in per cent.
fn counted(row: &Row<'_>, value: fn(&Calibrated) -> Counted) -> String {
    let Some(found) = row.counted(|one| one.calibrated.as_ref().map(value)) else {
        return NONE.to_owned();
    };
    let Counted {
        count,
        of,
        low,
        high,
    } = found;
    match low.zip(high) {
        Some((low, high)) => format!("{count} of {of} ({}-{})", percent(low), percent(high)),
        None => format!("{count} of {of}"),
    }
}

/// The table for the terminal.
pub fn text(report: &Report<'_>) -> String {
    let rows = rows(report);
    let mut columns = naming(&rows);
    columns.push(IMAGE_AUROC);
    if report.is_published() {
        columns.push(PUBLISHED);
    }
    columns.extend([
        PIXEL_AUROC,
        AUPRO_30,
        FALSE_ALARMS,
        MISSES,
        UNDECIDED,
        MEDIAN_MS,
    ]);
    let mut text = aligned(&columns, &rows);
    text.push_str("\nper cent; false alarms and misses at the calibrated threshold, with the 95 % interval of their rate");
    if report.layout.is_split_by_seed() {
        text.push('\n');
        text.push_str(SPLIT);
    }
    if report.is_published() {
        text.push('\n');
        text.push_str(&report.averages());
    }
    text
}

fn aligned(columns: &[Column], rows: &[Row<'_>]) -> String {
    let mut lines = vec![
        columns
            .iter()
            .map(|column| column.title.to_owned())
            .collect(),
    ];
    let cells = |row| columns.iter().map(|column| (column.cell)(row)).collect();
    lines.extend(rows.iter().map(cells));
    let width = |place: usize| {
        let cells = lines
            .iter()
            .map(|line: &Vec<String>| line[place].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().zip(columns).zip(&widths);
        let padded = padded.map(|((cell, column), width)| {
            if column.is_text {
                format!("{cell:width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{record, report};
    use super::*;

    #[test]
    fn table_is_aligned_and_marks_what_was_published() {
        let records = [record("bottle", "default"), record("screw", "paper")];
        let text = text(&report(&records, &[]));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("category  recipe   AUROC  paper (published)"));
        assert!(lines[1].starts_with("bottle    default  100.0               99.8"));
        assert!(lines[2].starts_with("screw     paper    100.0               93.9"));
        assert!(lines[1].contains("1 of 2 (1.3-98.7)"), "{text}");
        assert!(text.contains("PatchCore 99.1"), "{text}");
        let end = lines[0].len();
        assert!(lines[1..3].iter().all(|line| line.len() == end), "{text}");
    }

    #[test]
    fn what_was_not_measured_is_a_dash_and_no_zero() {
        let mut one = record("part", "default");
        (one.calibrated, one.pixel, one.image.auroc) = (None, None, None);
        let text = text(&report(&[one], &[]));
        let cells: Vec<&str> = text.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(
            cells,
            ["part", "default", "-", "-", "-", "-", "-", "-", "20"]
        );
        assert!(!text.contains("published"), "{text}");
    }
}
