//! Panics where a test wants them: only in builds with the feature `panic-injection`, which no installed library has.
//!
//! Nothing of this is exported to C.

use std::cell::Cell;

thread_local! {
    /// How many checkpoints this thread still passes.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Makes this thread panic at a checkpoint of the exported functions that it calls, once, after it has passed so many others.
pub fn panic_after(checkpoints: u32) {
    LEFT.set(Some(checkpoints));
}

/// Takes it back. How many checkpoints would still have been passed; none if it has panicked.
pub fn disarm() -> Option<u32> {
    LEFT.take()
}

/// A place where an exported function can go wrong: where it begins, and whenever it has got hold of an object.
pub(super) fn checkpoint() {
    match LEFT.get() {
        Some(0) => {
            LEFT.set(None);
            panic!("injected");
        }
        left => LEFT.set(left.map(|left| left - 1)),
    }
}
