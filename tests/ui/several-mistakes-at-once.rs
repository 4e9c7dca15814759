use xpander_report::external_task;

#[external_task(agent = "a", tool = "b")]
const fn run(text: &str) -> usize {
    text.len()
}

#[external_task(skip(missing), keep_failures)]
const fn run_too(text: &str) -> usize {
    text.len()
}

const LENGTH: usize = run("x") + run_too("x");

fn main() {
    assert_eq!(LENGTH, 2);
}
