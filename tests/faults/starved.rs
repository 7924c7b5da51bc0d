//! Calls whose allocations fail, one after the other, each in a process of its own.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::fd::FromRawFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};

use twinspect::ffi::tsp_status;

use crate::allocator::{LARGE, failed_bytes};
use crate::caller::last_message;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// It had fewer allocations than that.
    Through,
    /// It said MEMORY, or did without, and left all as it was.
    Survived,
    /// The process ended, over so many bytes.
    Ended(usize),
}

/// Runs `body` in a child that has never used the library, as this process must not have either.
fn in_a_child(body: impl FnOnce() -> bool) -> Outcome {
    let mut ends = [0; 2];
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    let child = unsafe { libc::fork() };
    assert!(child >= 0);
    if child == 0 {
        unsafe {
            WRITE_END.set(ends[1]).unwrap();
            libc::signal(libc::SIGABRT, tell_and_end as *const () as usize);
            // What panics here must not come back into the test runner of the parent.
            let went_well = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            libc::_exit(match went_well {
                Ok(true) => 10,
                Ok(false) => 11,
                Err(_) => 12,
            });
        }
    }
    let mut status = 0;
    let mut said = Vec::new();
    unsafe {
        libc::close(ends[1]);
        std::fs::File::from_raw_fd(ends[0])
            .read_to_end(&mut said)
            .unwrap();
        assert_eq!(libc::waitpid(child, &raw mut status, 0), child);
    }
    assert!(
        libc::WIFEXITED(status),
        "it ended by signal {}",
        libc::WTERMSIG(status)
    );
    match libc::WEXITSTATUS(status) {
        10 => Outcome::Survived,
        11 => Outcome::Through,
        13 => Outcome::Ended(usize::from_ne_bytes(said[..8].try_into().unwrap())),
        other => panic!("the child ended with {other}: what it had to say is above"),
    }
}

static WRITE_END: OnceLock<i32> = OnceLock::new();

/// What `abort` calls in a child: says over how many bytes, and where if that is asked for.
extern "C" fn tell_and_end(_: i32) {
    let size = failed_bytes();
    if std::env::var_os("TWINSPECT_LIST").is_some() {
        let trace = std::backtrace::Backtrace::force_capture().to_string();
        let ours = trace.lines().filter(|line| line.contains("twinspect::"));
        let ours: Vec<&str> = ours.take(2).map(str::trim).collect();
        let _ = writeln!(std::io::stderr(), "{size} bytes: {}", ours.join(" < "));
    }
    let said = size.to_ne_bytes();
    unsafe {
        if let Some(end) = WRITE_END.get() {
            libc::write(*end, said.as_ptr().cast(), said.len());
        }
        libc::_exit(13);
    }
}

/// Fails every allocation of a call in turn. `call` is told which one; it makes ready, runs [`starved`](crate::allocator::starved), and asserts that all
/// is as it was; its answer is whether an allocation failed.
pub fn starve(what: &str, call: impl Fn(u64) -> bool) {
    starve_but_for(what, LARGE, call);
}

/// The same for a call whose libraries take memory without asking, each time less than `own` bytes.
pub fn starve_but_for(what: &str, own: usize, call: impl Fn(u64) -> bool) {
    let (mut survived, mut ended) = (0, BTreeMap::<usize, usize>::new());
    for allocation in 0.. {
        match in_a_child(|| call(allocation)) {
            Outcome::Through => break,
            Outcome::Survived => survived += 1,
            Outcome::Ended(size) => *ended.entry(size).or_default() += 1,
        }
    }
    let small: usize = ended.values().sum();
    let largest = ended.keys().next_back().copied().unwrap_or(0);
    println!(
        "{what}: {survived} allocations survived, {small} of up to {largest} bytes end the process"
    );
    if largest >= own {
        TOO_LARGE.lock().unwrap().push(format!("{what}: {ended:?}"));
    }
    TESTED.fetch_add(survived + small, Ordering::Relaxed);
}

/// What ended over too much; said at the end, for all calls.
pub static TOO_LARGE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// How many allocations were made to fail.
pub static TESTED: AtomicUsize = AtomicUsize::new(0);

/// Asserts that a starved call was through, or said MEMORY; whether an allocation failed.
#[track_caller]
pub fn refused((status, failed): (tsp_status, bool)) -> bool {
    let expected = if failed {
        "MEMORY, or a way without"
    } else {
        "OK"
    };
    let fits = match failed {
        true => matches!(status, tsp_status::TSP_OK | tsp_status::TSP_E_MEMORY),
        false => status == tsp_status::TSP_OK,
    };
    assert!(
        fits,
        "{status:?} in place of {expected}: {}",
        last_message()
    );
    failed
}
