//! A local platform in memory, or with the data file named as its argument, that runs until its standard
//! input ends.
//!
//! ```sh
//! cargo run -p xpander-report-local --example serve
//! ```

use std::io::{self, Read, Write};

use xpander_report_local::LocalPlatform;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let builder = LocalPlatform::builder().port(0);
    let builder = match std::env::args_os().nth(1) {
        Some(path) => builder.data(path),
        None => builder,
    };
    let platform = builder.start()?;
    let mut out = io::stdout();
    writeln!(out, "{}", platform.url())?;
    out.flush()?;
    io::stdin().read_to_end(&mut Vec::new())?;
    platform.stop();
    Ok(())
}
