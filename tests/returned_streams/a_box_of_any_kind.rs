use super::*;

#[external_task]
fn from_both_ends(text: &str) -> Box<dyn DoubleEndedIterator<Item = &str> + Send + '_> {
    Box::new(text.split(' '))
}

#[external_task]
fn sized(n: u8) -> Box<dyn ExactSizeIterator<Item = u8> + Sync> {
    Box::new(vec![n, n].into_iter())
}

#[external_task]
fn fused(n: u8) -> Result<Box<dyn std::iter::FusedIterator<Item = u8>>, String> {
    Ok(Box::new(vec![n, n].into_iter()))
}

#[external_task]
fn fused_stream(n: u8) -> Pin<Box<dyn stream::FusedStream<Item = u8> + Send>> {
    Box::pin(stream::iter([n, n]).fuse())
}

#[external_task]
fn unpinned(n: u8) -> Box<dyn Iterator<Item = u8> + Send + Unpin> {
    Box::new(vec![n, n].into_iter())
}

#[external_task]
fn pinned_and_unpin(n: u8) -> Pin<Box<dyn Stream<Item = u8> + Send + Sync + Unpin>> {
    Box::pin(stream::iter([n, n]))
}

#[external_task]
fn later_and_unpin(n: u8) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Unpin>> {
    Box::pin(std::future::ready(Err(format!("{n} failed"))))
}

#[test]
fn is_followed() {
    let (_, reports) = record(|| from_both_ends("a b").rev().count());
    assert_eq!(outcome(&reports), (Some(true), Some("ba")));
    let (_, reports) = record(|| sized(1).count());
    assert_eq!(outcome(&reports), (Some(true), Some("[1,1]")));
    let (_, reports) = record(|| fused(2).unwrap().count());
    assert_eq!(outcome(&reports), (Some(true), Some("[2,2]")));
    let (_, reports) = record(|| block_on(fused_stream(3).count()));
    assert_eq!(outcome(&reports), (Some(true), Some("[3,3]")));
    let (_, reports) = record(|| unpinned(4).count());
    assert_eq!(outcome(&reports), (Some(true), Some("[4,4]")));
    let (_, reports) = record(|| block_on(pinned_and_unpin(5).count()));
    assert_eq!(outcome(&reports), (Some(true), Some("[5,5]")));
    let (_, reports) = record(|| block_on(later_and_unpin(6)));
    assert_eq!(outcome(&reports), (Some(false), Some("6 failed")));
}
