//! Compiles and runs every snippet of the guide and of the READMEs.

/// Makes the doc tests of a page.
macro_rules! pages {
    ($($name:ident: $page:literal)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../../docs/", $page))]
        pub struct $name;
    )*};
}

/// Makes the doc tests of a text elsewhere in the repository.
macro_rules! texts {
    ($($name:ident: $path:literal)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../../", $path))]
        pub struct $name;
    )*};
}

texts! {
    Library: "xpander-report/README.md"
    Local: "xpander-report-local/README.md"
    Relay: "xpander-report-relay/README.md"
    Project: "README.md"
}

pages! {
    Attribute: "attribute.md"
    Durability: "durability.md"
    GettingStarted: "getting-started.md"
    Lambda: "lambda.md"
    Libraries: "libraries.md"
    LocalPlatform: "local-platform.md"
    NestedRuns: "nested-runs.md"
    OpenTelemetry: "opentelemetry.md"
    Providers: "providers.md"
    Redaction: "redaction.md"
    Streams: "streams.md"
    Testing: "testing.md"
    Troubleshooting: "troubleshooting.md"
    Workers: "workers.md"
}
