use std::fmt::{self, Debug, Display};

use xpander_report::external_task;

#[derive(Debug)]
struct Held<T>(T);

impl<T: 'static> Display for Held<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("held")
    }
}

#[external_task]
fn hold<T: Debug>(it: Held<T>) -> Held<T> {
    it
}

fn main() {
    let _ = hold(Held(1));
}
