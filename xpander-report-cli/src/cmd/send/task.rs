use serde::ser::{Serialize, SerializeMap, Serializer};
use xpander_report::{Task, TaskInput};

/// The platform's record as JSON: the known fields, then all others as they were sent.
pub(super) struct TaskJson<'a>(pub(super) &'a Task);

struct InputJson<'a>(&'a TaskInput);

impl Serialize for TaskJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(task) = self;
        let mut record = serializer.serialize_map(None)?;
        record.serialize_entry("id", &task.id)?;
        record.serialize_entry("agent_id", &task.agent_id)?;
        record.serialize_entry("organization_id", &task.organization_id)?;
        record.serialize_entry("input", &InputJson(&task.input))?;
        record.serialize_entry("created_at", &task.created_at)?;
        entry(&mut record, "status", task.status.as_ref())?;
        entry(&mut record, "result", task.result.as_ref())?;
        entry(&mut record, "started_at", task.started_at.as_ref())?;
        entry(&mut record, "finished_at", task.finished_at.as_ref())?;
        entry(&mut record, "duration", task.duration.as_ref())?;
        entry(&mut record, "tokens", task.tokens.as_ref())?;
        if !task.other.contains_key("used_tools") {
            record.serialize_entry("used_tools", &task.used_tools)?;
        }
        for (name, value) in &task.other {
            record.serialize_entry(name, value)?;
        }
        record.end()
    }
}

impl Serialize for InputJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut input = serializer.serialize_map(None)?;
        entry(&mut input, "text", self.0.text.as_ref())?;
        for (name, value) in &self.0.other {
            input.serialize_entry(name, value)?;
        }
        input.end()
    }
}

fn entry<M: SerializeMap>(
    map: &mut M,
    name: &str,
    value: Option<&impl Serialize>,
) -> Result<(), M::Error> {
    value.map_or(Ok(()), |value| map.serialize_entry(name, value))
}
