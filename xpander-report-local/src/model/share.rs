use super::charge::Charge;
use super::cost::Cost;
use super::task::{TaskRecord, Tokens};

/// The share of one model in a run.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) tokens: Option<Tokens>,
    pub(crate) cost: Option<Cost>,
}

/// The share of one of its models in a run.
pub(crate) fn share(task: &TaskRecord, model: &str) -> Share {
    let whole = Share {
        tokens: task.tokens,
        cost: task.cost,
    };
    if task.models.len() == 1 && task.charges.iter().all(|charge| charge.model.is_some()) {
        return whole;
    }
    let of = |charge: &&Charge| charge.model.as_deref() == Some(model);
    let count = |count: fn(&Charge) -> u64| -> i64 {
        let counts = task.charges.iter().filter(of).map(count);
        i64::try_from(counts.fold(0, u64::saturating_add)).unwrap_or(i64::MAX)
    };
    Share {
        tokens: Some(Tokens::new(
            count(|charge| charge.output_tokens),
            count(|charge| charge.input_tokens),
            count(|charge| charge.cache_read_tokens),
            count(|charge| charge.cache_write_tokens),
        )),
        cost: task
            .charges
            .iter()
            .filter(of)
            .map(|charge| charge.cost)
            .sum(),
    }
}
