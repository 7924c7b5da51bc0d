//! A model's file: as bytes with a right checksum, or a model of ours with edits in its header and its tensors.

mod archive;
mod bases;
mod header;

use std::sync::Arc;

use arbitrary::Unstructured;
use twinspect::ErrorKind;
use twinspect::model::{Inspector, Model};
use twinspect::options::Options;

use super::data::data;
use super::edits;
use super::framed::{framed, repaired};
use super::{claims, parts};

/// What its file begins with.
pub const MAGIC: &[u8; 16] = b"TWINSPECT-MODEL\n";

/// The version of its file.
pub const VERSION: u32 = 1;

/// What an input begins with that edits a model; any other one is a file.
pub const EDITS: &[u8; 16] = b"TWINSPECT-EDITS\n";

/// Models of larger inputs are read but not used: a network takes long for them without being wrong.
const LARGEST_INPUT_PX: u32 = 128;

/// Reads the bytes as they are, and with a right checksum.
pub fn run(bytes: &[u8]) {
    if let Some(edits) = bytes.strip_prefix(EDITS) {
        let mut input = Unstructured::new(edits);
        if let Ok(content) = edited(&mut input) {
            read(&framed(&content, MAGIC, VERSION));
        }
        return;
    }
    read(bytes);
    if let Some(file) = repaired(bytes, MAGIC, VERSION) {
        read(&file);
    }
}

/// How many models there are to be edited.
pub const BASES: usize = bases::SETTINGS.len();

fn edited(input: &mut Unstructured<'_>) -> arbitrary::Result<Vec<u8>> {
    let mut archive = bases::choose(input)?.clone();
    if input.ratio(1_u8, 4)? {
        return edits::edited(archive.bytes(), input);
    }
    while !input.is_empty() {
        match input.ratio(1_u8, 2)? {
            true => header::edit(&mut archive.header, input)?,
            false => archive.edit_tensor(input)?,
        }
    }
    Ok(archive.bytes())
}

fn read(file: &[u8]) {
    let mut options = Options::default();
    let backbone = data("backbones/tuple.pt").display().to_string();
    options.set_text("backbone", &backbone).expect("an option");
    match Model::from_bytes(file, &options) {
        Ok(model) => {
            again(&model, &options);
            let (width, height) = model.input_size();
            if width.max(height) <= LARGEST_INPUT_PX {
                used(Arc::new(model));
            }
        }
        Err(error) => {
            let kinds = [
                ErrorKind::Format,
                ErrorKind::Version,
                ErrorKind::Weights,
                ErrorKind::Memory,
            ];
            claims::is_refused(&error, &kinds);
        }
    }
}

/// What can be written can be read, and says the same.
fn again(model: &Model, options: &Options) {
    let file = model.to_bytes().expect("a model that was read");
    let read = Model::from_bytes(&file, options).expect("a file of ours");
    assert!(read.to_bytes().expect("a model of ours") == file);
}

fn used(model: Arc<Model>) {
    let description = model.description().expect("a model that was read");
    description.to_json();
    model.warnings();
    let mut inspector = match Inspector::new(model, &Options::default()) {
        Ok(inspector) => inspector,
        Err(error) => return claims::is_one_line(error.message()),
    };
    let pixels = parts::gray(9);
    match inspector.inspect(&parts::view(&pixels), None) {
        Ok(found) => {
            assert!(found.score >= 0.0 && found.score.is_finite());
            assert!(found.map.iter().all(|value| *value >= 0.0));
            let (width, height) = parts::SIZE;
            assert_eq!(found.map.dim(), (height as usize, width as usize));
        }
        Err(error) => {
            // Numbers that are finite one by one need not be so together.
            claims::is_refused(&error, &[ErrorKind::Numeric, ErrorKind::Memory]);
        }
    }
}
