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
