//! An allocator that fails when it is told to, and says what was asked of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

use twinspect::ffi::tsp_status;

/// What is as large as this, in bytes, comes from a picture, a model or a file, and its size may be any. Less than this are the
/// words in the header of the tests' models, some 450 bytes an image, for which there is a check of its own.
pub const LARGE: usize = 12 * 1024;

struct Watched;

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// What one thread asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub times: u64,
    /// Times that it was as many bytes as counts as large, or more.
    pub large_times: u64,
    pub large_bytes: usize,
}

thread_local! {
    /// How many allocations of this thread are left until one fails; none while nothing is to fail.
    static LEFT: Cell<Option<u64>> = const { Cell::new(None) };
    /// Smaller ones do not count.
    static SMALLEST: Cell<usize> = const { Cell::new(0) };
    /// The size of the one that failed.
    static FAILED: Cell<usize> = const { Cell::new(0) };
    static ASKED: Cell<Asked> = const {
        Cell::new(Asked { times: 0, large_times: 0, large_bytes: 0 })
    };
    /// What counts as large.
    static ASKED_LARGE: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The size of the allocation that failed last on this thread.
pub fn failed_bytes() -> usize {
    FAILED.get()
}

/// What this thread asks for during `call`; so many bytes are large.
pub fn asked<T>(large: usize, call: impl FnOnce() -> T) -> (T, Asked) {
    ASKED_LARGE.set(large);
    ASKED.take();
    let value = call();
    (value, ASKED.take())
}

fn count(size: usize) {
    // A thread whose locals are gone is asked nothing.
    let _ = ASKED.try_with(|asked| {
        let mut so_far = asked.get();
        so_far.times += 1;
        if size >= ASKED_LARGE.get() {
            so_far.large_times += 1;
            so_far.large_bytes += size;
        }
        asked.set(so_far);
    });
}

fn fails(size: usize) -> bool {
    count(size);
    if SMALLEST
        .try_with(Cell::get)
        .is_ok_and(|smallest| size < smallest)
    {
        return false;
    }
    // A thread whose locals are gone has nothing to fail.
    LEFT.try_with(|left| match left.get() {
        Some(0) => {
            left.set(None);
            FAILED.set(size);
            true
        }
        other => {
            left.set(other.map(|left| left - 1));
            false
        }
    })
    .unwrap_or(false)
}

// All is the system's, but for what fails.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return null_mut();
        }
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if fails(layout.size()) {
            return null_mut();
        }
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if size > layout.size() && fails(size) {
            return null_mut();
        }
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Runs `call` with an allocation that fails; whether one did.
pub fn starved(allocation: u64, call: impl FnOnce() -> tsp_status) -> (tsp_status, bool) {
    SMALLEST.set(crate::count("TWINSPECT_SMALLEST", LARGE));
    LEFT.set(Some(allocation));
    let status = call();
    let failed = LEFT.take().is_none();
    (status, failed)
}
