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

#[test]
fn may_borrow_from_what_they_take() {
    #[external_task]
    fn rest() -> impl Fn(&str) -> Option<&str> {
        |text| text.get(1..)
    }
    #[external_task]
    fn shorter(by: usize) -> impl for<'a> FnMut(&'a [u8], u8) -> &'a [u8] + Send {
        move |bytes, more| bytes.get(by + usize::from(more)..).unwrap_or_default()
    }
    #[external_task]
    fn words() -> impl FnOnce(&mut String) -> Box<dyn Iterator<Item = char> + '_> {
        |text| Box::new(text.chars())
    }
    #[external_task]
    fn asked(model: &'static str) -> impl Fn(&str) -> BoxFuture<'_, String> {
        move |question| Box::pin(async move { format!("{model}: {question}") })
    }
    #[external_task]
    fn or<'a, T: AsRef<str> + ?Sized>(other: &'a T) -> impl Fn(&str, &'a T, bool) -> &'a str {
        move |text, another, swap| {
            if swap || text.is_empty() {
                another.as_ref()
            } else {
                other.as_ref()
            }
        }
    }
    assert_eq!(rest()("ab"), Some("b"));
    assert_eq!(shorter(1)(&[1, 2, 3], 1), [3]);
    assert_eq!(words()(&mut "ab".to_owned()).count(), 2);
    assert_eq!(block_on(asked("m")("q")), "m: q");
    assert_eq!(or("a")("x", "b", false), "a");
}

#[test]
fn may_be_async() {
    #[external_task]
    fn length(and: usize) -> impl AsyncFn(&str) -> usize {
        async move |text| text.len() + and
    }
    #[external_task]
    fn filled() -> impl AsyncFnOnce(&mut Vec<u8>, u8) {
        async |bytes, more| bytes.push(more)
    }
    assert_eq!(block_on(length(1)("ab")), 3);
    let mut bytes = Vec::new();
    block_on(filled()(&mut bytes, 7));
    assert_eq!(bytes, [7]);
}

#[test]
fn may_take_anything() {
    #[external_task]
    fn joined(by: &'static str) -> impl Fn(&str, &str, &str, &str) -> String + Clone {
        move |a, b, c, d| [a, b, c, d.trim()].join(by)
    }
    #[external_task]
    fn first() -> impl Fn(Option<&str>) -> Option<&str> {
        |text| text?.split(' ').next()
    }
    #[external_task]
    fn last<T: Copy>() -> impl Fn(&[&T]) -> Option<T> {
        |all| all.last().copied().copied()
    }
    #[external_task]
    fn shown(name: String) -> impl FnOnce(&mut fmt::Formatter<'_>) -> fmt::Result {
        move |f| {
            f.write_str(&name)?;
            drop(name);
            Ok(())
        }
    }
    struct Shown<F>(std::cell::Cell<Option<F>>);
    impl<F: FnOnce(&mut fmt::Formatter<'_>) -> fmt::Result> Display for Shown<F> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.take().map_or(Err(fmt::Error), |shown| shown(f))
        }
    }
    assert_eq!(joined("-").clone()("a", "b", "c", " d"), "a-b-c-d");
    assert_eq!(first()(Some("a b")), Some("a"));
    assert_eq!(last()(&[&1, &2]), Some(2));
    let shown = Shown(std::cell::Cell::new(Some(shown("Ada".to_owned()))));
    assert_eq!(shown.to_string(), "Ada");
}

#[test]
fn may_come_from_async_functions() {
    #[external_task]
    async fn prompt(about: String) -> impl Fn(&str) -> String {
        let about = std::future::ready(about).await;
        move |question| format!("{about}: {}", question.trim())
    }
    #[external_task]
    async fn counting() -> impl FnMut(&str, usize) -> usize {
        let count = std::rc::Rc::new(std::cell::Cell::new(0));
        move |text, more| {
            count.set(count.get() + text.len() + more);
            count.get()
        }
    }
    assert_eq!(block_on(assert_send(prompt("x".to_owned())))(" y "), "x: y");
    let mut count = block_on(assert_send(counting()));
    assert_eq!(count("ab", 1), 3);
    assert_eq!(count("c", 0), 4);
}
