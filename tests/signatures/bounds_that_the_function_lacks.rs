//! A type may implement a trait only under a bound, such as `E: 'static`, that the function does not have. The compiler
//! selects this implementation anyway, and then requires the bound. A key replaces the value and avoids this.

use std::error::Error;

use super::*;

#[derive(Debug)]
enum PoolError<E> {
    Backend(E),
}

impl<E: Error + 'static> Display for PoolError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Backend(error) = self;
        write!(f, "backend: {error}")
    }
}

impl<E: Error + 'static> Error for PoolError<E> {}

type Page<'a> = BoxFuture<'static, (u8, &'a str)>;

#[test]
fn are_not_asked_for_by_what_a_key_replaces() {
    struct Wrapped<E>(PoolError<E>);
    impl<E: Error> From<E> for Wrapped<E> {
        #[external_task(result = |_| "wrapped")]
        fn from(error: E) -> Self {
            Self(PoolError::Backend(error))
        }
    }
    impl<E: Error> Wrapped<E> {
        #[external_task(input(self), result = |_| "unwrapped")]
        fn into_pool(self) -> Result<PoolError<E>, u8> {
            Ok(self.0)
        }
    }
    #[external_task(error = |_| "no backend")]
    fn connect<E: Error>(error: E) -> Result<u8, PoolError<E>> {
        Err(PoolError::Backend(error))
    }
    #[external_task(error = |_| "no backend")]
    async fn connect_later<E: Error>(error: E) -> Result<u8, PoolError<E>> {
        Err(PoolError::Backend(error))
    }
    #[external_task(skip(error))]
    fn code<E: Error>(error: PoolError<E>) -> u8 {
        let PoolError::Backend(_) = error;
        7
    }
    let wrap = || Wrapped::from(fmt::Error).0.to_string();
    assert_eq!(result(wrap).as_deref(), Some("wrapped"));
    let into = || Wrapped(PoolError::Backend(fmt::Error)).into_pool().is_ok();
    assert_eq!(result(into).as_deref(), Some("unwrapped"));
    let report = record(|| connect(fmt::Error).is_err());
    assert_eq!(report.is_success, Some(false));
    assert_eq!(report.result.as_deref(), Some("no backend"));
    let report = record(|| block_on(connect_later(fmt::Error)).is_err());
    assert_eq!(report.result.as_deref(), Some("no backend"));
    let report = record(|| code(PoolError::Backend(fmt::Error)));
    assert_eq!(report.input, None);
}

#[test]
fn are_not_asked_for_by_a_box_that_is_not_followed() {
    struct Service<T>(T);
    trait Call {
        type Future: Future;
        fn call(&mut self) -> Self::Future;
    }
    impl<T: Clone> Call for Service<Option<T>> {
        type Future = BoxFuture<'static, T>;
        #[external_task(result = |_| "called")]
        fn call(&mut self) -> Self::Future {
            Box::pin(async { std::future::pending().await })
        }
    }
    #[external_task(result = |_| "called")]
    fn page<'a>(_of: &'a str) -> Page<'a> {
        Box::pin(async { (1, "") })
    }
    #[external_task(result = |_| "called")]
    fn plain<'a>(_of: &'a str) -> Pin<Box<dyn Future<Output = Option<&'a str>> + Send>> {
        Box::pin(async { None })
    }
    #[external_task(result = |_| "called")]
    async fn twice<'a>(_of: &'a str) -> Result<BoxFuture<'static, Vec<&'a str>>, String> {
        Ok(Box::pin(async { Vec::new() }))
    }
    let call = || drop(Service(Some(String::new())).call());
    assert_eq!(result(call).as_deref(), Some("called"));
    assert_eq!(result(|| block_on(page("x")).0).as_deref(), Some("called"));
    assert_eq!(result(|| block_on(plain("x"))).as_deref(), Some("called"));
    let twice = || block_on(async { twice("x").await.map(drop) });
    assert_eq!(result(twice).as_deref(), Some("called"));
}

#[test]
fn are_not_asked_for_by_a_box_that_nothing_follows() {
    #[external_task]
    fn rest<'a>(of: &'a str) -> Result<usize, Box<dyn Iterator<Item = &'a str>>> {
        if of.is_empty() {
            return Err(Box::new(std::iter::from_fn(|| None)));
        }
        Ok(of.len())
    }
    #[external_task]
    fn shared<'a>(_of: &'a str) -> Arc<dyn Iterator<Item = &'a str>> {
        Arc::new(std::iter::from_fn(|| None))
    }
    type Length = Box<dyn Fn(&str) -> usize + Send>;
    #[external_task]
    fn functions(_of: &str) -> BoxFuture<'static, Length> {
        Box::pin(async { Box::new(|text: &str| text.len()) as Box<_> })
    }
    assert_eq!(result(|| rest("ab").is_ok()).as_deref(), Some("2"));
    drop(shared("ab"));
    assert_eq!(block_on(functions("ab"))("abc"), 3);
}
