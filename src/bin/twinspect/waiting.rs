//! How libtorch's threads wait for each other.
//!
//! They spin, which is quick on an idle machine and ruinous where another program holds a core: twenty pictures took 4.5 to
//! 8.5 s spinning and 1.5 s sleeping on two busy cores (2026-11-25). The OpenMP runtime reads the policy while it is being
//! loaded, before any code of ours runs, so the program starts itself once more with the policy set: 0.26 s.

/// Variables by which a user has chosen already.
const CHOICES: [&str; 2] = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"];

/// Starts the program anew with threads that sleep, unless the environment says how they wait.
#[cfg(unix)]
pub fn sleep_rather_than_spin() {
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
        .env(CHOICES[0], "passive")
        .exec();
}

/// Only the OpenMP runtime of Unix builds spins.
#[cfg(not(unix))]
pub fn sleep_rather_than_spin() {}
