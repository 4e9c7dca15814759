use xpander_report::external_task;

struct Echo;

#[external_task]
impl Echo {
    fn ask(&self, question: &str) -> String {
        question.to_owned()
    }
}

fn main() {
    Echo.ask("x");
}
