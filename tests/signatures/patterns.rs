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
    async fn later(#[cfg(not(test))] missing: Missing, #[cfg(test)] there: u8, _other: u8) -> u8 {
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
