#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| { let _ = latscope::source::read_stream(data, &mut |_| {}); });
