//! The spool in all orders in which threads may meet in it.

use std::sync::Arc;
use std::time::Instant;

use loom::model::Builder;
use loom::thread;

use super::{Process, outgoing_of};
use crate::envelope::sequence::Sequence;
use crate::report::TaskReport;
use crate::spool::files::faulty_disk::{Call, FaultyDisk};
use crate::spool::reader::Replay;
use crate::spool::writer::Spool;

/// All orders with so many changes from one thread to another that no thread asks for.
fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

fn append(spool: &Spool) {
    let appended = spool.append(&outgoing_of(TaskReport::new(), Sequence::next(), false));
    appended.expect("a disk that takes it");
}

/// Reads and settles what there is. Returns how many.
fn deliver(replay: &mut Replay) -> usize {
    let mut delivered = 0;
    while let Some(replayed) = replay.next() {
        delivered += 1;
        replay.acknowledge(&[replayed.place], None);
    }
    delivered
}

#[test]
fn what_is_appended_while_its_segment_ends_is_delivered() {
    check(|| {
        let disk = FaultyDisk::default();
        let Process { spool, mut replay } = Process::on(&disk);
        append(&spool);
        disk.fail(Call::Sync, 0, 1);
        let appends = thread::spawn({
            let spool = Arc::clone(&spool);
            move || append(&spool)
        });
        // It fails, and the segment ends.
        let syncs = thread::spawn({
            let spool = Arc::clone(&spool);
            move || drop(spool.sync())
        });
        let mut delivered = deliver(&mut replay);
        appends.join().unwrap();
        syncs.join().unwrap();
        delivered += deliver(&mut replay);
        assert_eq!(delivered, 2);
        assert_eq!(replay.read(), spool.appended());
    });
}

#[test]
fn what_is_said_to_be_synced_survives_a_loss_of_power() {
    check(|| {
        let disk = FaultyDisk::default();
        let Process { spool, replay } = Process::on(&disk);
        append(&spool);
        let appends = thread::spawn({
            let spool = Arc::clone(&spool);
            move || append(&spool)
        });
        let syncs = thread::spawn({
            let spool = Arc::clone(&spool);
            move || spool.sync().unwrap()
        });
        spool.sync().unwrap();
        let synced = (1..=2).filter(|count| spool.is_synced(*count)).count();
        assert!(synced >= 1);
        disk.lose_power(0.0, 0, false);
        let mut next = Process::on(&disk);
        next.replay.scan(Instant::now());
        assert!(deliver(&mut next.replay) >= synced);
        appends.join().unwrap();
        syncs.join().unwrap();
        drop(replay);
    });
}

#[test]
fn what_is_appended_while_the_spool_is_let_go_is_found_by_the_next() {
    check(|| {
        let disk = FaultyDisk::default();
        let Process { spool, mut replay } = Process::on(&disk);
        append(&spool);
        let appends = thread::spawn({
            let spool = Arc::clone(&spool);
            move || append(&spool)
        });
        let mut delivered = deliver(&mut replay);
        replay.close();
        appends.join().unwrap();
        let mut again = Replay::new(Arc::clone(&spool), Instant::now());
        delivered += deliver(&mut again);
        again.scan(Instant::now());
        delivered += deliver(&mut again);
        assert_eq!(delivered, 2);
        assert_eq!(again.read(), spool.appended());
    });
}
