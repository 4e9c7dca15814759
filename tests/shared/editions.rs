// The same functions for callers of each edition.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;

use xpander_report::external_task;
use xpander_report::testing::Recorder;

fn record<T>(run: impl FnOnce() -> T) -> xpander_report::TaskReport {
    let recorder = Recorder::new();
    recorder.in_scope(run);
    recorder.take().remove(0)
}

#[external_task]
fn sync(mut items: Vec<String>, by: &str) -> Result<String, String> {
    items.push(by.to_owned());
    items.pop().ok_or_else(|| "nothing".to_owned())
}

#[external_task(
    id = format!("run-{count}"),
    result = |answer| answer.as_ref().map(|text| text.len()),
    used_tools = |_| vec!["search"],
)]
async fn later<T: Display>(text: T, count: u32) -> Option<Box<str>> {
    smol::future::yield_now().await;
    Some(text.to_string().repeat(count as usize).into())
}

#[external_task]
fn opaque(text: &str) -> impl Future<Output = usize> {
    let length = text.len();
    async move { length }
}

#[external_task]
fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
    Box::pin(async move { text })
}

#[external_task]
fn iterator<'a>(items: &'a mut [u32], by: &'a u32) -> impl Iterator<Item = u32> + 'a {
    items.iter_mut().map(move |item| *item + by)
}

struct Counter {
    calls: u32,
    name: String,
}

impl Counter {
    #[external_task(input(self, by))]
    async fn count(&mut self, by: u32) -> Result<&mut u32, String> {
        let Counter { calls, name } = self;
        name.push('!');
        *calls += by;
        Ok(calls)
    }
}

impl std::fmt::Debug for Counter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.calls)
    }
}

#[external_task]
fn locked(lock: &std::sync::Mutex<Vec<u8>>) -> usize {
    lock.lock().map(|items| items.len()).unwrap_or_default()
}

#[test]
fn the_attribute_does_the_same_in_each_edition() {
    let report = record(|| sync(vec!["a".to_owned()], "b"));
    assert_eq!(report.input.as_deref(), Some(r#"{"items":["a"],"by":"b"}"#));
    assert_eq!(report.result.as_deref(), Some("b"));

    let report = record(|| smol::block_on(later("ab", 2)));
    assert_eq!(report.id.as_deref(), Some("run-2"));
    assert_eq!(report.result.as_deref(), Some("4"));
    assert_eq!(report.used_tools, ["search"]);

    let report = record(|| smol::block_on(async { opaque("four").await }));
    assert_eq!(report.result.as_deref(), Some("4"));
    let report = record(|| smol::block_on(async { boxed("x").await.len() }));
    assert_eq!(report.result.as_deref(), Some("x"));

    let mut items = [1, 2];
    assert_eq!(iterator(&mut items, &1).collect::<Vec<_>>(), [2, 3]);

    let mut counter = Counter {
        calls: 1,
        name: "Ada".to_owned(),
    };
    let report = record(|| smol::block_on(async { *counter.count(2).await.unwrap() += 1 }));
    assert_eq!(report.input.as_deref(), Some(r#"{"self":"Ada 1","by":2}"#));
    assert_eq!(report.result.as_deref(), Some("3"));
    assert_eq!((counter.calls, counter.name.as_str()), (4, "Ada!"));

    let report = record(|| locked(&vec![1].into()));
    assert_eq!(report.result.as_deref(), Some("1"));
}
