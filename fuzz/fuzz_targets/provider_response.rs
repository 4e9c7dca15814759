//! Any bytes: reading them as a provider's response never panics and gives no absurd number, and white space
//! changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use xpander_report::ProviderResponse;

/// JSON's numbers are exact up to here.
const MAX_COUNT: u64 = 1 << 53;

fuzz_target!(|bytes: &[u8]| {
    let json = String::from_utf8_lossy(bytes);
    if let Some(response) = ProviderResponse::read(&json) {
        check(&response, &json);
    }
    // This is a separate check, because a `Value` keeps only one of several fields with the same key.
    if let Ok(document) = serde_json::from_str::<Value>(&json) {
        let compact = document.to_string();
        let pretty = serde_json::to_string_pretty(&document).expect("JSON");
        assert_eq!(
            ProviderResponse::read(&pretty),
            ProviderResponse::read(&compact)
        );
    }
});

fn check(response: &ProviderResponse, json: &str) {
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
        assert!(tokens.total_tokens() <= 2 * MAX_COUNT, "{tokens:?}");
    }
    let result = response.result.as_deref().unwrap_or("x");
    assert!(!result.is_empty() && result.len() <= json.len());
    serde_json::to_string(response).expect("JSON");
}
