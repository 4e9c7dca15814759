use super::*;

#[external_task]
fn opaque(text: &str) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator<Item = &str> {
    text.split(' ').collect::<Vec<_>>().into_iter()
}

#[external_task]
fn boxed<'a>(text: &'a str) -> Result<Box<dyn Iterator<Item = &'a str> + 'a>, String> {
    Ok(Box::new(text.split(' ')))
}

#[test]
fn is_reported_when_it_ends() {
    let (words, reports) = record(|| opaque("a b c").count());
    assert_eq!(words, 3);
    assert_eq!(outcome(&reports), (Some(true), Some("abc")));
    let (words, reports) = record(|| boxed("a b c").unwrap().count());
    assert_eq!(words, 3);
    assert_eq!(outcome(&reports), (Some(true), Some("abc")));
}

#[test]
fn that_is_dropped_half_way_is_cancelled_with_what_came() {
    let (last, reports) = record(|| opaque("a b c").next_back());
    assert_eq!(last, Some("c"));
    assert_eq!(outcome(&reports), (Some(false), Some("cancelled: c")));
    let (count, _) = record(|| opaque("a b c").len());
    assert_eq!(count, 3);
}
