use xpander_report::external_task;

#[external_task]
fn run(text: String) -> String {
    drop(text);
    text
}

fn main() {
    run("x".to_owned());
}
