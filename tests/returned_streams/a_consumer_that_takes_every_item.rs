use super::*;

#[external_task]
fn numbers() -> impl ExactSizeIterator<Item = u8> {
    vec![1, 2, 3].into_iter()
}

#[external_task]
fn boxed() -> BoxStream<'static, u8> {
    stream::iter([1, 2, 3]).boxed()
}

fn chunk(text: &str, reason: Option<&str>) -> serde_json::Value {
    json!({
        "id": "chatcmpl-3", "object": "chat.completion.chunk", "model": "m",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}],
    })
}

#[external_task]
fn chunks() -> impl Stream<Item = serde_json::Value> + Unpin {
    let chunks = [chunk("Good ", None), chunk("day", Some("stop"))];
    stream::iter(chunks).chain(stream::once(std::future::ready(json!({"usage": null}))))
}

#[test]
fn has_not_cancelled_it() {
    let (_, reports) = record(|| numbers().take(3).count());
    assert_eq!(outcome(&reports), (Some(true), Some("[1,2,3]")));
    let (_, reports) = record(|| block_on(boxed().take(3).count()));
    assert_eq!(outcome(&reports), (Some(true), Some("[1,2,3]")));
    let (_, reports) = record(|| numbers().take(2).count());
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled: [1,2]")));
}

#[test]
fn leaves_what_it_drops_to_the_run() {
    struct Leaving;
    impl Drop for Leaving {
        fn drop(&mut self) {
            current_task().used_tool("close");
        }
    }
    #[external_task]
    fn run() -> impl Iterator<Item = u8> {
        let leaving = Leaving;
        vec![1, 2].into_iter().inspect(move |_| {
            let _ = &leaving;
        })
    }
    let (_, reports) = record(|| run().take(2).count());
    assert_eq!(outcome(&reports), (Some(true), Some("[1,2]")));
    assert_eq!(reports[0].used_tools, ["close"]);
}

#[test]
fn nor_has_one_that_stops_at_the_finish_reason() {
    let take = |count| record(|| block_on(chunks().take(count).count())).1;
    assert_eq!(outcome(&take(2)), (Some(true), Some("Good day")));
    assert_eq!(outcome(&take(1)), (Some(false), Some("cancelled: Good ")));
}

#[test]
fn but_has_failed_if_the_body_said_so() {
    #[external_task]
    fn run() -> impl Stream<Item = serde_json::Value> + Unpin {
        chunks().inspect(|_| {
            current_task().fail("nonsense");
        })
    }
    let (_, reports) = record(|| block_on(run().take(2).count()));
    let [_, run] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert_eq!(run.is_success, Some(false));
}
