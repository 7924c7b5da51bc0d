//! Calls about options, the library, and images alone.

use std::ffi::CString;
use std::ptr::{null, null_mut};

use arbitrary::Result;
use twinspect::ffi::*;
use twinspect::options::{Domain, TABLE};

use super::super::parts;
use super::memory::Struct;
use super::program::{Program, checked, pointer};

/// Words that some option takes, and some that none does.
const TEXTS: [&[u8]; 12] = [
    b"1",
    b"0.5",
    b"1,2",
    b"none",
    b"cpu",
    b"cuda:9",
    b"",
    b"\xff\xfe",
    b"nan",
    b"1e999",
    b"efficientnet-lite0",
    "größer".as_bytes(),
];

/// A setting above this makes honest work long.
const MOST_THREADS: i64 = 2;

impl Program<'_> {
    pub fn settings(&mut self) -> Result<()> {
        match self.input.int_in_range(0..=11)? {
            0..=2 => self.small_options(),
            3..=6 => self.set_option(),
            7 => {
                let (options, key) = (self.options()?, self.key()?);
                self.written(|buffer, capacity, needed| unsafe {
                    tsp_options_get_text(options, key.as_ptr(), buffer.cast(), capacity, needed)
                })?;
                Ok(())
            }
            8 => {
                let (options, name) = (self.options()?, self.text()?);
                let name = match self.input.ratio(1_u8, 2)? {
                    true => c"patchcore".to_owned(),
                    false => name,
                };
                checked(unsafe { tsp_options_apply_recipe(options, name.as_ptr()) });
                Ok(())
            }
            9 => self.library(),
            _ => self.image(),
        }
    }

    /// Options with which models are fitted in milliseconds.
    fn small_options(&mut self) -> Result<()> {
        self.created(
            |program| &mut program.options,
            |out| unsafe { tsp_options_create(out) },
        )?;
        let Some(options) = self.options.last() else {
            return Ok(());
        };
        for (key, value) in parts::settings() {
            let (key, value) = (CString::new(key), CString::new(value));
            let (key, value) = (key.expect("no NUL"), value.expect("no NUL"));
            checked(unsafe { tsp_options_set_text(options, key.as_ptr(), value.as_ptr()) });
        }
        Ok(())
    }

    fn set_option(&mut self) -> Result<()> {
        let (options, key) = (self.options()?, self.key()?);
        let spec = TABLE
            .iter()
            .find(|spec| spec.key.as_bytes() == key.as_bytes());
        let domain = spec.map(|spec| spec.domain);
        let float = |value| unsafe { tsp_options_set_float(options, key.as_ptr(), value) };
        checked(match (self.input.int_in_range(0..=5)?, domain) {
            (0, _) => {
                let text = self.text()?;
                unsafe { tsp_options_set_text(options, key.as_ptr(), text.as_ptr()) }
            }
            (1, _) => unsafe { tsp_options_set_text(options, key.as_ptr(), null()) },
            (2, _) => float(*self.input.choose(&[f64::NAN, f64::INFINITY, -1.0, 1e300])?),
            (_, Some(Domain::Choice(words))) => {
                let word = CString::new(*self.input.choose(words)?).expect("no NUL");
                unsafe { tsp_options_set_text(options, key.as_ptr(), word.as_ptr()) }
            }
            (_, Some(Domain::Float(least, most))) => {
                float(least + (most - least) * f64::from(self.input.arbitrary::<u8>()?) / 255.0)
            }
            (_, Some(Domain::Text)) if key.as_bytes() == b"shadow.folder" => {
                let path = self.path()?;
                unsafe { tsp_options_set_text(options, key.as_ptr(), path.as_ptr()) }
            }
            _ => {
                let value = match self.input.int_in_range(0..=7)? {
                    0 => i64::MIN,
                    1 => i64::MAX,
                    _ if key.as_bytes() == b"threads" => {
                        self.input.int_in_range(-1..=MOST_THREADS)?
                    }
                    _ => self.input.int_in_range(-2..=130)?,
                };
                unsafe { tsp_options_set_int(options, key.as_ptr(), value) }
            }
        });
        Ok(())
    }

    fn library(&mut self) -> Result<()> {
        let number = self.input.arbitrary::<i32>()?;
        let text = self.text()?;
        match self.input.int_in_range(0..=6)? {
            0 => {
                let index = u64::from(self.input.arbitrary::<u8>()?);
                self.filled(|out| unsafe { tsp_option_info(index, out) })?;
            }
            1 => self.filled(|out| unsafe { tsp_device_info(number as u64, out) })?,
            2 => drop(checked(unsafe { tsp_check_abi(number as u32) })),
            3 => drop(checked(unsafe { tsp_set_threads(number.min(0)) })),
            4 => drop(checked(unsafe {
                tsp_set_log(number | 4, None, null_mut())
            })),
            5 => {
                unsafe { tsp_has_feature(text.as_ptr()) };
                unsafe { tsp_status_name(number) };
                unsafe {
                    (
                        tsp_build_info(),
                        tsp_version(),
                        tsp_abi_version(),
                        tsp_option_count(),
                    )
                };
            }
            _ => {
                let mut out = Struct::new::<tsp_error>(&mut self.input)?;
                unsafe { tsp_last_error(out.pointer()) };
                let mut count = 0;
                checked(unsafe { tsp_device_count(&raw mut count) });
            }
        }
        Ok(())
    }

    fn image(&mut self) -> Result<()> {
        if self.input.ratio(1_u8, 2)? {
            let mut picture = self.picture()?;
            checked(unsafe { tsp_image_check(pointer(&mut picture)) });
            return Ok(());
        }
        let (format, width, height) = self.input.arbitrary()?;
        let stride = self.input.arbitrary()?;
        let mut image: tsp_image = unsafe { std::mem::zeroed() };
        // Only the pointers are worked out, and nothing is read.
        let data = (&raw const image).cast();
        checked(unsafe { tsp_image_init(&raw mut image, format, width, height, data, stride) });
        Ok(())
    }

    fn key(&mut self) -> Result<CString> {
        match self.input.int_in_range(0..=15)? {
            0 => self.text(),
            _ => Ok(CString::new(self.input.choose(TABLE)?.key).expect("no NUL")),
        }
    }

    pub fn text(&mut self) -> Result<CString> {
        Ok(CString::new(*self.input.choose(&TEXTS)?).expect("no NUL"))
    }
}
