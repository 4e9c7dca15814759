use xpander_report::external_task;

struct User {
    name: String,
}

#[external_task(skip(&user))]
fn reference(user: User) -> usize {
    user.name.len()
}

#[external_task(skip(times, user.name))]
fn field(user: User, times: usize) -> usize {
    user.name.len() * times
}

#[external_task(input(user.name.len()))]
fn call(user: User) -> usize {
    user.name.len()
}

fn main() {}
