use xpander_report::external_task;

#[external_task(agent = "agent-123")]
fn run() {}

fn main() {
    run();
}
