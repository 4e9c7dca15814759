//! Compiles and runs every snippet of the guide.

/// Makes the doc tests of a page.
macro_rules! pages {
    ($($name:ident: $page:literal)*) => {$(
        #[cfg(doctest)]
        #[doc = include_str!(concat!("../../../docs/", $page))]
        pub struct $name;
    )*};
}

pages! {
    Attribute: "attribute.md"
    Durability: "durability.md"
    GettingStarted: "getting-started.md"
    Lambda: "lambda.md"
    LocalPlatform: "local-platform.md"
    NestedRuns: "nested-runs.md"
    Providers: "providers.md"
    Redaction: "redaction.md"
    Streams: "streams.md"
    Testing: "testing.md"
    Troubleshooting: "troubleshooting.md"
    Workers: "workers.md"
}
