use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::report::task_id::TaskId;

/// How many empty lines are kept for the next reports of their agents.
const MAX_EMPTY: usize = 1_000;

/// The tasks whose reports may go now, in a line for each agent. The agents take turns, and an agent with fewer reports in
/// flight goes first. So a slow agent has its share of the connections, and not all of them.
#[derive(Debug, Default)]
pub(crate) struct Ready {
    lines: HashMap<Arc<str>, VecDeque<TaskId>>,
    /// The agents with tasks, in the order of their turns.
    turns: VecDeque<Arc<str>>,
}

impl Ready {
    pub(crate) fn push_back(&mut self, agent: &str, id: TaskId) {
        if let Some(line) = self.lines.get_mut(agent)
            && !line.is_empty()
        {
            line.push_back(id);
        } else {
            let agent = self.open_line(agent, id);
            self.turns.push_back(agent);
        }
    }

    /// Adds a task that is the next one.
    pub(crate) fn push_front(&mut self, agent: &str, id: TaskId) {
        let turn = self.turns.iter().position(|it| **it == *agent);
        let agent = match turn.and_then(|turn| self.turns.remove(turn)) {
            Some(agent) => {
                self.lines
                    .entry(Arc::clone(&agent))
                    .or_default()
                    .push_front(id);
                agent
            }
            None => self.open_line(agent, id),
        };
        self.turns.push_front(agent);
    }

    fn open_line(&mut self, agent: &str, id: TaskId) -> Arc<str> {
        if self.lines.len() - self.turns.len() >= MAX_EMPTY {
            self.lines.retain(|_, line| !line.is_empty());
        }
        let agent = match self.lines.get_key_value(agent) {
            Some((agent, _)) => Arc::clone(agent),
            None => Arc::from(agent),
        };
        self.lines
            .entry(Arc::clone(&agent))
            .or_default()
            .push_back(id);
        agent
    }

    /// The next task. `in_flight` returns the number of an agent's reports in flight.
    pub(crate) fn pop(&mut self, in_flight: impl Fn(&str) -> usize) -> Option<TaskId> {
        let turn = match self.turns.len() {
            0 | 1 => 0,
            _ => self.turn(in_flight),
        };
        let agent = self.turns.remove(turn)?;
        let line = self.lines.get_mut(&agent)?;
        let id = line.pop_front();
        if !line.is_empty() {
            self.turns.push_back(agent);
        }
        id
    }

    /// The turn of the first agent with the fewest reports in flight.
    fn turn(&self, in_flight: impl Fn(&str) -> usize) -> usize {
        let (mut best, mut fewest) = (0, usize::MAX);
        for (turn, agent) in self.turns.iter().enumerate() {
            let reports = in_flight(agent);
            if reports < fewest {
                (best, fewest) = (turn, reports);
            }
            if fewest == 0 {
                break;
            }
        }
        best
    }

    /// Removes the other tasks.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&TaskId) -> bool) {
        self.lines.retain(|_, line| {
            line.retain(&is_kept);
            !line.is_empty()
        });
        self.turns.retain(|agent| self.lines.contains_key(agent));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lines.values().map(VecDeque::len).sum()
    }
}
