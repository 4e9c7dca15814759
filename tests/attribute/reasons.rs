use std::sync::Arc;

use super::*;

#[test]
fn an_error_that_can_be_cloned_tells_its_sources() {
    #[external_task]
    fn shared() -> Result<(), Arc<anyhow::Error>> {
        Err(Arc::new(anyhow::anyhow!("low").context("high")))
    }
    #[external_task]
    fn boxed() -> Result<(), Arc<Box<dyn Error + Send + Sync>>> {
        Err(Arc::new(Box::new(Outer(Inner))))
    }
    assert_eq!(outcome(&record(shared)), (false, Some("high: low")));
    let chain = "the model was not reached: connection refused";
    assert_eq!(outcome(&record(boxed)), (false, Some(chain)));
}

#[test]
fn an_error_that_is_its_own_source_ends() {
    #[derive(Debug)]
    struct Circle(std::sync::atomic::AtomicU8);
    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(
                f,
                "{}",
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
            )
        }
    }
    impl Error for Circle {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self)
        }
    }
    #[external_task]
    fn run() -> Result<(), Circle> {
        Err(Circle(0.into()))
    }
    let reason = record(|| run().is_err()).result.unwrap();
    assert!(reason.starts_with("0: 1: 2: "), "{reason}");
    assert!(reason.ends_with(": 64"), "{reason}");
}

#[test]
fn an_error_goes_before_the_result_that_was_set() {
    #[external_task]
    fn set() -> Result<u8, String> {
        current_task().result("half of it");
        Err("the model is down".to_owned())
    }
    #[external_task]
    fn failed() -> Result<u8, String> {
        current_task().fail("said by hand");
        Err("the model is down".to_owned())
    }
    #[external_task(error = |_: &String| "public")]
    fn keyed() -> Result<u8, String> {
        current_task().result("half of it");
        Err("secret".to_owned())
    }
    assert_eq!(
        outcome(&record(set)),
        (false, Some("the model is down: half of it"))
    );
    assert_eq!(outcome(&record(failed)), (false, Some("said by hand")));
    assert_eq!(outcome(&record(keyed)), (false, Some("public: half of it")));
}
