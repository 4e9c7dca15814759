//! A run follows one stream or future.

use std::pin::Pin;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, Iter, Stream, StreamExt};
use xpander_report::external_task;

type Words = BoxStream<'static, u8>;

fn words() -> Words {
    stream::iter([1]).boxed()
}

#[external_task]
fn spelled() -> Result<(BoxStream<'static, u8>, Pin<Box<dyn Stream<Item = u8>>>), String> {
    Ok((words(), words()))
}

#[external_task]
fn opaque() -> (impl Stream<Item = u8>, impl Stream<Item = u8>) {
    (words(), words())
}

#[external_task]
fn five() -> (u8, u8, impl Iterator<Item = u8>, u8, BoxStream<'static, u8>) {
    (1, 2, 0..3, 4, words())
}

#[external_task]
async fn awaited() -> (BoxFuture<'static, u8>, Option<BoxFuture<'static, u8>>) {
    (Box::pin(async { 1 }), None)
}

#[external_task]
fn later() -> impl Future<Output = (impl Stream<Item = u8>, impl Stream<Item = u8>)> {
    async { (words(), words()) }
}

#[external_task]
fn opaque_beside_a_name() -> Option<(impl Stream<Item = u8>, Words)> {
    Some((stream::iter([1]), words()))
}

#[external_task]
fn named() -> (Words, u8, Words) {
    (words(), 7, words())
}

#[external_task]
async fn three_named() -> Result<(Words, Words, Words), String> {
    Ok((words(), words(), words()))
}

#[external_task(is_success = |_| true)]
fn with_a_key() -> Option<(Words, Box<dyn Iterator<Item = u8>>)> {
    Some((words(), Box::new(0..3)))
}

#[external_task]
fn of_types_of_their_own() -> (Iter<std::ops::Range<u8>>, Iter<std::ops::Range<u8>>) {
    (stream::iter(0..3), stream::iter(0..3))
}

fn main() {}
