//! How libtorch's threads wait for each other.
//!
//! They spin, which is quick on an idle machine and ruinous where another program holds a core. Forty pictures on two cores
//! (2026-11-25), idle / one core held / both held: spinning 1.0 / 2.7 to 15 / 3.3 s, sleeping at once 1.2 / 1.5 / 2.4 s, a
//! short spin and then sleep 1.05 / 1.8 / 2.2 s, which is what the program does. The OpenMP runtime reads this while it is
//! being loaded, before any code of ours runs, so the program starts itself once more: 0.26 s.

/// Variables by which a user has chosen already.
const CHOICES: [&str; 2] = ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"];

/// Rounds of a waiting thread before it sleeps, some microseconds.
const SPIN: &str = "1000";

/// Starts the program anew with threads that soon sleep, unless the environment says how they wait.
#[cfg(unix)]
pub fn sleep_soon() {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    if CHOICES.iter().any(|name| std::env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    // Returns only if it fails; the work is then done with threads that spin.
    let _ = Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(CHOICES[0], SPIN)
        .exec();
}

/// Only the OpenMP runtime of Unix builds spins.
#[cfg(not(unix))]
pub fn sleep_soon() {}
