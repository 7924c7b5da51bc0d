//! The program's state: its input, its handles, its folder.

use std::ffi::{CStr, CString, c_char};
use std::ptr::null_mut;
use std::sync::atomic::AtomicU8;

use arbitrary::{Result, Unstructured};
use tempfile::TempDir;
use twinspect::ffi::*;

use super::memory::{Picture, Struct};

/// Handles of one kind that the program knows, whether they live or not.
pub struct Handles<T> {
    known: Vec<*mut T>,
    destroy: unsafe extern "C" fn(*mut T),
}

impl<T> Handles<T> {
    fn new(destroy: unsafe extern "C" fn(*mut T)) -> Self {
        Self {
            known: Vec::new(),
            destroy,
        }
    }

    /// The one that was made last.
    pub fn last(&self) -> Option<*mut T> {
        self.known.last().copied()
    }
}

impl<T> Drop for Handles<T> {
    fn drop(&mut self) {
        for handle in &self.known {
            unsafe { (self.destroy)(*handle) };
        }
    }
}

/// See the module.
pub struct Program<'a> {
    pub input: Unstructured<'a>,
    pub options: Handles<tsp_options>,
    pub fitters: Handles<tsp_fitter>,
    pub models: Handles<tsp_model>,
    pub inspectors: Handles<tsp_inspector>,
    pub results: Handles<tsp_result>,
    pub variations: Handles<tsp_variation>,
    /// How often somebody who watches lets the work go on; it must outlive whoever is watched.
    pub patience: Box<AtomicU8>,
    folder: Option<TempDir>,
}

impl<'a> Program<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            input: Unstructured::new(bytes),
            options: Handles::new(tsp_options_destroy),
            fitters: Handles::new(tsp_fitter_destroy),
            models: Handles::new(tsp_model_destroy),
            inspectors: Handles::new(tsp_inspector_destroy),
            results: Handles::new(tsp_result_destroy),
            variations: Handles::new(tsp_variation_clear),
            patience: Box::new(AtomicU8::new(255)),
            folder: None,
        }
    }

    /// Makes the next call. Fails at the end of the input.
    pub fn step(&mut self) -> Result<()> {
        if self.input.is_empty() {
            return Err(arbitrary::Error::NotEnoughData);
        }
        match self.input.int_in_range(0..=15)? {
            0..=2 => self.settings(),
            3..=7 => self.learning(),
            8..=9 => self.results(),
            10..=12 => self.variations(),
            13..=14 => self.files(),
            _ => self.destroy(),
        }
    }

    fn destroy(&mut self) -> Result<()> {
        match self.input.int_in_range(0..=5)? {
            0 => unsafe { tsp_options_destroy(self.options()?) },
            1 => unsafe { tsp_fitter_destroy(self.fitter()?) },
            2 => unsafe { tsp_model_destroy(self.model()?) },
            3 => unsafe { tsp_inspector_destroy(self.inspector()?) },
            4 => unsafe { tsp_result_destroy(self.result()?) },
            _ => unsafe { tsp_variation_clear(self.variation()?) },
        }
        Ok(())
    }

    /// A handle of these: usually the last one; sometimes another, none, or one of another kind.
    fn handle<T>(&mut self, of: fn(&Self) -> &Handles<T>) -> Result<*mut T> {
        let known = &of(self).known;
        let last = known.last().copied().unwrap_or(null_mut());
        let any = known.clone();
        Ok(match self.input.int_in_range(0..=15)? {
            0 => null_mut(),
            1 => self
                .results
                .known
                .last()
                .copied()
                .unwrap_or(null_mut())
                .cast(),
            2 => self
                .models
                .known
                .last()
                .copied()
                .unwrap_or(null_mut())
                .cast(),
            3 => last.wrapping_byte_add(8),
            4..=6 if !any.is_empty() => *self.input.choose(&any)?,
            _ => last,
        })
    }

    pub fn options(&mut self) -> Result<*mut tsp_options> {
        self.handle(|program| &program.options)
    }

    pub fn fitter(&mut self) -> Result<*mut tsp_fitter> {
        self.handle(|program| &program.fitters)
    }

    pub fn model(&mut self) -> Result<*mut tsp_model> {
        self.handle(|program| &program.models)
    }

    pub fn inspector(&mut self) -> Result<*mut tsp_inspector> {
        self.handle(|program| &program.inspectors)
    }

    pub fn result(&mut self) -> Result<*mut tsp_result> {
        self.handle(|program| &program.results)
    }

    pub fn variation(&mut self) -> Result<*mut tsp_variation> {
        self.handle(|program| &program.variations)
    }

    /// A picture: a good part, an odd one, or none.
    pub fn picture(&mut self) -> Result<Option<Picture>> {
        Ok(match self.input.int_in_range(0..=15)? {
            0 => None,
            1..=5 => Some(Picture::odd(&mut self.input)?),
            seed => Some(Picture::good(seed, &mut self.input)?),
        })
    }

    /// A mask: most often none.
    pub fn mask(&mut self) -> Result<Option<Picture>> {
        match self.input.ratio(1_u8, 4)? {
            true => self.picture(),
            false => Ok(None),
        }
    }

    /// A path in a folder of the program's own, or one that leads nowhere.
    pub fn path(&mut self) -> Result<CString> {
        let name = match self.input.int_in_range(0..=9)? {
            0 => return Ok(c"".to_owned()),
            1 => return Ok(c"/dev/null".to_owned()),
            2 => return Ok(c"/no/such/folder/\xff".to_owned()),
            3 => "",
            4..=6 => "first",
            _ => "second",
        };
        let folder = match &mut self.folder {
            Some(folder) => folder,
            none => none.insert(tempfile::tempdir().expect("a folder for temporary files")),
        };
        let path = folder.path().join(name).display().to_string();
        Ok(CString::new(path).expect("a path without NUL"))
    }

    /// Calls a function that fills a struct.
    pub fn filled<T>(&mut self, call: impl FnOnce(*mut T) -> tsp_status) -> Result<()> {
        let mut out = Struct::new::<T>(&mut self.input)?;
        let pointer = match self.input.ratio(1_u8, 32)? {
            true => null_mut(),
            false => out.pointer(),
        };
        checked(call(pointer));
        Ok(())
    }

    /// Calls a function that fills a buffer; what it wrote, if it did.
    pub fn written(
        &mut self,
        call: impl Fn(*mut u8, u64, *mut u64) -> tsp_status,
    ) -> Result<Option<Vec<u8>>> {
        let mut needed = u64::MAX;
        let status = call(null_mut(), 0, &raw mut needed);
        checked(status);
        let size = if status == tsp_status::TSP_OK {
            needed as usize
        } else {
            16
        };
        let capacity = match self.input.int_in_range(0..=7)? {
            0 => size.saturating_sub(1),
            1 => size + 1,
            _ => size,
        };
        let mut buffer = vec![0xA5; capacity];
        let place = match self.input.ratio(1_u8, 8)? {
            true => null_mut(),
            false => &raw mut needed,
        };
        let status = call(buffer.as_mut_ptr(), capacity as u64, place);
        checked(status);
        if status != tsp_status::TSP_OK || capacity == 0 {
            return Ok(None);
        }
        assert!(size <= capacity, "{size} bytes in {capacity}");
        buffer.truncate(size);
        Ok(Some(buffer))
    }

    /// Calls a function that makes an object.
    pub fn created<T>(
        &mut self,
        handles: fn(&mut Self) -> &mut Handles<T>,
        call: impl FnOnce(*mut *mut T) -> tsp_status,
    ) -> Result<()> {
        let mut handle = std::ptr::dangling_mut();
        if self.input.ratio(1_u8, 32)? {
            assert_ne!(checked(call(null_mut())), tsp_status::TSP_OK);
            return Ok(());
        }
        let status = checked(call(&raw mut handle));
        assert_eq!(handle.is_null(), status != tsp_status::TSP_OK);
        if !handle.is_null() {
            handles(self).known.push(handle);
        }
        Ok(())
    }
}

/// NULL for no picture.
pub fn pointer(picture: &mut Option<Picture>) -> *mut tsp_image {
    picture.as_mut().map_or(null_mut(), Picture::pointer)
}

/// Holds a status against the last error: both say the same, and neither that the library is defective.
#[track_caller]
pub fn checked(status: tsp_status) -> tsp_status {
    let text = |pointer: *const c_char| unsafe { CStr::from_ptr(pointer) }.to_str();
    let message = text(unsafe { tsp_last_error_message() }).expect("UTF-8");
    assert_ne!(status, tsp_status::TSP_E_PANIC, "{message}");
    assert_eq!(
        message.is_empty(),
        status == tsp_status::TSP_OK,
        "{status:?}: '{message}'"
    );
    assert!(!message.contains('\n'), "{message:?}");
    let mut error: tsp_error = unsafe { std::mem::zeroed() };
    error.struct_size = size_of::<tsp_error>() as u32;
    unsafe { tsp_last_error(&raw mut error) };
    assert_eq!(error.code, status as i32);
    status
}
