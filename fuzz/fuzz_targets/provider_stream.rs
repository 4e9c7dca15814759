//! Any bytes: reading them as the recording of a stream never panics, gives no absurd number and no text
//! that did not come.

#![no_main]

use libfuzzer_sys::fuzz_target;
use xpander_report::ProviderResponse;

/// JSON's numbers are exact up to here.
const MAX_COUNT: u64 = 1 << 53;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    check(&bytes[..bytes.len() / 2]);
    // JSON lines are also tested as server-sent events.
    let lines = String::from_utf8_lossy(bytes);
    let events = lines.lines().map(|line| format!("data: {line}\n\n"));
    check(events.collect::<String>().as_bytes());
});

fn check(recording: &[u8]) {
    let Some(response) = ProviderResponse::read_stream(recording) else {
        return;
    };
    if let Some(tokens) = response.tokens {
        let counts = [
            tokens.prompt_tokens,
            tokens.completion_tokens,
            tokens.cache_read_tokens,
            tokens.cache_write_tokens,
        ];
        for count in counts.into_iter().flatten() {
            assert!(count <= MAX_COUNT, "{tokens:?}");
        }
    }
    // Each invalid byte becomes a replacement character of three bytes.
    let result = response.result.as_deref().unwrap_or("x");
    assert!(!result.is_empty() && result.len() <= 3 * recording.len());
    serde_json::to_string(&response).expect("JSON");
}
