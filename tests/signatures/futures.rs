use super::*;

struct Counter(u32);

impl Counter {
    #[external_task]
    async fn step(&mut self) -> u32 {
        self.0 += 1;
        self.0
    }

    #[external_task(name = "boxed")]
    fn boxed(&mut self) -> BoxFuture<'_, u32> {
        let before = self.0;
        self.step().map(move |after| before * 10 + after).boxed()
    }

    #[external_task(name = "pinned")]
    fn pinned<'a>(
        &'a mut self,
        by: &'a u32,
    ) -> Pin<Box<dyn Future<Output = &'a mut u32> + Send + 'a>> {
        assert!(*by > 0, "statements before the future are kept");
        let by = *by * 2;
        Box::pin(async move {
            self.0 += by;
            &mut self.0
        })
    }

    #[external_task(name = "opaque")]
    fn opaque(&mut self) -> impl Future<Output = Result<&mut u32, fmt::Error>> + Send {
        let by = self.0;
        async move {
            self.0 += by;
            Ok(&mut self.0)
        }
    }

    #[external_task(name = "delegated")]
    fn delegated(&mut self) -> impl Future<Output = u32> + '_ {
        self.0 += 1;
        self.step()
    }
}

#[test]
fn boxed_opaque_and_delegated_futures_with_statements_before_them() {
    let mut counter = Counter(1);
    let recorder = xpander_report::testing::Recorder::new();
    recorder.in_scope(|| {
        block_on(async {
            assert_eq!(assert_send(counter.boxed()).await, 12);
            assert_eq!(*assert_send(counter.pinned(&4)).await, 10);
            assert_eq!(assert_send(counter.opaque()).await, Ok(&mut 20));
            assert_eq!(counter.delegated().await, 22);
        });
    });
    let results: Vec<_> = recorder
        .take()
        .into_iter()
        .filter_map(|it| it.result)
        .collect();
    assert_eq!(results, ["2", "12", "10", "20", "22", "22"]);
}

#[test]
fn a_boxed_future_of_a_future_that_is_made_elsewhere() {
    #[external_task]
    fn run(text: &str) -> Pin<Box<dyn Future<Output = String> + Send + '_>> {
        let mut text = text.to_owned();
        text.push('!');
        let later = async move { text };
        later.boxed()
    }
    let report = record(|| block_on(run("x")));
    assert_eq!(report.input.as_deref(), Some("x"));
    assert_eq!(report.result.as_deref(), Some("x!"));
}

#[test]
fn a_future_whose_output_is_hidden() {
    #[external_task]
    fn run(n: u32) -> impl Future<Output = impl Display> {
        async move { n + 1 }
    }
    assert_eq!(
        result(|| block_on(run(1)).to_string()).as_deref(),
        Some("2")
    );
}

#[test]
fn a_box_that_is_not_pinned() {
    #[external_task]
    fn run(text: &str) -> Box<dyn Future<Output = String> + Send + '_> {
        Box::new(async move { format!("{text}!") })
    }
    let run = || block_on(Box::into_pin(run("x")));
    assert_eq!(result(run).as_deref(), Some("x!"));
}

#[test]
fn recursion_through_a_box_stays_send() {
    #[external_task]
    fn boxed(depth: u32) -> BoxFuture<'static, u32> {
        Box::pin(async move {
            if depth == 0 {
                0
            } else {
                boxed(depth - 1).await + 1
            }
        })
    }
    #[external_task]
    async fn plain(depth: u32) -> Result<u32, String> {
        if depth == 0 {
            return Ok(0);
        }
        Ok(Box::pin(plain(depth - 1)).await? + 1)
    }
    assert_eq!(block_on(assert_send(boxed(3))), 3);
    assert_eq!(block_on(assert_send(plain(3))), Ok(3));
}

#[test]
#[allow(elided_lifetimes_in_paths, mismatched_lifetime_syntaxes)]
fn a_box_that_borrows_from_self_without_a_name_for_the_lifetime() {
    struct Page(&'static str);
    impl Page {
        #[external_task]
        fn title(&self) -> BoxFuture<&str> {
            Box::pin(async { self.0 })
        }
        #[external_task]
        fn words(&self) -> Result<BoxStream<&str>, String> {
            Ok(stream::iter(self.0.split(' ')).boxed())
        }
    }
    let page = Page("two words");
    let title = result(|| block_on(page.title()));
    assert_eq!(title.as_deref(), Some("two words"));
    let words = result(|| block_on(page.words().unwrap().count()));
    assert_eq!(words.as_deref(), Some("twowords"));
}
