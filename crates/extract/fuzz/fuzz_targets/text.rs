#![no_main]

#[path = "../checks.rs"]
#[expect(dead_code, reason = "each target uses one of its checks")]
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::text(data));
