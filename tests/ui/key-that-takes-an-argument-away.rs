use xpander_report::external_task;

struct Order {
    id: String,
}

#[external_task(id = name)]
fn bare(name: String) -> usize {
    name.len()
}

#[external_task(agent_id = order.id, skip_all)]
async fn field(order: Order) -> usize {
    order.id.len()
}

#[external_task(id = Some(name))]
fn optional(name: String) -> usize {
    name.len()
}

#[external_task(id = String::from_utf8_lossy(&name.into_bytes()).into_owned())]
fn call(name: String) -> usize {
    name.len()
}

fn main() {
    bare("x".to_owned());
    let _ = field(Order { id: "x".to_owned() });
    optional("x".to_owned());
    call("x".to_owned());
}
