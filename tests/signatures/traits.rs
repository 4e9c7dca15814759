use super::*;

trait Model {
    fn ask(&self, question: &str) -> impl Future<Output = String> + Send;

    #[external_task]
    async fn ask_twice(&self, question: &str) -> String
    where
        Self: Sync,
    {
        format!("{} {}", self.ask(question).await, self.ask(question).await)
    }
}

struct Echo;

impl Model for Echo {
    #[external_task]
    async fn ask(&self, question: &str) -> String {
        question.to_owned()
    }
}

#[test]
fn an_async_method_of_a_trait_and_its_default_body() {
    assert_eq!(
        result(|| block_on(assert_send(Echo.ask("x")))).as_deref(),
        Some("x")
    );
    struct Quiet;
    impl Model for Quiet {
        async fn ask(&self, question: &str) -> String {
            question.to_owned()
        }
    }
    assert_eq!(
        result(|| block_on(Quiet.ask_twice("x"))).as_deref(),
        Some("x x")
    );
}

#[async_trait::async_trait]
trait Boxed {
    async fn ask(&mut self, question: &str) -> Result<usize, String>;

    #[external_task]
    async fn name(&self) -> &str {
        "default"
    }
}

#[async_trait::async_trait]
impl Boxed for Vec<String> {
    #[external_task]
    async fn ask(&mut self, question: &str) -> Result<usize, String> {
        if question.is_empty() {
            return Err("no question".to_owned());
        }
        smol::future::yield_now().await;
        self.push(question.to_owned());
        Ok(self.len())
    }
}

#[test]
fn async_trait_in_a_trait_and_in_an_implementation() {
    let mut boxed: Box<dyn Boxed + Send> = Box::new(Vec::new());
    let report = record(|| block_on(assert_send(boxed.ask("x"))));
    assert_eq!(report.input.as_deref(), Some("x"));
    assert_eq!(report.result.as_deref(), Some("1"));
    let report = record(|| block_on(boxed.ask("")));
    assert_eq!(report.is_success, Some(false));
    assert_eq!(report.result.as_deref(), Some("no question"));
    assert_eq!(
        result(|| block_on(Vec::new().name()).len()).as_deref(),
        Some("default")
    );
}

macro_rules! implement {
        ($(#[$attribute:meta])* $type:ty, $method:item) => {
            $(#[$attribute])*
            impl Local for $type {
                #[external_task]
                $method
            }
        };
    }

#[async_trait::async_trait(?Send)]
trait Local {
    async fn ask(&self, question: std::rc::Rc<str>) -> usize;
}

implement!(
    #[async_trait::async_trait(?Send)]
    u8,
    async fn ask(&self, question: std::rc::Rc<str>) -> usize {
        question.len()
    }
);

#[test]
fn async_trait_whose_futures_are_not_send() {
    assert_eq!(
        result(|| block_on(7_u8.ask("four".into()))).as_deref(),
        Some("4")
    );
}

#[test]
fn a_method_with_async_trait_already_expanded_above_it() {
    struct Expanded;
    impl Expanded {
        fn check<'a>(&self, question: &'a str) -> Result<&'a str, String> {
            assert_eq!(size_of_val(self), 0);
            Ok(question)
        }

        #[external_task]
        fn ask<'life0, 'life1, 'async_trait>(
            &'life0 self,
            question: &'life1 str,
        ) -> Pin<Box<dyn Future<Output = Result<&'life1 str, String>> + Send + 'async_trait>>
        where
            'life0: 'async_trait,
            'life1: 'async_trait,
            Self: 'async_trait,
        {
            Box::pin(async move {
                let this = self;
                this.check(question)
            })
        }
    }
    assert_eq!(
        result(|| block_on(Expanded.ask("x")).is_ok()).as_deref(),
        Some("x")
    );
}
