use xpander_report::external_task;

trait Model {
    #[external_task]
    fn ask(&self, question: &str) -> String;
}

struct Echo;

impl Model for Echo {
    fn ask(&self, question: &str) -> String {
        question.to_owned()
    }
}

fn main() {
    Echo.ask("x");
}
