use super::*;

#[test]
fn may_be_optional() {
    #[external_task(id = id, agent_id = agent.map(|agent| format!("agent-{agent}")))]
    fn run(id: Option<&str>, agent: Option<u8>) {}
    let report = record(|| run(Some("own"), Some(7)));
    assert_eq!(report.id.as_deref(), Some("own"));
    assert_eq!(report.agent_id.as_deref(), Some("agent-7"));
    let report = record(|| run(None, None));
    assert_eq!(report.id.unwrap().len(), 36);
    assert_eq!(report.agent_id, None);
}

#[test]
fn may_be_some_argument_that_the_body_uses_as_well() {
    #[external_task(id = Some(name))]
    fn run(name: &str) -> usize {
        name.len()
    }
    let report = record(|| run("own"));
    assert_eq!(report.id.as_deref(), Some("own"));
}
