//! A program in Rust that calls the library as one in C would.

use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{null, null_mut};

use image::RgbImage;
use twinspect::ffi::*;

use crate::parts;

/// A zeroed struct with its size.
pub fn sized<T>() -> T {
    let mut value: T = unsafe { std::mem::zeroed() };
    unsafe { (&raw mut value).cast::<u32>().write(size_of::<T>() as u32) };
    value
}

/// This thread's last error as one line.
pub fn last_message() -> String {
    unsafe { CStr::from_ptr(tsp_last_error_message()) }
        .to_string_lossy()
        .into_owned()
}

#[track_caller]
pub fn ok(status: tsp_status) {
    assert_eq!(status, tsp_status::TSP_OK, "{}", last_message());
}

pub fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

/// A handle that is destroyed with its value, on whatever thread that is.
pub struct Owned<T>(pub *mut T, unsafe extern "C" fn(*mut T));

// The library says of every object that any thread may use it, one at a time.
unsafe impl<T> Send for Owned<T> {}
unsafe impl<T> Sync for Owned<T> {}

impl<T> Owned<T> {
    #[track_caller]
    pub fn new(
        create: impl FnOnce(*mut *mut T) -> tsp_status,
        destroy: unsafe extern "C" fn(*mut T),
    ) -> Self {
        let mut handle = null_mut();
        ok(create(&raw mut handle));
        assert!(!handle.is_null());
        Self(handle, destroy)
    }

    /// The handle, for a closure that other threads run: it would take the pointer alone.
    pub fn handle(&self) -> *mut T {
        self.0
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        unsafe { self.1(self.0) };
    }
}

/// A packed RGB8 picture.
pub fn rgb(picture: &RgbImage) -> tsp_image {
    let mut image: tsp_image = sized();
    let (width, height) = picture.dimensions();
    let data = picture.as_raw().as_ptr().cast();
    ok(unsafe { tsp_image_init(&raw mut image, TSP_FORMAT_RGB8, width, height, data, 0) });
    image
}

/// Options for the small backbone, and these.
pub fn options(more: &[(&str, &str)]) -> Owned<tsp_options> {
    let options = Owned::new(
        |out| unsafe { tsp_options_create(out) },
        tsp_options_destroy,
    );
    let own = parts::settings();
    let own = own.iter().map(|(key, value)| (*key, value.as_str()));
    for (key, value) in own.chain(more.iter().copied()) {
        let (key, value) = (CString::new(key).unwrap(), CString::new(value).unwrap());
        ok(unsafe { tsp_options_set_text(options.0, key.as_ptr(), value.as_ptr()) });
    }
    options
}

/// A fitter of so many good parts.
pub fn fitter(options: &Owned<tsp_options>, count: u64) -> Owned<tsp_fitter> {
    let fitter = Owned::new(
        |out| unsafe { tsp_fitter_create(options.0, out) },
        tsp_fitter_destroy,
    );
    for picture in parts::good_parts(count) {
        ok(unsafe { tsp_fitter_add(fitter.0, &rgb(&picture), null(), null()) });
    }
    fitter
}

/// A model of so many good parts.
pub fn model(count: u64) -> Owned<tsp_model> {
    let fitter = fitter(&options(&[]), count);
    Owned::new(
        |out| unsafe { tsp_fitter_fit(fitter.0, out) },
        tsp_model_destroy,
    )
}

pub fn loaded(path: &Path) -> Owned<tsp_model> {
    let path = c_path(path);
    Owned::new(
        |out| unsafe { tsp_model_load(path.as_ptr(), null(), out) },
        tsp_model_destroy,
    )
}

pub fn inspector(model: *const tsp_model) -> Owned<tsp_inspector> {
    Owned::new(
        |out| unsafe { tsp_inspector_create(model, null(), out) },
        tsp_inspector_destroy,
    )
}

pub fn new_result() -> Owned<tsp_result> {
    Owned::new(|out| unsafe { tsp_result_create(out) }, tsp_result_destroy)
}

pub fn summary(result: *const tsp_result) -> tsp_summary {
    let mut summary = sized();
    ok(unsafe { tsp_result_summary(result, &raw mut summary) });
    summary
}

/// The bits of a picture's score, by an inspector and into a result of its own.
pub fn score(model: *const tsp_model, picture: &RgbImage) -> u32 {
    let (inspector, result) = (inspector(model), new_result());
    ok(unsafe { tsp_inspector_inspect(inspector.0, &rgb(picture), null(), result.0) });
    summary(result.0).score.to_bits()
}
