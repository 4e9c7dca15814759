//! A response must serialise, or say how it becomes JSON.

use xpander_report::{current_task, external_task};

struct Response;

#[external_task]
fn by_handle() {
    current_task().llm_response(&Response);
}

#[external_task(llm_response = |response| response)]
fn by_key() -> Response {
    Response
}

fn main() {}
