#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| twinspect_fuzz::model::run(bytes));
