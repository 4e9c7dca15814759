//! Malformed and hostile requests to a relay: the same as to the local platform.

use std::net::SocketAddr;

use crate::support::Relayed;
use xpander_report_tests::hostile::Target;
use xpander_report_tests::hostile_tests;

impl Target for Relayed {
    fn address(&self) -> SocketAddr {
        self.relay.address()
    }

    fn takers(&self) -> Vec<(&'static str, &'static str)> {
        vec![("POST", "/agent-execution/a/report_task")]
    }

    fn refused_agents(&self) -> &[&'static str] {
        &[".", ".."]
    }

    fn has(&self, id: &str) -> bool {
        self.drain();
        let has_arrived = self.platform.task(id).unwrap().is_some();
        has_arrived && self.relay.stats().dead_lettered == 0
    }

    fn tasks(&self) -> usize {
        self.drain();
        self.platform.tasks().unwrap().len()
    }
}

hostile_tests!(Relayed::start());
