//! Options.
//!
//! Settings by name, the same names as on the command line. All start at their defaults. Options of scope FIT say what
//! a model is and are stored in it; those of scope RUN say how and where to work. A recipe sets several at once, by its
//! name. A function that takes options copies what it needs, so they may be changed or destroyed afterwards; NULL stands
//! for the defaults.

use std::ffi::{CString, c_char};
use std::sync::{OnceLock, RwLock};

use super::growing::StructOutput;
use super::guard::{guard, guard_value};
use super::handle::{Object, create, destroy, exclusive, find, shared};
use super::status::tsp_status;
use super::structs::{tsp_option, tsp_options};
use super::text::{Buffer, c_text, read_text};
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Domain, OptionSpec, Options, Scope, TABLE};

/// A whole number.
pub const TSP_TYPE_INT: i32 = 1;
/// A finite number.
pub const TSP_TYPE_FLOAT: i32 = 2;
/// One of some words.
pub const TSP_TYPE_CHOICE: i32 = 3;
/// Any text of at least one character.
pub const TSP_TYPE_TEXT: i32 = 4;

/// Counts while fitting, and is stored in the model.
pub const TSP_SCOPE_FIT: i32 = 1;
/// Counts whenever work is done, and is never stored.
pub const TSP_SCOPE_RUN: i32 = 2;

struct Settings(RwLock<Options>);

impl Object for Settings {
    type Handle = tsp_options;
    const NAME: &'static str = "tsp_options";
}

/// A copy of the caller's options; the defaults for NULL.
pub fn options_or_default(options: *const tsp_options) -> Result<Options> {
    if options.is_null() {
        return Ok(Options::default());
    }
    let settings = find::<Settings>(options, "options")?;
    let options = shared(&settings.0, "options")?.clone();
    Ok(options)
}

/// Makes a set of options, all at their defaults. Free it with tsp_options_destroy.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_create(out: *mut *mut tsp_options) -> tsp_status {
    // SAFETY: the caller passes NULL or a pointer variable.
    unsafe { create(out, || Ok(Settings(RwLock::new(Options::default())))) }
}

/// Sets a whole number; a number option takes it, too. Errors: INVALID_ARGUMENT for an unknown key (the nearest one is
/// in the hint), another type or a value out of range; BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_set_int(
    options: *mut tsp_options,
    key: *const c_char,
    value: i64,
) -> tsp_status {
    // SAFETY: the caller passes NULL or a NUL-terminated text.
    unsafe { set(options, key, |options, key| options.set_int(key, value)) }
}

/// Sets a number. Errors: as tsp_options_set_int.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_set_float(
    options: *mut tsp_options,
    key: *const c_char,
    value: f64,
) -> tsp_status {
    // SAFETY: the caller passes NULL or a NUL-terminated text.
    unsafe { set(options, key, |options, key| options.set_float(key, value)) }
}

/// Sets an option of any type from a text; numbers have a decimal point, whatever the locale.
///
/// Errors: as tsp_options_set_int.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_set_text(
    options: *mut tsp_options,
    key: *const c_char,
    value: *const c_char,
) -> tsp_status {
    // SAFETY: the caller passes NULL or NUL-terminated texts.
    unsafe {
        set(options, key, |options, key| {
            options.set_text(key, read_text(value, "value")?)
        })
    }
}

/// Sets what the recipe of this name sets, for instance "paper"; `twinspect fit --list-recipes` prints them all.
///
/// Options that the recipe does not name stay as they are, and what is set afterwards wins. Errors: INVALID_ARGUMENT for
/// an unknown name (the known ones are in the message); BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_apply_recipe(
    options: *mut tsp_options,
    name: *const c_char,
) -> tsp_status {
    // SAFETY: the caller passes NULL or a NUL-terminated text.
    unsafe { change(options, name, "name", Options::apply_recipe) }
}

/// # Safety
/// `key` is null or NUL-terminated.
unsafe fn set(
    options: *mut tsp_options,
    key: *const c_char,
    to: impl FnOnce(&mut Options, &str) -> Result<()>,
) -> tsp_status {
    // SAFETY: the caller promises it.
    unsafe { change(options, key, "key", to) }
}

/// `parameter` is what the header calls the text.
///
/// # Safety
/// `text` is null or NUL-terminated.
unsafe fn change(
    options: *mut tsp_options,
    text: *const c_char,
    parameter: &str,
    to: impl FnOnce(&mut Options, &str) -> Result<()>,
) -> tsp_status {
    guard(|| {
        let settings = find::<Settings>(options, "options")?;
        // SAFETY: the caller promises it.
        let text = unsafe { read_text(text, parameter) }?;
        to(&mut *exclusive(&settings.0, "options")?, text)
    })
}

/// The effective value of an option as text, in the form that tsp_options_set_text takes.
///
/// buffer, capacity, needed: see Texts and buffers. Errors: INVALID_ARGUMENT for an unknown key, BUFFER_TOO_SMALL, BUSY.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_get_text(
    options: *const tsp_options,
    key: *const c_char,
    buffer: *mut c_char,
    capacity: u64,
    needed: *mut u64,
) -> tsp_status {
    guard(|| {
        let settings = find::<Settings>(options, "options")?;
        // SAFETY: the caller passes NULL or a NUL-terminated text.
        let key = unsafe { read_text(key, "key") }?;
        // SAFETY: the caller passes a buffer of this capacity, and NULL or a number's place.
        let buffer = unsafe { Buffer::new(buffer.cast(), capacity, needed) }?;
        let value = shared(&settings.0, "options")?.text(key)?;
        buffer.write_text(&value)
    })
}

/// Frees the options; NULL is fine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_options_destroy(options: *mut tsp_options) {
    destroy::<Settings>(options);
}

/// How many options there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_option_count() -> u64 {
    guard_value(0, || TABLE.len() as u64)
}

/// What there is to know about option number index, from 0 to tsp_option_count() - 1, in the order in which the data
/// meets them. Errors: INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tsp_option_info(index: u64, out: *mut tsp_option) -> tsp_status {
    guard(|| {
        // SAFETY: the caller passes NULL or a struct whose struct_size is true.
        let out = unsafe { StructOutput::new(out, "out") }?;
        let rows = rows();
        let Some(row) = usize::try_from(index)
            .ok()
            .and_then(|index| rows.get(index))
        else {
            let message = format!("option {index}, there are 0 to {}", rows.len() - 1);
            return Err(Error::new(ErrorKind::InvalidArgument, message));
        };
        out.set(row.info());
        Ok(())
    })
}

/// A row of the table with texts for C.
struct Row {
    kind: i32,
    scope: i32,
    key: CString,
    default: CString,
    choices: CString,
    help: CString,
    range: (f64, f64),
}

fn rows() -> &'static [Row] {
    static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
    ROWS.get_or_init(|| TABLE.iter().map(Row::of).collect())
}

impl Row {
    fn of(spec: &OptionSpec) -> Self {
        let (kind, range, choices) = match spec.domain {
            // Exact: no bound of the table is beyond 2^53.
            Domain::Int(min, max) => (TSP_TYPE_INT, (min as f64, max as f64), String::new()),
            Domain::Float(min, max) => (TSP_TYPE_FLOAT, (min, max), String::new()),
            Domain::Choice(words) => (TSP_TYPE_CHOICE, (0.0, 0.0), words.join(",")),
            Domain::Text => (TSP_TYPE_TEXT, (0.0, 0.0), String::new()),
        };
        Self {
            kind,
            scope: if spec.scope == Scope::Fit {
                TSP_SCOPE_FIT
            } else {
                TSP_SCOPE_RUN
            },
            key: c_text(spec.key),
            default: c_text(spec.default),
            choices: c_text(&choices),
            help: c_text(spec.help),
            range,
        }
    }

    fn info(&self) -> tsp_option {
        tsp_option {
            struct_size: 0,
            r#type: self.kind,
            scope: self.scope,
            reserved: 0,
            key: self.key.as_ptr(),
            default_value: self.default.as_ptr(),
            choices: self.choices.as_ptr(),
            help: self.help.as_ptr(),
            min: self.range.0,
            max: self.range.1,
        }
    }
}
