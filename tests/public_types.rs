//! The traits that the public types promise. Each promise is a bound, so that a broken one does not compile.

use std::error::Error;
use std::fmt::Debug;
use std::hash::Hash;
use std::panic::{RefUnwindSafe, UnwindSafe};

use xpander_report::testing::{Everywhere, Recorder, Scope};
use xpander_report::*;
use xpander_report_local::query::{self, Cursor, ListedTask, Paging};
use xpander_report_local::{Builder, Fault, Filter, LocalPlatform, Prices, TaskPage, TaskRecord};

fn shared<T: Debug + Send + Sync + 'static>() {}
fn unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
fn cloned<T: Clone + Debug + Send + Sync + 'static>() {}
fn compared<T: Clone + Debug + PartialEq + Send + Sync + 'static>() {}
fn map_key<T: Copy + Debug + Eq + Hash + Send + Sync + 'static>() {}
fn error<T: Error + Send + Sync + 'static>() {}

#[test]
fn handles_are_cloned_and_shared_between_threads() {
    cloned::<Client>();
    cloned::<Config>();
    cloned::<Recorder>();
    cloned::<Reporter>();
    cloned::<SpoolDirectory>();
    cloned::<TaskHandle>();
    cloned::<TaskLayer<(), (), ()>>();
    cloned::<TaskService<(), (), (), ()>>();
    cloned::<CatchResponses>();
    cloned::<Catching<()>>();
    shared::<LocalPlatform>();
}

#[test]
fn handles_may_cross_catch_unwind() {
    unwind_safe::<Client>();
    unwind_safe::<Config>();
    unwind_safe::<Recorder>();
    unwind_safe::<Reporter>();
    unwind_safe::<ReporterGuard>();
    unwind_safe::<TaskHandle>();
    unwind_safe::<TaskReport>();
}

#[test]
fn guards_move_between_threads_except_two() {
    shared::<ReporterGuard>();
    shared::<Scope<()>>();
    shared::<WithTask<()>>();
    // `EnteredTask` and `Everywhere` stay in their thread.
    fn debug<T: Debug>() {}
    debug::<EnteredTask<'_>>();
    debug::<Everywhere>();
}

#[test]
fn builders_are_cloned() {
    cloned::<ConfigBuilder>();
    cloned::<Redaction>();
    cloned::<ReporterBuilder>();
    cloned::<Builder>();
    cloned::<Fault>();
    cloned::<Prices>();
}

#[test]
fn data_is_compared_unless_it_holds_raw_json() {
    compared::<Billing>();
    compared::<Dropped>();
    compared::<FailingAgent>();
    compared::<FlushOutcome>();
    compared::<MediaTokens>();
    compared::<ProviderResponse>();
    compared::<Setting>();
    compared::<SpoolSegment>();
    compared::<Stats>();
    compared::<TaskStatus>();
    compared::<Tokens>();
    compared::<Filter>();
    compared::<ListedTask>();
    compared::<Paging>();
    compared::<TaskPage>();
    compared::<TaskRecord>();
    compared::<query::Metrics>();
    compared::<query::MetricsQuery>();
    compared::<query::Summary>();
    cloned::<Agent>();
    cloned::<DeadLetter>();
    cloned::<DeliveryOutcome>();
    cloned::<SpooledReport>();
    cloned::<Task>();
    cloned::<TaskReport>();
}

#[test]
fn small_enums_are_map_keys() {
    map_key::<DropReason>();
    map_key::<Shape>();
    map_key::<Source>();
    map_key::<Cursor>();
    map_key::<xpander_report_local::TaskStatus>();
}

#[test]
fn an_event_is_copied() {
    fn copied<T: Copy + Send + Sync>() {}
    copied::<Event<'_>>();
}

#[test]
fn errors_convert_to_a_boxed_error_of_any_thread() {
    error::<AlreadyInstalled>();
    error::<ConfigError>();
    error::<DecodeError>();
    error::<xpander_report::Error>();
    error::<NotPersisted>();
    error::<StatusError>();
    error::<TransportError>();
    error::<UnreadableFile>();
    error::<xpander_report_local::Error>();
}
