use super::*;

struct Agent {
    name: String,
    calls: u32,
}

impl Agent {
    #[external_task]
    async fn ask(&self, question: &str) -> String {
        format!("{} on {question}", self.name)
    }

    #[external_task]
    fn count(&mut self) -> Result<&mut u32, String> {
        self.calls += 1;
        Ok(&mut self.calls)
    }

    #[external_task]
    fn name(&self) -> &str {
        &self.name
    }

    #[external_task]
    async fn into_name(self) -> String {
        self.name
    }
}

fn agent() -> Agent {
    Agent {
        name: "Ada".into(),
        calls: 0,
    }
}

#[test]
fn methods_report_without_self() {
    let report = record_async(agent().ask("life"));
    assert_eq!(report.input.as_deref(), Some("life"));
    assert_eq!(report.result.as_deref(), Some("Ada on life"));
    let mut agent = agent();
    assert_eq!(
        record(|| *agent.count().unwrap() += 1).result.as_deref(),
        Some("1")
    );
    assert_eq!(agent.calls, 2);
    assert_eq!(record(|| agent.name().len()).result.as_deref(), Some("Ada"));
    assert_eq!(
        record_async(agent.into_name()).result.as_deref(),
        Some("Ada")
    );
}

#[test]
fn generic_functions_use_the_bounds_that_are_written_on_them() {
    #[external_task]
    fn shown<T: fmt::Debug>(value: T) -> T {
        value
    }
    #[external_task]
    fn unknown<T>(value: T) -> T {
        value
    }
    #[external_task]
    async fn hidden(items: impl Iterator<Item = u32>) -> impl fmt::Display {
        items.sum::<u32>()
    }
    let report = record(|| shown(vec!["a"]));
    assert_eq!(report.input.as_deref(), Some(r#"["a"]"#));
    assert_eq!(record(|| unknown(7_u8)).input.as_deref(), Some("<u8>"));
    assert_eq!(
        record_async(hidden([1, 2].into_iter())).result.as_deref(),
        Some("3")
    );
}

#[test]
fn patterns_are_captured_by_the_names_they_bind() {
    #[external_task]
    fn run((a, b): (u32, u32), Order { id, .. }: Order, [first, ..]: [char; 2], _: u8) -> u32 {
        a + b + id + first as u32
    }
    let report = record(|| run((1, 2), order(), ['x', 'y'], 9));
    assert_eq!(
        report.input.as_deref(),
        Some(r#"{"a":1,"b":2,"id":7,"first":"x"}"#)
    );
}

#[test]
fn futures_stay_send() {
    #[external_task]
    async fn run(cell: std::cell::Cell<u32>, text: &str) -> u32 {
        smol::future::yield_now().await;
        cell.get() + text.len() as u32
    }
    fn assert_send<T: Send>(it: T) -> T {
        it
    }
    assert_eq!(smol::block_on(assert_send(run(1.into(), "ab"))), 3);
}

#[test]
fn trait_implementations_are_instrumented() {
    trait Model {
        fn ask(&self, question: String) -> impl Future<Output = String> + Send;
        #[external_task]
        fn name(&self) -> &'static str {
            "default"
        }
    }
    struct Echo;
    impl Model for Echo {
        #[external_task]
        async fn ask(&self, question: String) -> String {
            question
        }
    }
    assert_eq!(
        record_async(Echo.ask("x".into())).result.as_deref(),
        Some("x")
    );
    assert_eq!(record(|| Echo.name()).result.as_deref(), Some("default"));
}

#[test]
fn recursion_reports_each_run() {
    #[external_task]
    fn down(n: u32) -> Pin<Box<dyn Future<Output = u32> + Send>> {
        Box::pin(async move { if n == 0 { 0 } else { down(n - 1).await + 1 } })
    }
    let recorder = Recorder::new();
    smol::block_on(recorder.scope(async { assert_eq!(down(3).await, 3) }));
    let results: Vec<_> = recorder
        .take()
        .into_iter()
        .map(|r| r.result.unwrap())
        .collect();
    assert_eq!(results, ["0", "1", "2", "3"]);
}
