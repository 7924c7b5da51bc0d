//! The page: counts, advice, and the pictures that the engines disagree about; without scripts, and nothing from elsewhere.

use std::fmt::Write;
use std::path::Path;

use twinspect::legacy::shadow::Row;
use twinspect::verdict::Verdict;

use super::Report;
use super::tally::{COLUMNS, ROWS};
use crate::markup::escaped;

/// More would be no page to look at.
const MOST_PICTURES: usize = 500;

const STYLE: &str = "body{font-family:sans-serif;margin:2em;color:#202328}td,th{padding:.3em 1em;text-align:right}\
    figure{display:inline-block;margin:0 1em 1em 0;vertical-align:top}img{max-width:320px;max-height:320px;display:block}\
    figcaption{font-size:.85em;max-width:320px}";

/// The page that will lie at `path`, over the pictures of `folder`.
pub fn page(report: &Report, folder: &Path, path: &Path) -> String {
    let title = escaped(&format!("Shadow of {}", folder.display()));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         <h1>{title}</h1>\n<table>\n<tr><th></th>"
    );
    for name in COLUMNS {
        let _ = write!(page, "<th>{name}</th>");
    }
    page.push_str("</tr>\n");
    for (name, counts) in ROWS.iter().zip(report.tally.counts) {
        let cells = counts.map(|count| format!("<td>{count}</td>")).concat();
        let _ = writeln!(page, "<tr><th>{name}</th>{cells}</tr>");
    }
    page.push_str("</table>\n");
    for line in report.advice() {
        let _ = writeln!(page, "<p>{}</p>", escaped(&line));
    }
    let root = relative(folder, path);
    for (title, verdict) in [
        ("The pixels say good", Verdict::Good),
        ("The pixels say defect", Verdict::Defect),
    ] {
        let mut rows: Vec<&Row> = report
            .kept()
            .filter(|row| row.pixels_verdict == verdict)
            .collect();
        rows.sort_by(|a, b| {
            b.features_rise
                .unwrap_or(0.0)
                .total_cmp(&a.features_rise.unwrap_or(0.0))
        });
        let shown = rows.len().min(MOST_PICTURES);
        let _ = writeln!(
            page,
            "<h2>{title}, the features do not: {shown} of {} pictures</h2>",
            rows.len()
        );
        rows.iter()
            .take(shown)
            .for_each(|row| figure(&mut page, row, &root));
    }
    page.push_str("</html>\n");
    page
}

/// From the page to the folder, as a link needs it.
fn relative(folder: &Path, page: &Path) -> String {
    if page.parent() == Some(folder) {
        // A path, whatever the table says that a picture is called.
        return "./".to_owned();
    }
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    format!("{}/", folder.display())
}

fn figure(page: &mut String, row: &Row, root: &str) {
    let Some(picture) = &row.picture else { return };
    let source = escaped(&format!("{root}{}", picture.display()));
    let features = match (row.features_verdict, &row.error) {
        (Some(verdict), _) => format!(
            "features: {}, {:.2} beyond, rise {:.2}",
            verdict.word(),
            row.features_score.unwrap_or(0.0),
            row.features_rise.unwrap_or(0.0)
        ),
        (None, error) => format!("features failed: {}", error.as_deref().unwrap_or("")),
    };
    let pixels = format!(
        "pixels: {}, {:.1} gray values beyond, {} px",
        row.pixels_verdict.word(),
        row.pixels_score,
        row.pixels_area
    );
    let _ = writeln!(
        page,
        "<figure><a href=\"{source}\"><img src=\"{source}\" alt=\"{}\"></a><figcaption>{}<br>{pixels}<br>{}</figcaption></figure>",
        escaped(&row.time),
        escaped(&row.time),
        escaped(&features)
    );
}
