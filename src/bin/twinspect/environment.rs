//! What libraries read of the environment while they are being loaded, before any code of ours runs: where the user has not
//! chosen, the program chooses and starts itself once more: 0.26 s.
//!
//! How libtorch's threads wait for each other: they spin, which is quick on an idle machine and ruinous where another program
//! holds a core. Forty pictures on two cores (2026-11-25), idle / one core held / both held: spinning 1.0 / 2.7 to 15 /
//! 3.3 s, sleeping at once 1.2 / 1.5 / 2.4 s, a short spin and then sleep 1.05 / 1.8 / 2.2 s, which is what is chosen.
//!
//! Whether glibc gives large blocks back to the system as soon as they are free: a feature map of a large picture is one, so
//! that each inspection would get its memory page by page, 77,000 faults at 1024 pixels. Kept: 355 in place of 492 ms.

/// A variable, and by which others a user has chosen already.
#[cfg(unix)]
struct Choice {
    name: &'static str,
    value: &'static str,
    instead: &'static [&'static str],
}

#[cfg(unix)]
const CHOICES: [Choice; 3] = [
    // Rounds of a waiting thread before it sleeps, some microseconds.
    Choice {
        name: "GOMP_SPINCOUNT",
        value: "1000",
        instead: &["OMP_WAIT_POLICY"],
    },
    // Bytes of a block that is never kept: more than a tensor has.
    Choice {
        name: "MALLOC_MMAP_THRESHOLD_",
        value: "4000000000",
        instead: &["GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_"],
    },
    // Bytes at the end of the heap that are not kept.
    Choice {
        name: "MALLOC_TRIM_THRESHOLD_",
        value: "8000000000",
        instead: &["GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_"],
    },
];

/// Starts the program anew with what the user has not chosen.
#[cfg(unix)]
pub fn choose() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    let is_set = |name: &str| std::env::var_os(name).is_some();
    let open = |choice: &&Choice| {
        !is_set(choice.name) && !choice.instead.iter().any(|other| is_set(other))
    };
    let chosen: Vec<&Choice> = CHOICES.iter().filter(open).collect();
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    if chosen.is_empty() {
        return;
    }
    // Returns only if it fails; the work is then done as the libraries' authors chose.
    let _ = Command::new(program)
        .args(std::env::args_os().skip(1))
        .envs(chosen.iter().map(|choice| (choice.name, choice.value)))
        .exec();
}

/// Written for Unix only: elsewhere libtorch's threads and the heap are others.
#[cfg(not(unix))]
pub fn choose() {}
