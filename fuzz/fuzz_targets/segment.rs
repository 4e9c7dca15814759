//! Any bytes: taking in what another process left in a spool never panics, reads no report twice and deletes
//! nothing that it could not read.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[cfg(not(xpander_fuzzing))]
compile_error!("This target needs RUSTFLAGS=\"--cfg xpander_fuzzing\".");

fuzz_target!(|bytes: &[u8]| {
    // The segment, and after an empty line its acks.
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (segment, acks) = bytes.split_at(end.unwrap_or(bytes.len()));
    xpander_report::fuzzing::adopt(segment, acks.get(2..).unwrap_or_default());
});
