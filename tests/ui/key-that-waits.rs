use xpander_report::external_task;

async fn look_up(text: &str) -> String {
    text.to_owned()
}

#[external_task(id = look_up(text).await, result = |length| async { length }.await)]
async fn run(text: &str) -> usize {
    text.len()
}

fn main() {
    let _ = run("x");
}
