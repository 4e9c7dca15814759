//! The program's `tracing` subscriber receives the library's warnings, but no events of its work.

use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use xpander_report::{Client, Reporter, TaskReport};
use xpander_report_tests::server::{Answer, Server};
use xpander_report_tests::{LONG, config, refused};

/// Keeps all events of every level.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<Vec<String>>>);

impl Everything {
    fn keep(&self, what: &Metadata<'_>, says: &str) {
        let thread = std::thread::current();
        let thread = thread.name().unwrap_or_default();
        let line = format!("{thread} {} {}{says}", what.level(), what.target());
        self.0.lock().unwrap().push(line);
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.keep(span.metadata(), "");
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Message(String);

        impl Visit for Message {
            fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!(" {value:?}");
            }
        }

        let mut message = Message(String::new());
        event.record(&mut message);
        self.keep(event.metadata(), &message.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn requests_are_in_nobodys_trace_and_what_goes_wrong_is() {
    let everything = Everything::default();
    tracing::subscriber::set_global_default(everything.clone()).unwrap();
    let server = Server::always(Answer::task());
    let hooked = Reporter::builder()
        .config(config(server.url()))
        .before_send(|_| tracing::info!("the program's own"));
    let reporter = hooked.build().unwrap();
    for _ in 0..10 {
        reporter.report(TaskReport::new());
        assert!(reporter.flush_blocking(LONG).is_complete());
    }
    let client = Client::new(config(server.url()).build().unwrap());
    client
        .report_external_task_blocking(&TaskReport::new())
        .unwrap();
    let mut seen = everything.0.lock().unwrap().clone();
    let own = seen
        .extract_if(.., |line| line.contains("the program's own"))
        .count();
    assert_eq!((own, seen.as_slice()), (10, &[][..]));

    let refusing = Server::always(Answer::json(422, r#"{"detail": "odd"}"#));
    let reporter = Reporter::builder()
        .config(config(refusing.url()))
        .build()
        .unwrap();
    reporter.report(TaskReport::new().id("task-0"));
    assert_eq!(refused(&reporter), 1);
    let seen = everything.0.lock().unwrap().clone();
    let told = seen.last().unwrap();
    assert!(
        told.contains("WARN xpander_report task task-0 cannot be delivered"),
        "{told}"
    );
}
