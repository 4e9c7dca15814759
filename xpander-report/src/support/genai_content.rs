use once_cell::sync::OnceCell;

/// The variable by which OpenTelemetry's instrumentations are told to record content.
const VARIABLE: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

/// Whether the environment asks for content in spans. Read once.
pub(crate) fn is_wanted() -> bool {
    static WANTED: OnceCell<bool> = OnceCell::new();
    *WANTED.get_or_init(|| {
        std::env::var(VARIABLE).is_ok_and(|value| value.trim().eq_ignore_ascii_case("true"))
    })
}
