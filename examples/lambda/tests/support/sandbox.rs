//! Lambda's sandbox: a process that runs only during an invocation.

use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;

use crate::process::Process;
use crate::runtime_api::{Answer, Invocation, RuntimeApi, Waiting};

/// A deadline that leaves enough time.
pub const AMPLE: Duration = Duration::from_secs(60);

/// A function's process, frozen except during an invocation.
pub struct Sandbox {
    api: RuntimeApi,
    process: Process,
    /// Set while it is frozen: its answer is on the way to Lambda.
    answering: Option<Waiting<()>>,
}

impl Sandbox {
    pub async fn start(program: &str, environment: &[(&str, String)]) -> Self {
        let api = RuntimeApi::start().await;
        Self {
            process: Process::start(program, &api, environment),
            api,
            answering: None,
        }
    }

    /// Unfreezes the process to handle `event`. When its answer arrives, the process is frozen immediately, so it does
    /// not see until the next invocation that the answer was accepted.
    pub async fn invoke(&mut self, request_id: &str, time: Duration, event: Value) -> Answer {
        self.thaw();
        let (_, waiting) = self.api.asked().await;
        let invocation = Invocation {
            request_id: request_id.to_owned(),
            deadline: SystemTime::now() + time,
            event,
        };
        let deadline = Instant::now() + time;
        assert!(
            waiting.send(invocation).is_ok(),
            "it does not wait any more"
        );
        let (answer, waiting) = self.api.answered().await;
        self.freeze();
        self.answering = Some(waiting);
        assert_eq!(answer.request_id, request_id);
        let late = answer.at.saturating_duration_since(deadline);
        assert!(late.is_zero(), "the answer comes {late:?} too late");
        answer
    }

    /// Unfreezes the process to handle `event`, and kills it at the deadline, as Lambda does.
    ///
    /// # Panics
    /// It answers before that.
    pub async fn invoke_and_kill(&mut self, request_id: &str, time: Duration, event: Value) {
        self.thaw();
        let (_, waiting) = self.api.asked().await;
        let invocation = Invocation {
            request_id: request_id.to_owned(),
            deadline: SystemTime::now() + time,
            event,
        };
        let deadline = Instant::now() + time;
        assert!(
            waiting.send(invocation).is_ok(),
            "it does not wait any more"
        );
        let answered = tokio::time::timeout_at(deadline.into(), self.api.answered());
        if let Ok((answer, _)) = answered.await {
            panic!("it answers in time: {answer:?}");
        }
        self.process.kill();
    }

    fn thaw(&mut self) {
        if let Some(answering) = self.answering.take() {
            kill_process(self.pid(), Signal::CONT).unwrap();
            assert_eq!(answering.send(()), Ok(()));
        }
    }

    fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
        let waited = waitpid(Some(self.pid()), WaitOptions::UNTRACED).unwrap();
        let (_, status) = waited.unwrap();
        assert!(status.stopped(), "it has ended: {status:?}");
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.process.0)
    }
}
