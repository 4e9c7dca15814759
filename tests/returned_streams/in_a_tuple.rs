//! A run follows one element. Of several, it reports only the call, if the key `result` says so.

use futures_util::future::BoxFuture;

use super::*;

type Words = BoxStream<'static, Result<&'static str, String>>;
type Later = BoxFuture<'static, Result<u8, String>>;

fn broken() -> Words {
    stream::iter([Ok("so far"), Err("the line broke".to_owned())]).boxed()
}

fn failing() -> Later {
    Box::pin(async { Err("later".to_owned()) })
}

#[test]
fn of_five_elements_a_stream_is_followed() {
    #[external_task]
    fn five() -> (u8, u8, u8, u8, Words) {
        (1, 2, 3, 4, broken())
    }
    #[external_task]
    async fn first_of_five() -> Result<(Words, u8, u8, u8, u8), String> {
        Ok((broken(), 1, 2, 3, 4))
    }
    let broken = (Some(false), Some("the line broke: so far"));
    let (_, reports) = record(|| block_on(five().4.count()));
    assert_eq!(outcome(&reports), broken);
    let (_, reports) =
        record(|| block_on(async { first_of_five().await.unwrap().0.count().await }));
    assert_eq!(outcome(&reports), broken);
}

#[test]
fn of_twelve_elements_a_future_is_followed() {
    #[external_task]
    fn twelve() -> (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, Later) {
        (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, failing())
    }
    let (_, reports) = record(|| block_on(twelve().11));
    assert_eq!(outcome(&reports), (Some(false), Some("later")));
}

#[test]
fn several_boxes_are_reported_as_a_call_if_a_key_says_so() {
    #[external_task(result = |_| "begun")]
    fn spelled() -> (BoxStream<'static, u8>, BoxStream<'static, u8>) {
        (stream::iter([1]).boxed(), stream::iter([1]).boxed())
    }
    #[external_task(result = |_| "begun")]
    fn named() -> (u8, Words, Option<Words>) {
        (7, broken(), None)
    }
    #[external_task(result = |_| "begun")]
    fn beside_an_iterator() -> (Words, Box<dyn Iterator<Item = u8>>) {
        (broken(), Box::new(0..3))
    }
    #[external_task(result = |_| "begun")]
    fn futures() -> (BoxFuture<'static, u8>, BoxFuture<'static, u8>) {
        (Box::pin(async { 1 }), Box::pin(async { 2 }))
    }
    #[external_task(result = |_| "begun")]
    async fn awaited() -> Result<(Later, Words), String> {
        Ok((failing(), broken()))
    }
    #[external_task(result = |_| "begun")]
    fn opaque() -> (impl Stream<Item = u8>, BoxStream<'static, u8>) {
        (stream::iter([1]), stream::iter([1]).boxed())
    }
    #[external_task(result = |_| "begun")]
    fn five() -> (u8, u8, u8, BoxStream<'static, u8>, BoxStream<'static, u8>) {
        (
            1,
            2,
            3,
            stream::iter([1]).boxed(),
            stream::iter([1]).boxed(),
        )
    }
    let runs: [fn(); 7] = [
        || drop(spelled()),
        || drop(named()),
        || drop(beside_an_iterator()),
        || drop(futures()),
        || drop(block_on(awaited())),
        || drop(opaque()),
        || drop(five()),
    ];
    for run in runs {
        let ((), reports) = record(run);
        assert_eq!(outcome(&reports), (Some(true), Some("begun")));
    }
}

#[test]
fn handles_of_spawned_work_are_values() {
    #[external_task]
    async fn spawn() -> (std::future::Ready<u8>, std::future::Ready<u8>) {
        (std::future::ready(1), std::future::ready(2))
    }
    let (_, reports) = record(|| block_on(spawn()));
    assert_eq!(reports[0].is_success, Some(true));
}
