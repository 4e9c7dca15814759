//! A program that keeps the guard until the end of `main` and does not flush elsewhere. `EXIT_TIMEOUT` is the guard's
//! timeout in milliseconds.

use std::time::Duration;

use xpander_report::{Reporter, TaskReport};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut builder = Reporter::builder();
    if let Ok(millis) = std::env::var("EXIT_TIMEOUT") {
        builder = builder.exit_timeout(Duration::from_millis(millis.parse()?));
    }
    let _guard = builder.build()?.install()?;
    for _ in 0..20 {
        Reporter::current()
            .ok_or("just installed")?
            .report(TaskReport::new().input("x"));
    }
    Ok(())
}
