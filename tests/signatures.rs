//! Every signature that a function can have stays what it is, and callers see no lint.

#![deny(warnings)]
#![deny(clippy::pedantic)]
#![deny(
    rust_2018_idioms,
    let_underscore_drop,
    unused_qualifications,
    unused_results
)]
// What these tests show needs signatures that nobody would write without a reason.
#![allow(
    clippy::elidable_lifetime_names,
    clippy::items_after_statements,
    clippy::manual_async_fn,
    clippy::needless_pass_by_value,
    clippy::unnecessary_box_returns,
    clippy::unnecessary_wraps,
    clippy::unused_async
)]

use std::fmt::{self, Debug, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use smol::block_on;
use xpander_report::external_task;
use xpander_report_tests::record;

fn input<T>(run: impl FnOnce() -> T) -> Option<String> {
    record(run).input
}

fn result<T>(run: impl FnOnce() -> T) -> Option<String> {
    record(run).result
}

fn assert_send<T: Send>(it: T) -> T {
    it
}

mod traits {
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
}

mod generics {
    use super::*;

    #[test]
    fn types_lifetimes_constants_and_where() {
        #[external_task]
        fn first<'a, T, const N: usize>(items: &'a [T; N], or: &'a T) -> &'a T
        where
            T: Debug + 'a,
        {
            items.first().unwrap_or(or)
        }
        #[external_task]
        async fn longest<'a: 'b, 'b>(a: &'a str, b: &'b str) -> &'b str {
            if a.len() > b.len() { a } else { b }
        }
        assert_eq!(
            result(|| *first(&[Some(1), None], &None)).as_deref(),
            Some("Some(1)")
        );
        assert_eq!(
            result(|| block_on(longest("ab", "c")).len()).as_deref(),
            Some("ab")
        );
    }

    #[test]
    fn methods_of_generic_types() {
        struct Wrapper<'a, T>(&'a T);
        impl<'a, T: Display + Sync> Wrapper<'a, T> {
            #[external_task]
            async fn show<U: Display + Send>(&self, with: U) -> String {
                format!("{} {with}", self.0)
            }
            #[external_task]
            fn inner(self) -> &'a T {
                self.0
            }
        }
        assert_eq!(
            result(|| block_on(assert_send(Wrapper(&1).show(2)))).as_deref(),
            Some("1 2")
        );
        assert_eq!(result(|| *Wrapper(&'x').inner()).as_deref(), Some("x"));
    }

    #[test]
    fn impl_trait_as_argument_and_as_result() {
        #[external_task]
        fn sum(numbers: impl IntoIterator<Item = u32>) -> impl Display + Debug {
            numbers.into_iter().sum::<u32>()
        }
        #[external_task]
        async fn double(number: impl Into<u64> + Debug) -> Result<impl Debug, String> {
            number
                .into()
                .checked_mul(2)
                .ok_or_else(|| "too much".to_owned())
        }
        #[external_task]
        fn adder(a: u32) -> impl Fn(u32) -> u32 {
            move |b| a + b
        }
        #[external_task]
        fn nested(text: &str) -> Box<dyn Iterator<Item = impl Display + use<>> + '_> {
            Box::new(text.chars())
        }
        #[external_task]
        fn tuple() -> (impl Debug, [impl Display; 2]) {
            (Some(1), [2, 3])
        }
        assert_eq!(result(|| sum([1, 2]).to_string()).as_deref(), Some("3"));
        assert_eq!(
            result(|| block_on(double(4_u8)).is_ok()).as_deref(),
            Some("8")
        );
        assert_eq!(adder(1)(2), 3);
        assert_eq!(
            nested("ab").map(|it| it.to_string()).collect::<String>(),
            "ab"
        );
        assert_eq!(tuple().1.map(|it| it.to_string()), ["2", "3"]);
    }

    #[test]
    fn an_iterator_that_borrows() {
        struct Words(Vec<String>);
        impl Words {
            #[external_task]
            fn iter(&self) -> impl Iterator<Item = &str> + '_ {
                self.0.iter().map(String::as_str)
            }
            #[external_task]
            fn iter_mut(&mut self) -> impl Iterator<Item = &mut String> {
                self.0.iter_mut()
            }
        }
        let mut words = Words(vec!["a".to_owned(), "b".to_owned()]);
        words.iter_mut().for_each(|word| word.push('!'));
        assert_eq!(words.iter().collect::<Vec<_>>(), ["a!", "b!"]);
    }
}

mod futures {
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
}

mod receivers {
    use super::*;

    struct Agent {
        calls: u32,
    }

    impl Agent {
        #[external_task(skip(self))]
        async fn shared(self: Arc<Self>, by: u32) -> u32 {
            self.calls + by
        }

        #[external_task]
        async fn pinned(mut self: Pin<&mut Self>, by: u32) -> &mut u32 {
            self.calls += by;
            &mut self.get_mut().calls
        }

        #[external_task]
        fn pinned_sync(self: Pin<&mut Self>) -> Result<&mut u32, String> {
            Ok(&mut self.get_mut().calls)
        }

        #[external_task]
        fn changed(mut self, by: u32) -> Self {
            self.calls += by;
            self
        }

        #[external_task]
        async fn changed_async(mut self) -> Self {
            self.calls += 1;
            self
        }

        #[external_task]
        fn boxed(self: Box<Self>) -> Box<Self> {
            self
        }

        #[external_task]
        fn borrowed(&mut self, ok: bool) -> Result<&mut u32, String> {
            if !ok {
                return Err("not now".to_owned());
            }
            Ok(&mut self.calls)
        }

        #[external_task]
        async fn borrowed_async(&mut self) -> Result<&mut u32, String> {
            smol::future::yield_now().await;
            Ok(&mut self.calls)
        }

        #[external_task]
        fn either<'a>(&'a self, other: &'a u32, mine: bool) -> Option<&'a u32> {
            Some(if mine { &self.calls } else { other })
        }
    }

    impl Debug for Agent {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "Agent({})", self.calls)
        }
    }

    #[test]
    fn every_kind_of_self() {
        let agent = || Agent { calls: 1 };
        assert_eq!(
            result(|| block_on(assert_send(Arc::new(agent()).shared(2)))).as_deref(),
            Some("3")
        );
        let mut pinned = agent();
        assert_eq!(*block_on(Pin::new(&mut pinned).pinned(2)), 3);
        assert_eq!(
            result(|| Pin::new(&mut pinned).pinned_sync().is_ok()).as_deref(),
            Some("3")
        );
        assert_eq!(result(|| agent().changed(4)).as_deref(), Some("Agent(5)"));
        assert_eq!(
            result(|| block_on(agent().changed_async())).as_deref(),
            Some("Agent(2)")
        );
        assert_eq!(
            result(|| Box::new(agent()).boxed()).as_deref(),
            Some("Agent(1)")
        );
    }

    #[test]
    fn a_borrow_of_self_is_returned() {
        let mut agent = Agent { calls: 1 };
        *agent.borrowed(true).unwrap() += 1;
        assert_eq!(
            result(|| agent.borrowed(false).is_err()).as_deref(),
            Some("not now")
        );
        *block_on(agent.borrowed_async()).unwrap() += 1;
        assert_eq!(agent.either(&9, true), Some(&3));
        assert_eq!(agent.either(&9, false), Some(&9));
    }
}

mod patterns {
    use super::*;

    #[test]
    fn mutable_destructured_and_ignored_arguments() {
        struct Order {
            id: u32,
            notes: Vec<String>,
        }
        #[external_task]
        fn sync(mut n: u32, (mut a, b): (u32, u32), Order { id, mut notes }: Order, _: u8) -> u32 {
            n += 1;
            a += b;
            notes.push(String::new());
            n + a + id + u32::from(notes.len() == 1)
        }
        #[external_task]
        async fn later(
            mut n: u32,
            [ref first, ..]: [String; 2],
            &c: &char,
            all @ (_, d): (u8, u8),
        ) -> String {
            n += 1;
            smol::future::yield_now().await;
            format!("{n}{first}{c}{all:?}{d}")
        }
        let order = Order {
            id: 4,
            notes: vec![],
        };
        assert_eq!(
            input(|| sync(1, (2, 3), order, 9)).as_deref(),
            Some(r#"{"n":1,"a":2,"b":3,"id":4,"notes":[]}"#)
        );
        let later = || later(1, ["x".to_owned(), "y".to_owned()], &'c', (5, 6));
        assert_eq!(result(|| block_on(later())).as_deref(), Some("2xc(5, 6)6"));
    }

    #[test]
    fn an_argument_that_is_overwritten() {
        #[external_task]
        fn run(mut text: String) -> String {
            text = format!("{text}!");
            text
        }
        assert_eq!(result(|| run("x".to_owned())).as_deref(), Some("x!"));
    }

    #[test]
    fn arguments_under_a_condition() {
        #[external_task]
        fn sync(text: &str, #[cfg(not(test))] missing: Missing, #[cfg(test)] there: u8) -> usize {
            text.len() + usize::from(there)
        }
        #[external_task(skip(missing))]
        async fn later(
            #[cfg(not(test))] missing: Missing,
            #[cfg(test)] there: u8,
            _other: u8,
        ) -> u8 {
            there
        }
        assert_eq!(
            input(|| sync("x", 1)).as_deref(),
            Some(r#"{"text":"x","there":1}"#)
        );
        assert_eq!(result(|| block_on(later(1, 2))).as_deref(), Some("1"));
    }

    #[test]
    fn the_only_argument_that_a_condition_leaves_is_itself() {
        #[external_task]
        fn one(text: &str, #[cfg(not(test))] missing: Missing) -> usize {
            text.len()
        }
        #[external_task]
        fn none(#[cfg(not(test))] missing: Missing) {}
        assert_eq!(input(|| one("x")).as_deref(), Some("x"));
        assert_eq!(input(none), None);
    }

    #[test]
    fn raw_identifiers() {
        #[external_task]
        fn r#match(r#type: u8, r#fn: u8) -> u8 {
            r#type + r#fn
        }
        assert_eq!(
            input(|| r#match(1, 2)).as_deref(),
            Some(r#"{"type":1,"fn":2}"#)
        );
    }
}

mod returns {
    use super::*;

    trait Animal: Debug {}
    #[derive(Debug)]
    struct Dog;
    impl Animal for Dog {}

    #[test]
    fn a_value_becomes_a_trait_object() {
        #[external_task]
        fn plain() -> Box<dyn Animal> {
            Box::new(Dog)
        }
        #[external_task]
        fn sync(ok: bool) -> Result<Box<dyn Animal>, Box<dyn std::error::Error>> {
            if ok {
                Ok(Box::new(Dog))
            } else {
                Err("none".into())
            }
        }
        #[external_task]
        async fn later() -> Result<Box<dyn Animal>, String> {
            Ok(Box::new(Dog))
        }
        #[external_task]
        async fn early(early: bool) -> Option<Arc<dyn Animal>> {
            if early {
                return Some(Arc::new(Dog));
            }
            None
        }
        #[external_task]
        fn slice(bytes: &[u8; 2]) -> &[u8] {
            bytes
        }
        #[external_task]
        async fn function() -> fn(u32) -> u32 {
            |n| n + 1
        }
        assert_eq!(result(plain).as_deref(), Some("Dog"));
        assert_eq!(result(|| sync(true).is_ok()).as_deref(), Some("Dog"));
        assert_eq!(result(|| sync(false).is_err()).as_deref(), Some("none"));
        assert_eq!(result(|| block_on(later())).as_deref(), Some("Dog"));
        assert_eq!(
            result(|| block_on(early(true))).as_deref(),
            Some("Some(Dog)")
        );
        assert_eq!(
            result(|| slice(&[1, 2]).len()).as_deref(),
            Some("<2 bytes>")
        );
        assert_eq!(block_on(function())(1), 2);
    }

    #[test]
    fn the_return_type_decides_what_is_collected_parsed_and_converted() {
        #[external_task]
        fn collected(text: &str) -> Vec<char> {
            text.chars().collect()
        }
        #[external_task]
        async fn collected_async(text: &str) -> Result<Vec<u32>, std::num::ParseIntError> {
            text.split(' ').map(str::parse).collect()
        }
        #[external_task]
        fn parsed(text: &str) -> Option<u32> {
            text.parse().ok()
        }
        #[external_task]
        async fn defaulted() -> (String, u8) {
            Default::default()
        }
        #[external_task]
        fn converted(text: &str) -> Result<Arc<str>, String> {
            Ok(text.into())
        }
        assert_eq!(result(|| collected("ab")).as_deref(), Some(r#"["a","b"]"#));
        assert_eq!(
            result(|| block_on(collected_async("1 2")).is_ok()).as_deref(),
            Some("[1,2]")
        );
        assert_eq!(result(|| parsed("1")).as_deref(), Some("1"));
        assert_eq!(
            result(|| block_on(defaulted())).as_deref(),
            Some(r#"["",0]"#)
        );
        assert_eq!(result(|| converted("x").is_ok()).as_deref(), Some("x"));
    }

    #[test]
    fn nothing_is_returned() {
        #[external_task]
        fn sync(seen: &mut bool) {
            *seen = true;
        }
        #[external_task]
        async fn later(seen: &mut bool) -> () {
            *seen = true;
        }
        let (mut a, mut b) = (false, false);
        sync(&mut a);
        block_on(later(&mut b));
        assert!(a && b);
    }
}

mod attributes {
    use super::*;

    #[test]
    fn qualifiers_and_visibility() {
        mod inner {
            use xpander_report::external_task;

            #[external_task]
            pub(super) unsafe fn first(text: *const u8) -> u8 {
                unsafe { *text }
            }
            #[external_task]
            pub(in super::super) extern "C" fn double(n: i32) -> i32 {
                n * 2
            }
            #[external_task]
            pub(crate) async unsafe fn later() -> u8 {
                1
            }
            #[must_use]
            #[external_task]
            #[inline]
            pub fn kept() -> u8 {
                1
            }
        }
        let double: extern "C" fn(i32) -> i32 = inner::double;
        assert_eq!(
            result(|| unsafe { inner::first(b"x".as_ptr()) }).as_deref(),
            Some("120")
        );
        assert_eq!(result(|| double(2)).as_deref(), Some("4"));
        assert_eq!(
            result(|| block_on(unsafe { inner::later() })).as_deref(),
            Some("1")
        );
        assert_eq!(inner::kept(), 1);
    }

    #[test]
    fn inner_attributes_and_documentation_stay_first_in_the_body() {
        #[external_task]
        fn run(text: &str) -> usize {
            #![doc = "Documented inside."]
            #![allow(clippy::needless_return, unused_variables)]
            let unused = 1;
            return text.len();
        }
        assert_eq!(result(|| run("x")).as_deref(), Some("1"));
    }

    #[external_task]
    #[tokio::main(flavor = "current_thread")]
    async fn above_main(text: &str) -> usize {
        tokio::task::yield_now().await;
        text.len()
    }

    #[tokio::main(flavor = "current_thread")]
    #[external_task]
    async fn below_main(text: &str) -> usize {
        tokio::task::yield_now().await;
        text.len()
    }

    #[test]
    fn it_stands_above_and_below_the_attribute_that_makes_a_main() {
        assert_eq!(result(|| above_main("x")).as_deref(), Some("1"));
        assert_eq!(result(|| below_main("x")).as_deref(), Some("1"));
    }

    #[external_task]
    #[tokio::test]
    async fn above_an_async_test() {
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    #[external_task]
    async fn below_an_async_test() -> Result<(), String> {
        tokio::task::yield_now().await;
        Ok(())
    }

    #[test]
    #[external_task]
    fn below_a_test() {}

    #[external_task]
    #[test]
    #[should_panic(expected = "as the test says")]
    fn above_a_test_that_panics() {
        panic!("as the test says");
    }
}

mod made_by_macros {
    use super::*;

    macro_rules! function {
        ($(#[$meta:meta])* $visibility:vis fn $name:ident($($argument:pat_param => $type:ty),*) -> $output:ty $body:block) => {
            $(#[$meta])*
            #[external_task]
            $visibility fn $name($($argument: $type),*) -> $output $body
        };
    }

    function! {
        /// Documented.
        pub(crate) fn add((a, b) => (u32, u32), c => u32) -> u32 { a + b + c }
    }
    function!(fn never(reason => &str) -> ! { panic!("{reason}") });
    function!(fn later(n => u32) -> Pin<Box<dyn Future<Output = u32>>> { Box::pin(async move { n }) });

    #[test]
    fn a_function_of_fragments() {
        assert_eq!(result(|| add((1, 2), 3)).as_deref(), Some("6"));
        let report = record(|| std::panic::catch_unwind(|| never("x")).is_err());
        assert_eq!(report.result.as_deref(), Some("panicked: x"));
        assert_eq!(result(|| block_on(later(1))).as_deref(), Some("1"));
    }

    #[test]
    #[rustfmt::skip]
    fn bodies_on_one_line() {
        #[external_task]
        fn constant() -> u32 { 1 }
        #[external_task]
        fn sync(n: u32) -> u32 { n }
        #[external_task]
        async fn later(n: u32) -> u32 { n }
        #[external_task]
        fn boxed(n: u32) -> BoxFuture<'static, u32> { async move { n }.boxed() }
        assert_eq!(result(constant).as_deref(), Some("1"));
        assert_eq!(result(|| sync(1)).as_deref(), Some("1"));
        assert_eq!(result(|| block_on(later(1))).as_deref(), Some("1"));
        assert_eq!(result(|| block_on(boxed(1))).as_deref(), Some("1"));
    }

    macro_rules! methods {
        ($type:ident, $field:ident, $($method:item)*) => {
            impl $type {
                $(#[external_task] $method)*

                #[external_task(input = self.$field)]
                async fn read(&self) -> u32 {
                    smol::future::yield_now().await;
                    self.$field
                }
            }
        };
    }

    struct Cell {
        value: u32,
    }

    methods! {
        Cell, value,
        fn write(&mut self, value: u32) -> u32 {
            self.value = value;
            self.value
        }
    }

    macro_rules! of {
        ($self:ident, $value:ident) => {
            $self.value + $value
        };
    }

    impl Cell {
        #[external_task]
        fn plus(&self, n: u32) -> u32 {
            of!(self, n)
        }
    }

    #[test]
    fn methods_of_fragments_and_self_inside_a_macro() {
        let mut cell = Cell { value: 1 };
        assert_eq!(result(|| cell.write(2)).as_deref(), Some("2"));
        assert_eq!(input(|| block_on(cell.read())).as_deref(), Some("2"));
        assert_eq!(result(|| cell.plus(3)).as_deref(), Some("5"));
    }
}

mod hidden_types {
    use super::*;

    #[test]
    fn tell_the_body_what_its_value_must_be() {
        #[external_task]
        fn empty() -> impl IntoIterator<Item = String> {
            Vec::new()
        }
        #[external_task]
        async fn empty_later() -> impl IntoIterator<Item = char> {
            smol::future::yield_now().await;
            Vec::new()
        }
        #[external_task]
        fn nothing() -> (u8, impl IntoIterator<Item = u64>) {
            (1, None)
        }
        #[external_task]
        fn words() -> impl Iterator<Item = String> {
            Vec::new().into_iter()
        }
        assert_eq!(result(empty).as_deref(), Some("[]"));
        assert_eq!(result(|| block_on(empty_later())).as_deref(), Some("[]"));
        assert_eq!(result(nothing).as_deref(), Some("[1,null]"));
        assert_eq!(words().count(), 0);
    }
}

mod functions_that_are_returned {
    use super::*;

    #[test]
    fn tell_their_closures_what_they_take() {
        #[external_task]
        fn prompt(about: String) -> impl Fn(&str) -> String {
            move |question| format!("{about}: {}", question.trim())
        }
        #[external_task]
        fn first() -> impl FnMut(&mut Vec<u8>, usize) -> Option<u8> + Send {
            |bytes, at| bytes.get(at).copied()
        }
        #[external_task]
        fn trimmed<'a, T: AsRef<str> + 'a>(by: T) -> impl FnOnce(&str) -> &str + use<'a, T> {
            move |text| text.trim_matches(by.as_ref().chars().next().unwrap_or(' '))
        }
        #[external_task]
        fn length() -> impl Fn(String) -> usize {
            |text| text.len()
        }
        assert_eq!(prompt("x".to_owned())(" y "), "x: y");
        assert_eq!(first()(&mut vec![7], 0), Some(7));
        assert_eq!(trimmed("-")("-a-"), "a");
        assert_eq!(length()("four".to_owned()), 4);
    }
}

mod names_that_bind_nothing {
    use super::*;

    struct Unit;
    #[derive(Clone, Copy)]
    enum Mode {
        Fast,
    }
    use Mode::Fast;

    struct Setup {
        a: u8,
        #[cfg(not(test))]
        missing: Missing,
        #[cfg(test)]
        there: u8,
    }

    #[test]
    fn are_not_captured() {
        #[external_task]
        fn constants(Unit: Unit, Fast: Mode, (None | Some(_)): Option<u8>, n: u8) -> u8 {
            n
        }
        #[external_task]
        async fn later(Unit: Unit, (Fast, n): (Mode, u8)) -> u8 {
            n
        }
        #[external_task]
        fn conditions(
            Setup {
                a,
                #[cfg(not(test))]
                missing,
                #[cfg(test)]
                there,
            }: Setup,
            more: u8,
        ) -> u8 {
            a + there + more
        }
        let setup = Setup { a: 1, there: 2 };
        let captured = input(|| conditions(setup, 3));
        assert_eq!(captured.as_deref(), Some(r#"{"a":1,"there":2,"more":3}"#));
        assert_eq!(
            input(|| constants(Unit, Fast, None, 1)).as_deref(),
            Some("1")
        );
        assert_eq!(
            input(|| block_on(later(Unit, (Fast, 1)))).as_deref(),
            Some("1")
        );
    }
}

mod patterns_that_async_trait_moves {
    use super::*;

    struct Login {
        user: String,
        #[allow(dead_code)]
        key: &'static str,
    }

    #[async_trait::async_trait]
    trait Ask {
        async fn ask(&self, login: Login, pair: (u8, String), _: u8, plain: u8) -> usize;
    }

    struct Asks;

    #[async_trait::async_trait]
    impl Ask for Asks {
        #[external_task(id = user.as_str(), skip(b))]
        async fn ask(
            &self,
            Login { mut user, .. }: Login,
            (ref a, b): (u8, String),
            _: u8,
            plain: u8,
        ) -> usize {
            user.push('!');
            user.len() + usize::from(*a) + b.len() + usize::from(plain)
        }
    }

    #[test]
    fn are_captured_by_the_names_that_they_bind() {
        let login = Login {
            user: "ada".to_owned(),
            key: "hidden",
        };
        let report =
            record(|| block_on(async { Asks.ask(login, (1, "bc".to_owned()), 0, 5).await }));
        assert_eq!(
            report.input.as_deref(),
            Some(r#"{"user":"ada","a":1,"plain":5}"#)
        );
        assert_eq!(report.id.as_deref(), Some("ada"));
        assert_eq!(report.result.as_deref(), Some("12"));
    }
}
