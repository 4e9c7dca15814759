//! A program that keeps the guard until the end of `main`, and flushes nowhere else.

use xpander_report::{Reporter, TaskReport};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let _guard = Reporter::from_env()?.install()?;
    for _ in 0..20 {
        Reporter::current()
            .ok_or("just installed")?
            .report(TaskReport::new().input("x"));
    }
    Ok(())
}
