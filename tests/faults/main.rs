//! What other people's software, a full disk or a kill can do to the library, done to it: nothing crashes, no file is half, no
//! object is left in between.
//!
//! A binary of its own, as it has an allocator that fails when it is told to, and can be built with ThreadSanitizer without
//! the rest. `cargo test` runs short versions; the Makefile's `crash`, `threads` and `faults` run the long ones.
#![cfg(unix)]
#![allow(unsafe_code)]
// Each test is a caller that keeps the header's promises, or breaks those that the library must survive.
#![allow(clippy::undocumented_unsafe_blocks)]

mod allocations;
mod allocator;
mod caller;
mod crash;
mod disk;
mod memory;
#[cfg(feature = "panic-injection")]
mod panics;
mod starved;
mod threads;
mod writer;

#[path = "../rust/oracle.rs"]
#[allow(dead_code)]
mod oracle;
#[path = "../rust/parts.rs"]
#[allow(dead_code)]
mod parts;
#[path = "../rust/skip.rs"]
mod skip;

/// How often something is done: what the environment says, as the Makefile does for the long versions.
fn count(name: &str, short: usize) -> usize {
    std::env::var(name).map_or(short, |text| text.parse().unwrap())
}
