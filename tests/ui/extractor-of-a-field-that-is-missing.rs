use xpander_report::external_task;

struct Answer {
    text: String,
}

#[external_task(result = |answer| answer.message.clone())]
async fn run(text: &str) -> Result<Answer, String> {
    Ok(Answer { text: text.to_owned() })
}

fn main() {
    let _ = run("x");
}
