//! A function's process.

use std::process::{Child, Command};

use xpander_report_examples::model::{MODEL, ModelEndpoint};

use crate::runtime_api::RuntimeApi;

/// The process is killed when this is dropped.
pub struct Process(pub Child);

impl Process {
    /// Starts `program` with only Lambda's variables and `environment`.
    pub fn start(program: &str, api: &RuntimeApi, environment: &[(&str, String)]) -> Self {
        let mut command = Command::new(program);
        command.env_clear().envs(api.environment());
        command.envs(environment.iter().cloned());
        Self(command.spawn().unwrap())
    }
}

impl Process {
    /// Kills it.
    pub fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The variables of the function's owner.
pub fn environment(model: &ModelEndpoint, platform: String) -> Vec<(&'static str, String)> {
    vec![
        ("OPENAI_BASE_URL", model.base_url()),
        ("OPENAI_API_KEY", "key".to_owned()),
        ("OPENAI_MODEL", MODEL.to_owned()),
        ("XPANDER_BASE_URL", platform),
        ("XPANDER_API_KEY", "key".to_owned()),
        ("XPANDER_AGENT_ID", "lambda".to_owned()),
    ]
}
