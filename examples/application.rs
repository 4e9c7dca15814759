//! An application that uses a library with instrumented functions and reports their runs, here to its own local
//! platform.
//!
//! ```text
//! cargo run --example application
//! ```

use std::error::Error;
use std::time::Duration;

use example_library::key_terms;
use xpander_report::Reporter;
use xpander_report_local::LocalPlatform;

fn main() -> Result<(), Box<dyn Error>> {
    // No reporter is installed yet, so this run is not reported.
    key_terms("a run before there is a reporter", 1)?;

    let platform = LocalPlatform::builder().port(0).start()?;
    let reporter = Reporter::builder()
        .base_url(platform.url())
        .api_key("local")
        .agent_id("application")
        .only(["example_library"])
        .build()?;
    let _guard = reporter.clone().install()?;

    let terms = key_terms(
        "Libraries instrument, applications decide what applications report.",
        3,
    )?;
    println!("The terms: {}", terms.join(", "));
    let _ = key_terms("no", 3);

    let _ = reporter.flush_blocking(Duration::from_secs(10));
    for task in platform.tasks()? {
        println!(
            "{}: {} → {}",
            task.status,
            task.input.unwrap_or_default(),
            task.result.unwrap_or_default()
        );
    }
    Ok(())
}
