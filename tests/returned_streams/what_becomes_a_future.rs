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
