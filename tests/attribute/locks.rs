use std::sync::{Arc, Mutex, RwLock};

use super::*;

#[external_task]
fn one(history: &Mutex<Vec<&str>>) {}

#[external_task]
fn several(history: Arc<RwLock<u8>>, count: usize) {}

#[test]
fn that_the_caller_holds_are_not_waited_for() {
    let history = Mutex::new(vec!["secret"]);
    let held = history.lock().unwrap();
    let report = record(|| one(&history));
    assert!(report.input.unwrap().contains("locked"));
    drop(held);

    let history = Arc::new(RwLock::new(7));
    let held = history.write().unwrap();
    let report = record(|| several(Arc::clone(&history), 1));
    assert!(report.input.unwrap().contains("locked"));
    drop(held);
}
