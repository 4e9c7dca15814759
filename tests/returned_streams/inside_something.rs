use std::rc::Rc;

use super::*;

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
    fn opaque() -> impl Future<Output = Option<impl Stream<Item = Result<&'static str, String>>>> {
        async { Some(broken()) }
    }
    let later: Later = spelled();
    drop(later);
    let (_, reports) = record(|| block_on(async { spelled().await.unwrap().count().await }));
    assert_eq!(outcome(&reports), BROKEN);
    let (_, reports) = record(|| block_on(async { opaque().await.unwrap().count().await }));
    assert_eq!(outcome(&reports), BROKEN);
}

#[test]
#[allow(clippy::async_yields_async)]
fn a_future_that_a_future_gives_is_followed() {
    #[external_task]
    fn spelled() -> impl Future<Output = impl Future<Output = Result<u8, String>>> {
        async { async { Err("later".to_owned()) } }
    }
    #[external_task]
    fn fallible() -> impl Future<Output = Result<impl Future<Output = Result<u8, String>>, String>>
    {
        async { Ok(async { Err("later".to_owned()) }) }
    }
    #[external_task]
    async fn awaited() -> impl Future<Output = Result<u8, String>> {
        async { Err("later".to_owned()) }
    }
    let runs: [fn() -> bool; 3] = [
        || block_on(async { spelled().await.await }).is_err(),
        || block_on(async { fallible().await.unwrap().await }).is_err(),
        || block_on(async { awaited().await.await }).is_err(),
    ];
    for run in runs {
        let (is_err, reports) = record(run);
        assert!(is_err);
        assert_eq!(outcome(&reports), (Some(false), Some("later")));
    }
}

#[test]
#[allow(clippy::async_yields_async)]
fn keys_look_at_what_the_inner_future_gives() {
    #[external_task(result = |n| n + 1)]
    fn spelled(n: u8) -> impl Future<Output = impl Future<Output = Result<u8, String>>> {
        async move { async move { Ok(n) } }
    }
    let (_, reports) = record(|| block_on(async { spelled(6).await.await }));
    assert_eq!(outcome(&reports), (Some(true), Some("7")));
}
