#![no_main]

use twinspect_fuzz::calls;

libfuzzer_sys::fuzz_target!(init: calls::watch(), |bytes: &[u8]| calls::run(bytes));
