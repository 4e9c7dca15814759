use futures_util::stream::{self, Stream};
use xpander_report::external_task;

trait Sink {}
impl<T> Sink for T {}

struct Page<T>(T);

#[external_task]
fn socket() -> impl Stream<Item = u8> + Sink {
    stream::iter([1])
}

#[external_task]
fn page() -> Page<impl Stream<Item = u8>> {
    Page(stream::iter([1]))
}

fn main() {
    socket();
    let _ = page().0;
}
