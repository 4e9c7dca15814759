//! Any bytes: reading them as the platform's answer never panics, shows the key to nobody and believes no absurd
//! wait.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[cfg(not(xpander_fuzzing))]
compile_error!("This target needs RUSTFLAGS=\"--cfg xpander_fuzzing\".");

const KEY: &str = "sk-key";

fuzz_target!(|bytes: &[u8]| {
    // The status, and a header up to the first line break.
    let (status, rest) = bytes.split_at(bytes.len().min(2));
    let status = status
        .iter()
        .fold(0, |status, byte| status << 8 | u16::from(*byte));
    let end = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(rest.len());
    let (header, body) = rest.split_at(end);
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    for status in [200, 429, status] {
        xpander_report::fuzzing::answer(status, header, body, KEY);
    }
});
