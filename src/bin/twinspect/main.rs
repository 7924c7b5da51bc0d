//! The program `twinspect`: one file a subcommand.
//!
//! Exit status: 0 all good, 1 a picture is not good or good parts drift, 2 an error.

mod add;
mod ahead;
mod bar;
mod calibrate;
mod chart;
mod cli;
mod demo;
mod drift;
mod environment;
mod evaluate;
mod fit;
mod info;
mod inspect;
mod leads;
mod markup;
mod output;
mod page;
mod pictures;
mod settings;
mod shadow_report;
mod threshold;
mod weights;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// Exit status of an error, also that of a wrong argument.
const ERROR: u8 = 2;

fn main() -> ExitCode {
    let command = Cli::parse().command;
    if command.computes() {
        environment::choose();
    }
    let outcome = match command {
        Command::Fit(args) => fit::run(&args),
        Command::Inspect(args) => inspect::run(&args),
        Command::Add(args) => add::run(&args),
        Command::Calibrate(args) => calibrate::run(&args),
        Command::Drift(args) => drift::run(&args),
        Command::Info(args) => info::run(&args),
        Command::ShadowReport(args) => shadow_report::run(&args),
        Command::Weights(args) => weights::run(args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Demo(args) => demo::run(&args),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("twinspect: {error}");
        ExitCode::from(ERROR)
    })
}
