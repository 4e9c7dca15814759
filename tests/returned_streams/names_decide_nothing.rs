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
