//! `twinspect weights`: list, get, import and verify the networks' weight files.
//!
//! `fetch`, with `download` and `pip`, is the only code of the whole product that uses a network.

mod download;
mod fetch;
mod pip;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use twinspect::Result;
use twinspect::features::weights::{self, Source, State, WEIGHT_FILES, WeightFile};

use crate::output::line;

/// What `twinspect weights` is asked for.
#[derive(Args, Debug)]
#[command(
    about = "List, download, import and verify the networks' weight files",
    after_help = "The files lie in the folder that TWINSPECT_WEIGHTS names, else in your data folder.\n\n\
Examples:\n  \
twinspect weights list\n  \
twinspect weights get efficientnet-lite0\n  \
twinspect weights import ~/Downloads/resnet50-0676ba61.pth\n  \
twinspect weights import my_resnet18.pth --name resnet18\n  \
twinspect weights verify --json"
)]
pub struct WeightsArgs {
    #[command(subcommand)]
    action: Action,
    /// Print JSON instead of a table
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// List the known weight files and whether they are here
    List,
    /// Download weight files and check them
    #[command(after_help = "Example:\n  twinspect weights get efficientnet-lite0 resnet50")]
    Get {
        /// Names as in `twinspect weights list`
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Take a weight file that you have into the weights folder
    ///
    /// A known file is recognised by its SHA-256 and copied. Any other file needs --name; its tensors are read, and written
    /// as safetensors. Nothing in the file is executed.
    #[command(after_help = "Examples:\n  \
twinspect weights import resnet50-0676ba61.pth\n  \
twinspect weights import mine.safetensors --name resnet18")]
    Import {
        /// A file of torch.save (.pth), .safetensors or .onnx
        file: PathBuf,
        /// Whose weights an unknown file holds
        #[arg(long)]
        name: Option<String>,
    },
    /// Check the SHA-256 of every weight file that is here; exit status 1 if one is wrong
    Verify,
}

/// Does what was asked for; the failure of [`Action::Verify`] is an exit status, any other an error.
pub fn run(args: WeightsArgs) -> Result<ExitCode> {
    let folder = weights::folder()?;
    match args.action {
        Action::List => list(&folder, args.json),
        Action::Get { names } => get(&names, &folder, args.json)?,
        Action::Import { file, name } => {
            let path = weights::import(&file, name.as_deref(), &folder)?;
            print(args.json, json!({ "path": shown(&path) }), path.display());
        }
        Action::Verify => return Ok(verify(&folder, args.json)),
    }
    Ok(ExitCode::SUCCESS)
}

fn list(folder: &Path, as_json: bool) {
    let files = WEIGHT_FILES
        .iter()
        .map(|file| (file, weights::present(file, folder)));
    if as_json {
        let files: Vec<_> = files.map(|(file, path)| described(file, path)).collect();
        line(format_args!(
            "{:#}",
            json!({ "folder": shown(folder), "files": files })
        ));
        return;
    }
    let header = ["NAME", "FILE", "SIZE", "STATE", "LICENCE", "SOURCE"].map(str::to_owned);
    let rows = files.map(|(file, path)| {
        [
            file.name.to_owned(),
            file.file.to_owned(),
            file.bytes.map_or_else(|| "?".to_owned(), megabytes),
            if path.is_some() { "present" } else { "absent" }.to_owned(),
            file.licence.to_owned(),
            source(file),
        ]
    });
    line(format_args!("Folder: {}", folder.display()));
    print_table(std::iter::once(header).chain(rows).collect());
}

fn get(names: &[String], folder: &Path, as_json: bool) -> Result<()> {
    // An unknown name is reported before anything is downloaded.
    for name in names {
        weights::entry(name)?;
    }
    for name in names {
        let bar = progress_bar();
        let mut watch = |stage: &str, done: u64, total: u64| {
            bar.set_message(stage.to_owned());
            if total > 0 {
                bar.set_length(total);
            }
            bar.set_position(done);
            true
        };
        let path = fetch::get(name, folder, &mut watch);
        bar.finish_and_clear();
        let path = path?;
        print(
            as_json,
            json!({ "name": name, "path": shown(&path) }),
            format_args!("{name}  {}", path.display()),
        );
    }
    Ok(())
}

fn verify(folder: &Path, as_json: bool) -> ExitCode {
    let checked = weights::verify(folder);
    let failed = checked
        .iter()
        .any(|(_, state)| matches!(state, State::Wrong(_)));
    if as_json {
        let files: Vec<_> = checked
            .iter()
            .map(|(file, state)| verified(file, state))
            .collect();
        line(format_args!(
            "{:#}",
            json!({ "folder": shown(folder), "files": files })
        ));
    } else {
        let rows = checked.iter().map(|(file, state)| {
            let detail = match state {
                State::Absent => String::new(),
                State::Published(found) | State::Imported(found) => {
                    found.path.display().to_string()
                }
                State::Wrong(error) => error.to_string(),
            };
            [file.name.to_owned(), word(state).to_owned(), detail]
        });
        print_table(rows.collect());
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn word(state: &State) -> &'static str {
    match state {
        State::Absent => "absent",
        State::Published(_) => "ok",
        State::Imported(_) => "imported",
        State::Wrong(_) => "wrong",
    }
}

fn described(file: &WeightFile, path: Option<PathBuf>) -> Value {
    json!({
        "name": file.name, "file": file.file, "bytes": file.bytes, "sha256": file.sha256,
        "licence": file.licence, "role": file.role, "source": source(file), "path": path.as_deref().map(shown),
    })
}

fn verified(file: &WeightFile, state: &State) -> Value {
    let (path, sha256, error) = match state {
        State::Absent => (None, None, None),
        State::Published(found) | State::Imported(found) => {
            (Some(shown(&found.path)), Some(&found.sha256), None)
        }
        State::Wrong(error) => (None, None, Some(error.to_string())),
    };
    json!({ "name": file.name, "state": word(state), "path": path, "sha256": sha256, "error": error })
}

fn source(file: &WeightFile) -> String {
    match file.source {
        Source::PipPackage { requirement, .. } => format!("pip {requirement}"),
        Source::Url(url) => url.to_owned(),
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// A path as text; JSON cannot hold one that is not Unicode.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// One line of JSON, or the text for a person.
fn print(as_json: bool, value: Value, text: impl std::fmt::Display) {
    if as_json {
        line(value);
    } else {
        line(text);
    }
}

/// Rows with their columns aligned, two spaces between them.
fn print_table<const N: usize>(rows: Vec<[String; N]>) {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    for row in &rows {
        let cells = row
            .iter()
            .zip(widths)
            .map(|(cell, width)| format!("{cell:width$}"));
        line(cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}

/// A bar on the terminal; nothing where standard error is none.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template(
        "{msg} [{bar:30}] {bytes}/{total_bytes} {binary_bytes_per_sec} {eta}",
    ) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
