use xpander_report::external_task;

#[external_task(input(text), skip(key))]
fn run(text: &str, key: &str) -> usize {
    text.len() + key.len()
}

fn main() {
    run("x", "y");
}
