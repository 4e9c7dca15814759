//! Functions that return a stream or an iterator: their run goes on until it ends.
#![deny(warnings, clippy::pedantic)]

use std::pin::Pin;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};
use serde_json::json;
use smol::block_on;
use xpander_report::testing::Recorder;
use xpander_report::{Redaction, TaskReport, Tokens, current_task, external_task};

/// What `run` makes of the recorder's scope, and the reports.
fn record<T>(run: impl FnOnce() -> T) -> (T, Vec<TaskReport>) {
    record_with(Redaction::new(), run)
}

fn record_with<T>(redaction: Redaction, run: impl FnOnce() -> T) -> (T, Vec<TaskReport>) {
    let recorder = Recorder::with(redaction);
    let value = recorder.in_scope(run);
    (value, recorder.take())
}

fn words() -> impl Stream<Item = &'static str> + Unpin {
    stream::iter(["Hello", " ", "world"])
}

fn outcome(reports: &[TaskReport]) -> (Option<bool>, Option<&str>) {
    let [report] = reports else {
        panic!("one report: {reports:?}")
    };
    (report.is_success, report.result.as_deref())
}

mod a_stream {
    use super::*;

    #[external_task]
    fn opaque(prompt: &str) -> impl Stream<Item = &'static str> + Unpin + use<> {
        words()
    }

    #[external_task]
    async fn later(prompt: String) -> impl Stream<Item = String> {
        smol::future::yield_now().await;
        words().map(str::to_owned)
    }

    #[external_task]
    async fn fallible(prompt: &str) -> Result<impl Stream<Item = &'static str> + use<>, String> {
        if prompt.is_empty() {
            return Err("no prompt".to_owned());
        }
        Ok(words())
    }

    #[external_task]
    fn boxed(prompt: &str) -> BoxStream<'static, &'static str> {
        words().boxed()
    }

    #[external_task]
    fn boxed_here(prompt: &str) -> Pin<Box<dyn Stream<Item = char> + '_>> {
        Box::pin(stream::iter(prompt.chars()))
    }

    #[external_task]
    async fn boxed_unpin() -> std::io::Result<Box<dyn Stream<Item = &'static str> + Unpin + Send>> {
        Ok(Box::new(words()))
    }

    type TokenStream = Pin<Box<dyn Stream<Item = &'static str> + Send>>;

    #[external_task]
    async fn behind_an_alias(prompt: &str) -> Result<TokenStream, String> {
        match prompt {
            "" => Err("no prompt".to_owned()),
            _ => Ok(words().boxed()),
        }
    }

    #[external_task]
    fn in_a_future() -> impl Future<Output = Result<TokenStream, String>> {
        std::future::ready(Ok(words().boxed()))
    }

    #[test]
    fn is_reported_when_it_ends_as_the_text_that_came() {
        let hello = (Some(true), Some("Hello world"));
        let (got, reports) = record(|| block_on(opaque("hi").collect::<String>()));
        assert_eq!(got, "Hello world");
        assert_eq!(outcome(&reports), hello);
        assert_eq!(reports[0].input.as_deref(), Some("hi"));
        assert!(reports[0].duration.is_some());
        let runs: [fn() -> String; 5] = [
            || block_on(async { later("hi".into()).await.collect().await }),
            || block_on(async { fallible("hi").await.unwrap().collect().await }),
            || block_on(boxed("hi").collect()),
            || block_on(async { boxed_unpin().await.unwrap().collect().await }),
            || block_on(async { in_a_future().await.unwrap().collect().await }),
        ];
        for run in runs {
            let (got, reports) = record(run);
            assert_eq!(got, "Hello world");
            assert_eq!(outcome(&reports), hello);
        }
        let (_, reports) = record(|| block_on(boxed_here("hi").collect::<String>()));
        assert_eq!(outcome(&reports), (Some(true), Some("hi")));
        let (_, reports) = record(|| {
            block_on(async {
                behind_an_alias("hi")
                    .await
                    .unwrap()
                    .collect::<String>()
                    .await
            })
        });
        assert_eq!(outcome(&reports), hello);
    }

    #[test]
    fn that_there_is_not_is_a_failure_at_once() {
        for run in [
            (|| block_on(fallible("")).err()) as fn() -> Option<String>,
            || block_on(behind_an_alias("")).err(),
        ] {
            let (error, reports) = record(run);
            assert_eq!(error.as_deref(), Some("no prompt"));
            assert_eq!(outcome(&reports), (Some(false), Some("no prompt")));
        }
    }

    #[test]
    fn that_is_dropped_half_way_is_cancelled_with_what_came() {
        let ((), reports) = record(|| {
            let mut stream = opaque("hi");
            block_on(stream.next());
        });
        assert_eq!(outcome(&reports), (Some(false), Some("cancelled: Hello")));
    }

    #[test]
    fn that_nobody_polls_is_not_reported_unless_its_function_ran() {
        let ((), reports) = record(|| drop(opaque("hi")));
        assert_eq!(reports.len(), 0);
        let ((), reports) = record(|| drop(block_on(later("hi".into()))));
        assert_eq!(outcome(&reports), (Some(false), Some("cancelled")));
    }

    #[test]
    fn that_panics_is_reported_and_goes_on_panicking() {
        #[external_task]
        fn run() -> impl Stream<Item = &'static str> {
            words().map(|word| match word {
                " " => panic!("a space"),
                word => word,
            })
        }
        let (caught, reports) =
            record(|| std::panic::catch_unwind(|| block_on(run().collect::<String>())).is_err());
        assert!(caught);
        assert_eq!(
            outcome(&reports),
            (Some(false), Some("panicked: a space: Hello"))
        );
    }

    #[test]
    fn is_a_run_whose_handle_works_between_items() {
        #[external_task]
        fn run() -> impl Stream<Item = &'static str> {
            words().inspect(|word| {
                current_task().used_tool(word.trim());
            })
        }
        let (_, reports) = record(|| block_on(run().collect::<Vec<_>>()));
        assert_eq!(reports[0].used_tools, ["Hello", "", "world"]);
        assert_eq!(current_task().id(), None);
    }

    #[test]
    fn keeps_what_its_type_promises() {
        fn needs<S: Stream<Item = &'static str> + Unpin + Send + 'static>(stream: &S) -> usize {
            stream.size_hint().0
        }
        assert_eq!(needs(&opaque("hi")), 3);
    }

    #[test]
    fn takes_keys_from_what_the_function_returned() {
        #[external_task(
            tokens = |_| Tokens::new(7, 3),
            used_tools = |_| ["search"],
            result = |words| format!("{} words", words.size_hint().0),
        )]
        fn run() -> impl Stream<Item = &'static str> {
            words()
        }
        let (_, reports) = record(|| block_on(run().count()));
        assert_eq!(outcome(&reports), (Some(true), Some("3 words")));
        assert_eq!(reports[0].tokens, Some(Tokens::new(7, 3)));
        assert_eq!(reports[0].used_tools, ["search"]);
    }

    #[test]
    fn of_content_that_may_not_leave_leaves_none() {
        let off = Redaction::new().capture_content(false);
        let (_, reports) = record_with(off, || block_on(opaque("hi").count()));
        assert_eq!(outcome(&reports), (Some(true), None));
    }

    #[test]
    fn borrows_as_it_did() {
        struct Model(Vec<String>);
        impl Model {
            #[external_task]
            fn words<'a>(
                &'a mut self,
                prompt: &str,
            ) -> impl Stream<Item = &'a mut String> + use<'a> {
                stream::iter(self.0.iter_mut())
            }
        }
        let mut model = Model(vec!["a".into(), "b".into()]);
        let ((), reports) = record(|| {
            block_on(model.words("hi").for_each(|word| {
                word.push('!');
                std::future::ready(())
            }));
        });
        assert_eq!(outcome(&reports), (Some(true), Some("ab")));
        assert_eq!(model.0, ["a!", "b!"]);
    }
}

mod an_item_that_is_an_error {
    use super::*;

    #[external_task]
    fn breaks() -> impl Stream<Item = Result<&'static str, std::num::ParseIntError>> + Unpin {
        stream::iter([Ok("Hel"), "lo".parse::<u8>().map(|_| "")])
    }

    const REASON: &str = "invalid digit found in string: Hel";

    #[test]
    fn fails_the_run_with_what_came_before() {
        let (_, reports) = record(|| block_on(breaks().count()));
        assert_eq!(outcome(&reports), (Some(false), Some(REASON)));
    }

    #[test]
    fn fails_it_too_when_nobody_asks_for_more() {
        let ((), reports) = record(|| {
            let mut stream = breaks();
            while let Some(Ok(_)) = block_on(stream.next()) {}
        });
        assert_eq!(outcome(&reports), (Some(false), Some(REASON)));
    }

    #[test]
    fn is_told_as_the_key_says() {
        #[external_task(error = |error| format!("{} units", error.len()))]
        fn run() -> impl Stream<Item = Result<&'static str, String>> {
            stream::iter([Err("secret".to_owned())])
        }
        let (_, reports) = record(|| block_on(run().count()));
        assert_eq!(outcome(&reports), (Some(false), Some("6 units")));
    }
}

mod items_that_are_json {
    use super::*;

    #[test]
    fn of_no_provider_are_an_array() {
        #[external_task]
        fn run() -> impl Stream<Item = serde_json::Value> {
            stream::iter([json!({"a": 1}), json!({"b": 2})])
        }
        let (_, reports) = record(|| block_on(run().count()));
        assert_eq!(
            outcome(&reports),
            (Some(true), Some(r#"[{"a":1},{"b":2}]"#))
        );
    }
}

mod an_iterator {
    use super::*;

    #[external_task]
    fn opaque(
        text: &str,
    ) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator<Item = &str> {
        text.split(' ').collect::<Vec<_>>().into_iter()
    }

    #[external_task]
    fn boxed<'a>(text: &'a str) -> Result<Box<dyn Iterator<Item = &'a str> + 'a>, String> {
        Ok(Box::new(text.split(' ')))
    }

    #[test]
    fn is_reported_when_it_ends() {
        let (words, reports) = record(|| opaque("a b c").count());
        assert_eq!(words, 3);
        assert_eq!(outcome(&reports), (Some(true), Some("abc")));
        let (words, reports) = record(|| boxed("a b c").unwrap().count());
        assert_eq!(words, 3);
        assert_eq!(outcome(&reports), (Some(true), Some("abc")));
    }

    #[test]
    fn that_is_dropped_half_way_is_cancelled_with_what_came() {
        let (last, reports) = record(|| opaque("a b c").next_back());
        assert_eq!(last, Some("c"));
        assert_eq!(outcome(&reports), (Some(false), Some("cancelled: c")));
        let (count, _) = record(|| opaque("a b c").len());
        assert_eq!(count, 3);
    }
}

mod what_is_no_stream {
    use super::*;

    #[derive(Debug)]
    struct UpStream(u8);

    #[test]
    fn is_a_value_whatever_its_name() {
        #[external_task]
        async fn run() -> std::io::Result<UpStream> {
            Ok(UpStream(7))
        }
        let (value, reports) = record(|| block_on(run()).unwrap().0);
        assert_eq!(value, 7);
        assert_eq!(outcome(&reports), (Some(true), Some("UpStream(7)")));
        assert!(reports[0].duration.unwrap() > 0.0);
    }

    #[test]
    fn is_a_value_when_it_is_an_iterator_of_a_type_of_its_own() {
        #[external_task]
        fn run() -> std::ops::Range<u8> {
            1..3
        }
        let (_, reports) = record(run);
        assert_eq!(
            outcome(&reports),
            (Some(true), Some("{\"start\":1,\"end\":3}"))
        );
    }
}

mod what_a_body_did_before_its_stream {
    use super::*;

    #[test]
    fn is_reported_though_nobody_polls_it() {
        #[external_task]
        fn run() -> impl Iterator<Item = u8> {
            current_task().used_tool("search");
            0..3
        }
        let ((), reports) = record(|| drop(run()));
        assert_eq!(outcome(&reports), (Some(false), Some("cancelled")));
        assert_eq!(reports[0].used_tools, ["search"]);
    }
}

#[test]
fn raw_items_with_breaks_between_their_tokens_stay_whole() {
    #[external_task]
    fn run() -> impl Stream<Item = Box<serde_json::value::RawValue>> {
        let raw = |json: &str| serde_json::value::RawValue::from_string(json.to_owned()).unwrap();
        stream::iter([raw("{\n  \"a\": 1\r\n}"), raw("[1,\n2]")])
    }
    let (_, reports) = record(|| block_on(run().count()));
    let items = serde_json::from_str::<serde_json::Value>(reports[0].result.as_ref().unwrap());
    assert_eq!(items.unwrap(), json!([{"a": 1}, [1, 2]]));
}

#[test]
fn what_a_stream_does_when_it_is_dropped_is_a_part_of_its_run() {
    struct Leaving;
    impl Drop for Leaving {
        fn drop(&mut self) {
            current_task().used_tool("close");
        }
    }
    #[external_task]
    fn run() -> impl Stream<Item = &'static str> + Unpin {
        let leaving = Leaving;
        words().inspect(move |_| {
            let _ = &leaving;
        })
    }
    let ((), reports) = record(|| {
        let mut stream = run();
        block_on(stream.next());
    });
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled: Hello")));
    assert_eq!(reports[0].used_tools, ["close"]);
}

#[test]
fn items_are_kept_up_to_16_mebibytes() {
    #[external_task]
    fn run() -> impl Iterator<Item = String> {
        std::iter::repeat_n("x".repeat(1 << 20), 20)
    }
    let whole = Redaction::new().max_bytes(usize::MAX);
    let (count, reports) = record_with(whole, || run().count());
    assert_eq!(count, 20);
    assert_eq!(reports[0].result.as_ref().unwrap().len(), 16 << 20);
}

mod inside_something {
    use super::*;
    use std::rc::Rc;

    type Words = BoxStream<'static, Result<&'static str, String>>;
    type Named = (u8, Words);

    fn broken() -> Words {
        stream::iter([Ok("so far"), Err("the line broke".to_owned())]).boxed()
    }

    const BROKEN: (Option<bool>, Option<&str>) = (Some(false), Some("the line broke: so far"));

    #[external_task]
    async fn optional(some: bool) -> Option<impl Stream<Item = Result<&'static str, String>>> {
        some.then(broken)
    }

    #[external_task]
    fn pair() -> (u8, Words) {
        (7, broken())
    }

    #[external_task]
    fn pair_behind_an_alias() -> Named {
        (7, broken())
    }

    #[external_task]
    fn boxed() -> Box<impl Stream<Item = Result<&'static str, String>> + Unpin> {
        Box::new(broken())
    }

    #[external_task]
    fn pinned() -> Pin<Box<impl Stream<Item = Result<&'static str, String>>>> {
        Box::pin(broken())
    }

    #[external_task]
    fn deep(ok: bool) -> Result<(u8, Option<Words>), Rc<str>> {
        if ok {
            Ok((7, Some(broken())))
        } else {
            Err("none".into())
        }
    }

    #[external_task]
    fn opaque_deep() -> Result<(u8, impl Stream<Item = Result<&'static str, String>>), String> {
        Ok((7, broken()))
    }

    #[test]
    fn a_stream_is_followed() {
        let runs: [fn() -> usize; 7] = [
            || block_on(async { optional(true).await.unwrap().count().await }),
            || block_on(pair().1.count()),
            || block_on(pair_behind_an_alias().1.count()),
            || block_on(boxed().count()),
            || block_on(pinned().count()),
            || block_on(deep(true).unwrap().1.unwrap().count()),
            || block_on(opaque_deep().unwrap().1.count()),
        ];
        for run in runs {
            let (count, reports) = record(run);
            assert_eq!(count, 2);
            assert_eq!(outcome(&reports), BROKEN);
        }
    }

    #[test]
    fn that_holds_no_stream_the_run_is_over() {
        let (_, reports) = record(|| block_on(optional(false)).is_none());
        assert_eq!(outcome(&reports), (Some(true), None));
        let (_, reports) = record(|| deep(false).is_err());
        assert_eq!(outcome(&reports), (Some(false), Some("none")));
    }

    #[test]
    fn a_future_is_followed() {
        #[external_task]
        fn optional() -> Option<impl Future<Output = Result<u8, String>>> {
            Some(std::future::ready(Err("later".to_owned())))
        }
        #[external_task]
        fn pair() -> (
            u8,
            futures_util::future::BoxFuture<'static, Result<u8, String>>,
        ) {
            (7, Box::pin(async { Err("later".to_owned()) }))
        }
        #[external_task]
        fn fallible() -> Result<impl Future<Output = Result<u8, String>>, u8> {
            Ok(std::future::ready(Err("later".to_owned())))
        }
        let runs: [fn() -> bool; 3] = [
            || block_on(optional().unwrap()).is_err(),
            || block_on(pair().1).is_err(),
            || block_on(fallible().unwrap()).is_err(),
        ];
        for run in runs {
            let (is_err, reports) = record(run);
            assert!(is_err);
            assert_eq!(outcome(&reports), (Some(false), Some("later")));
        }
    }

    #[test]
    fn a_stream_that_a_future_gives_is_followed() {
        type Later = Pin<Box<dyn Future<Output = Result<Words, String>> + Send>>;
        #[external_task]
        fn spelled() -> Pin<Box<dyn Future<Output = Result<Words, String>> + Send>> {
            Box::pin(async { Ok(broken()) })
        }
        #[external_task]
        fn opaque() -> impl Future<Output = Option<impl Stream<Item = Result<&'static str, String>>>>
        {
            async { Some(broken()) }
        }
        let later: Later = spelled();
        drop(later);
        let (_, reports) = record(|| block_on(async { spelled().await.unwrap().count().await }));
        assert_eq!(outcome(&reports), BROKEN);
        let (_, reports) = record(|| block_on(async { opaque().await.unwrap().count().await }));
        assert_eq!(outcome(&reports), BROKEN);
    }
}

mod what_becomes_a_future {
    use super::*;

    struct Request(bool);

    impl IntoFuture for Request {
        type Output = Result<u8, String>;
        type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

        fn into_future(self) -> Self::IntoFuture {
            Box::pin(async move {
                if self.0 {
                    Ok(1)
                } else {
                    Err("refused".to_owned())
                }
            })
        }
    }

    #[external_task]
    fn request(ok: bool) -> impl IntoFuture<Output = Result<u8, String>> {
        Request(ok)
    }

    #[test]
    fn is_followed_once_it_is_awaited() {
        let (_, reports) = record(|| block_on(async { request(false).await.is_err() }));
        assert_eq!(outcome(&reports), (Some(false), Some("refused")));
        let (_, reports) = record(|| block_on(async { request(true).await.is_ok() }));
        assert_eq!(outcome(&reports), (Some(true), Some("1")));
        let ((), reports) = record(|| drop(request(true)));
        assert_eq!(reports.len(), 0);
    }

    #[test]
    fn behind_an_alias_is_followed_as_a_box() {
        type Answer<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;
        #[external_task]
        fn ask(ok: bool) -> Answer<u8, String> {
            Request(ok).into_future()
        }
        let (_, reports) = record(|| block_on(ask(false)).is_err());
        assert_eq!(outcome(&reports), (Some(false), Some("refused")));
    }
}

mod names_decide_nothing {
    use super::*;

    type StreamOfWords = Result<String, String>;
    type Piece = BoxStream<'static, Result<u8, String>>;

    #[derive(Debug)]
    struct StreamResult<T>(Vec<T>);

    #[derive(Debug)]
    struct StreamName;

    #[external_task]
    fn fails() -> StreamOfWords {
        Err("no words".to_owned())
    }

    #[external_task]
    async fn list() -> StreamResult<StreamName> {
        StreamResult(vec![StreamName])
    }

    #[external_task]
    fn unnamed() -> Piece {
        stream::iter([Err("cut".to_owned())]).boxed()
    }

    mod own_traits {
        pub trait Stream {}
        impl Stream for u8 {}
        pub trait Future {}
        impl Future for u8 {}
    }

    #[external_task]
    fn opened() -> impl own_traits::Stream {
        7_u8
    }

    #[external_task]
    fn expected() -> Option<impl own_traits::Future> {
        Some(7_u8)
    }

    #[test]
    fn of_what_a_function_gives() {
        let (_, reports) = record(|| fails().is_err());
        assert_eq!(outcome(&reports), (Some(false), Some("no words")));
        let (_, reports) = record(|| block_on(list()).0.len());
        assert_eq!(
            outcome(&reports),
            (Some(true), Some("StreamResult([StreamName])"))
        );
        let (_, reports) = record(|| block_on(unnamed().count()));
        assert_eq!(outcome(&reports), (Some(false), Some("cut")));
        let ((), reports) = record(|| drop(opened()));
        assert_eq!(outcome(&reports), (Some(true), Some("7")));
        let ((), reports) = record(|| drop(expected()));
        assert_eq!(outcome(&reports), (Some(true), Some("7")));
    }
}

mod a_box_of_any_kind {
    use super::*;

    #[external_task]
    fn from_both_ends(text: &str) -> Box<dyn DoubleEndedIterator<Item = &str> + Send + '_> {
        Box::new(text.split(' '))
    }

    #[external_task]
    fn sized(n: u8) -> Box<dyn ExactSizeIterator<Item = u8> + Sync> {
        Box::new(vec![n, n].into_iter())
    }

    #[external_task]
    fn fused(n: u8) -> Result<Box<dyn std::iter::FusedIterator<Item = u8>>, String> {
        Ok(Box::new(vec![n, n].into_iter()))
    }

    #[external_task]
    fn fused_stream(n: u8) -> Pin<Box<dyn stream::FusedStream<Item = u8> + Send>> {
        Box::pin(stream::iter([n, n]).fuse())
    }

    #[test]
    fn is_followed() {
        let (_, reports) = record(|| from_both_ends("a b").rev().count());
        assert_eq!(outcome(&reports), (Some(true), Some("ba")));
        let (_, reports) = record(|| sized(1).count());
        assert_eq!(outcome(&reports), (Some(true), Some("[1,1]")));
        let (_, reports) = record(|| fused(2).unwrap().count());
        assert_eq!(outcome(&reports), (Some(true), Some("[2,2]")));
        let (_, reports) = record(|| block_on(fused_stream(3).count()));
        assert_eq!(outcome(&reports), (Some(true), Some("[3,3]")));
    }
}

mod a_consumer_that_takes_every_item {
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
}

#[test]
fn what_is_followed_keeps_the_traits_of_the_value() {
    #[external_task]
    fn words(n: u8) -> impl DoubleEndedIterator<Item = u8> + Clone + std::fmt::Debug {
        0..n
    }
    #[external_task]
    fn later() -> impl Future<Output = u8> + Clone + Unpin {
        futures_util::future::FutureExt::shared(std::future::ready(1))
    }
    let (copied, reports) = record(|| {
        let words = words(3);
        assert_eq!(format!("{words:?}"), "0..3");
        let copied = words.clone().count();
        assert_eq!(words.count(), 3);
        copied
    });
    assert_eq!(copied, 3);
    assert_eq!(outcome(&reports), (Some(true), Some("[0,1,2]")));
    let (_, reports) = record(|| {
        let later = later();
        (block_on(later.clone()), block_on(later))
    });
    assert_eq!(outcome(&reports), (Some(true), Some("1")));
}

#[test]
fn keys_see_arguments_that_are_copies_when_an_item_fails() {
    #[external_task(error = |error: &String| format!("{error} in try {attempt}"))]
    fn ask(attempt: u8) -> impl Stream<Item = Result<u8, String>> {
        stream::iter([Err("down".to_owned())])
    }
    #[external_task(error = |error: &u8| format!("code {error}"))]
    fn both(ok: bool) -> Result<BoxStream<'static, Result<u8, String>>, u8> {
        if ok {
            Ok(stream::iter([Err("down".to_owned())]).boxed())
        } else {
            Err(5)
        }
    }
    let (_, reports) = record(|| block_on(ask(2).count()));
    assert_eq!(outcome(&reports), (Some(false), Some("down in try 2")));
    let (_, reports) = record(|| block_on(both(true).unwrap().count()));
    assert_eq!(outcome(&reports), (Some(false), Some("down")));
    let (_, reports) = record(|| both(false).is_err());
    assert_eq!(outcome(&reports), (Some(false), Some("code 5")));
}

#[test]
fn a_connection_that_happens_to_be_a_stream_is_reported_as_a_call() {
    struct Socket;
    impl Stream for Socket {
        type Item = u8;
        fn poll_next(
            self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<u8>> {
            std::task::Poll::Ready(None)
        }
    }
    struct Pool(#[allow(dead_code)] Socket);
    #[external_task(result = |_| "connected")]
    async fn connect(ok: bool) -> Result<Socket, String> {
        ok.then_some(Socket).ok_or_else(|| "refused".to_owned())
    }
    #[external_task(result = |_| "spawned")]
    fn spawn() -> (std::future::Ready<u8>, std::future::Ready<u8>) {
        (std::future::ready(1), std::future::ready(2))
    }
    #[external_task]
    async fn pool() -> Pool {
        Pool(Socket)
    }
    let (_, reports) = record(|| block_on(connect(true)).is_ok());
    assert_eq!(outcome(&reports), (Some(true), Some("connected")));
    let (_, reports) = record(|| block_on(connect(false)).is_err());
    assert_eq!(outcome(&reports), (Some(false), Some("refused")));
    let (_, reports) = record(spawn);
    assert_eq!(outcome(&reports), (Some(true), Some("spawned")));
    let (_, reports) = record(|| block_on(pool()));
    assert_eq!(reports[0].is_success, Some(true));
}
