#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| twinspect_fuzz::weights::run(bytes));
