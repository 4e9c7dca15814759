use xpander_report::external_task;

#[external_task(result = |text: &String| text.len())]
fn run(text: &str) -> Result<usize, String> {
    Ok(text.len())
}

fn main() {
    let _ = run("x");
}
