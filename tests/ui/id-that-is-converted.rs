use xpander_report::external_task;

#[external_task(id = user.into())]
fn owned(user: String) -> usize {
    user.len()
}

#[external_task(agent_id = Some(user.into()))]
fn optional(user: &str) -> usize {
    user.len()
}

fn main() {}
