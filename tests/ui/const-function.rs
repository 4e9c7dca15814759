use xpander_report::external_task;

#[external_task]
const fn run(text: &str) -> usize {
    text.len()
}

const LENGTH: usize = run("x");

fn main() {
    assert_eq!(LENGTH, 1);
}
