//! `index.html`: the table of the terminal and the plots, for a browser; without scripts, and nothing from elsewhere.

use std::fmt::Write;

use super::super::plots::Plot;
use super::{Report, text};
use crate::markup::escaped;

const STYLE: &str = "body{font-family:sans-serif;margin:2em;color:#202328}pre{overflow-x:auto}\
    figure{display:inline-block;margin:0 1em 1em 0}";

/// The page.
pub fn html(report: &Report<'_>, plots: &[Plot]) -> String {
    let title = escaped(&format!("Evaluation of {}", report.root.display()));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n<h1>{title}</h1>\n<pre>{}</pre>\n\
         <p>All numbers: <a href=\"results.md\">results.md</a>, <a href=\"results.csv\">results.csv</a>, \
         <a href=\"results.json\">results.json</a>.</p>\n",
        escaped(&text(report))
    );
    for failed in report.failed {
        let line = escaped(&format!("failed: {}: {}", failed.id, failed.error));
        let _ = writeln!(page, "<p>{line}</p>");
    }
    for Plot { file, title } in plots {
        let (file, title) = (escaped(file), escaped(title));
        let _ = writeln!(
            page,
            "<figure><img src=\"{file}\" alt=\"{title}\"></figure>"
        );
    }
    page.push_str("</html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::super::Failed;
    use super::super::tests::{record, report};
    use super::*;

    #[test]
    fn names_from_the_disk_are_text_and_never_markup() {
        let records = [record("<script>\"&", "default")];
        let failed = [Failed {
            id: "<b>".to_owned(),
            error: "why".to_owned(),
        }];
        let plots = [Plot {
            file: "plots/roc.svg".to_owned(),
            title: "\"><script>".to_owned(),
        }];
        let page = html(&report(&records, &failed), &plots);
        assert!(
            !page.contains("<script>") && !page.contains("<b>"),
            "{page}"
        );
        assert!(page.contains("&lt;script&gt;&quot;&amp;"), "{page}");
        assert!(page.contains("src=\"plots/roc.svg\""), "{page}");
    }
}
