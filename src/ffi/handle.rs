//! Handles: who they belong to, whether they are alive, and who is using them.
//!
//! The pointer that a caller holds is the object's address and is never followed. It is looked up among the living
//! objects, whose entry also tells the type; so a null, freed, foreign or wrong pointer is an error and not a crash.
//! What cannot be told is a freed handle whose address a new object of the same type has taken.

use std::any::Any;
use std::collections::HashMap;
use std::ptr::null_mut;
use std::sync::{
    Arc, LazyLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
};

use super::guard::{checkpoint, guard, guard_value, is_forked};
use super::status::tsp_status;
use crate::error::{Error, ErrorKind, Result};

/// What stands behind a handle.
pub trait Object: Any + Send + Sync {
    /// The opaque type that C sees.
    type Handle;
    /// The name of that type, for messages.
    const NAME: &'static str;
}

type Living = HashMap<usize, Arc<dyn Any + Send + Sync>>;

static LIVING: LazyLock<RwLock<Living>> = LazyLock::new(RwLock::default);

/// The body of a `tsp_X_create`: makes an object and gives its handle to the caller; NULL if anything fails.
///
/// # Safety
/// `out` is null or points to a pointer that may be written.
pub unsafe fn create<O: Object>(
    out: *mut *mut O::Handle,
    make: impl FnOnce() -> Result<O>,
) -> tsp_status {
    if !out.is_null() {
        // SAFETY: not null, and writable as the caller of this function promises.
        unsafe { out.write_unaligned(null_mut()) };
    }
    guard(|| {
        if out.is_null() {
            return Err(null_argument("out"));
        }
        let object = Arc::new(make()?);
        checkpoint();
        let handle = Arc::as_ptr(&object).cast_mut().cast::<O::Handle>();
        let mut living = LIVING.write().unwrap_or_else(PoisonError::into_inner);
        living
            .try_reserve(1)
            .map_err(|_| Error::new(ErrorKind::Memory, format!("no memory for a {}", O::NAME)))?;
        living.insert(handle.addr(), object);
        drop(living);
        // SAFETY: as above.
        unsafe { out.write_unaligned(handle) };
        Ok(())
    })
}

/// The living object of a handle. `argument` is the parameter's name.
pub fn find<O: Object>(handle: *const O::Handle, argument: &str) -> Result<Arc<O>> {
    if handle.is_null() {
        return Err(null_argument(argument));
    }
    let object = LIVING
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&handle.addr())
        .cloned();
    checkpoint();
    object
        .and_then(|object| object.downcast().ok())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidHandle,
                format!("{argument} is not a living {}", O::NAME),
            )
            .hint("It was destroyed, or is a pointer to something else.")
        })
}

/// The body of a `tsp_X_destroy`. What is not a living object of this type is left alone.
///
/// A call that is still using the object finishes with it first. In a forked child nothing is freed.
pub fn destroy<O: Object>(handle: *mut O::Handle) {
    guard_value((), || {
        if handle.is_null() || is_forked() {
            return;
        }
        let mut living = LIVING.write().unwrap_or_else(PoisonError::into_inner);
        let object = match living.get(&handle.addr()) {
            Some(object) if (**object).is::<O>() => living.remove(&handle.addr()),
            _ => None,
        };
        // Others need not wait until a large model is freed.
        drop(living);
        drop(object);
    });
}

/// Access for a call that changes nothing; several may have it at once.
pub fn shared<'a, T>(lock: &'a RwLock<T>, argument: &str) -> Result<RwLockReadGuard<'a, T>> {
    let access = lock.try_read();
    checkpoint();
    access.map_err(|error| unavailable(&error, argument))
}

/// Access for a call that changes the object; a panic during it poisons the object.
pub fn exclusive<'a, T>(lock: &'a RwLock<T>, argument: &str) -> Result<RwLockWriteGuard<'a, T>> {
    let access = lock.try_write();
    checkpoint();
    access.map_err(|error| unavailable(&error, argument))
}

fn unavailable<T>(error: &TryLockError<T>, argument: &str) -> Error {
    match error {
        TryLockError::WouldBlock => {
            let message = format!("{argument} is in use by another thread or by its own callback");
            Error::new(ErrorKind::Busy, message).hint("Use one object a thread.")
        }
        TryLockError::Poisoned(_) => {
            let message = format!("{argument} was left unfinished by an earlier panic");
            Error::new(ErrorKind::Panic, message).hint("Destroy it and make another one.")
        }
    }
}

/// The error of a null pointer.
pub fn null_argument(argument: &str) -> Error {
    Error::new(ErrorKind::NullArgument, format!("{argument} is NULL"))
}

/// Where a plain value goes if the call succeeds.
pub struct Output<T>(*mut T);

impl<T> Output<T> {
    /// Checks that there is such a place. Errors: `NullArgument`.
    ///
    /// # Safety
    /// `pointer` is null or may be written, as long as this lives.
    pub unsafe fn new(pointer: *mut T, argument: &str) -> Result<Self> {
        if pointer.is_null() {
            Err(null_argument(argument))
        } else {
            Ok(Self(pointer))
        }
    }

    /// Writes the value.
    pub fn set(self, value: T) {
        // SAFETY: not null, and writable as the caller of `new` promised.
        unsafe { self.0.write_unaligned(value) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Cat(RwLock<u32>);
    struct Dog;
    struct tsp_cat;
    struct tsp_dog;

    impl Object for Cat {
        type Handle = tsp_cat;
        const NAME: &'static str = "tsp_cat";
    }

    impl Object for Dog {
        type Handle = tsp_dog;
        const NAME: &'static str = "tsp_dog";
    }

    fn cat() -> *mut tsp_cat {
        let mut handle = null_mut();
        // SAFETY: a local variable.
        let status = unsafe { create(&raw mut handle, || Ok(Cat(RwLock::new(1)))) };
        assert_eq!(status, tsp_status::TSP_OK);
        handle
    }

    fn kind<T>(result: Result<T>) -> Option<ErrorKind> {
        result.err().map(|error| error.kind())
    }

    #[test]
    fn only_a_living_object_of_the_type_is_found() {
        let handle = cat();
        assert_eq!(kind(find::<Cat>(handle, "cat")), None);
        assert_eq!(
            kind(find::<Dog>(handle.cast(), "dog")),
            Some(ErrorKind::InvalidHandle)
        );
        assert_eq!(
            kind(find::<Cat>(handle.wrapping_byte_add(1), "cat")),
            Some(ErrorKind::InvalidHandle)
        );
        assert_eq!(
            kind(find::<Cat>(null_mut(), "cat")),
            Some(ErrorKind::NullArgument)
        );
        destroy::<Dog>(handle.cast());
        assert_eq!(
            kind(find::<Cat>(handle, "cat")),
            None,
            "destroyed as another type"
        );
        destroy::<Cat>(handle);
        destroy::<Cat>(handle);
        assert_eq!(
            kind(find::<Cat>(handle, "cat")),
            Some(ErrorKind::InvalidHandle)
        );
    }

    #[test]
    fn failed_create_sets_the_output_to_null() {
        let mut handle = std::ptr::dangling_mut();
        // SAFETY: a local variable.
        let status = unsafe { create::<Cat>(&raw mut handle, || Err(null_argument("x"))) };
        assert_eq!(status, tsp_status::TSP_E_NULL_ARGUMENT);
        assert!(handle.is_null());
    }

    #[test]
    fn object_in_use_is_busy_and_readers_share() {
        let handle = cat();
        let object = find::<Cat>(handle, "cat").unwrap();
        {
            let _reader = shared(&object.0, "cat").unwrap();
            assert_eq!(kind(shared(&object.0, "cat")), None);
            assert_eq!(kind(exclusive(&object.0, "cat")), Some(ErrorKind::Busy));
        }
        let _writer = exclusive(&object.0, "cat").unwrap();
        assert_eq!(kind(shared(&object.0, "cat")), Some(ErrorKind::Busy));
        destroy::<Cat>(handle);
    }

    #[test]
    fn panic_while_changing_poisons_the_object() {
        let handle = cat();
        let change = |panics: bool| {
            guard(|| {
                let object = find::<Cat>(handle, "cat")?;
                let mut value = exclusive(&object.0, "cat")?;
                *value += 1;
                assert!(!panics, "half way");
                Ok(())
            })
        };
        assert_eq!(change(false), tsp_status::TSP_OK);
        assert_eq!(change(true), tsp_status::TSP_E_PANIC);
        assert_eq!(change(false), tsp_status::TSP_E_PANIC);
        destroy::<Cat>(handle);
        assert_eq!(change(false), tsp_status::TSP_E_INVALID_HANDLE);
    }
}
