//! Streams that do not say how many tokens they took, because nobody asked.

use std::sync::Mutex;

use super::Target;
use crate::provider::shape::Shape;
use crate::support::diagnostics::warn;
use crate::support::sync::lock;

/// Says how to ask for usage, once for each function and API.
pub(super) fn warn_once(target: Target, shape: Shape) {
    static WARNED: Mutex<Vec<(Target, Shape)>> = Mutex::new(Vec::new());
    let Some(option) = shape.usage_option() else {
        return;
    };
    {
        let mut warned = lock(&WARNED);
        if warned.contains(&(target, shape)) {
            return;
        }
        warned.push((target, shape));
    }
    warn(format_args!(
        "a stream of {shape} in `{}::{}` does not say how many tokens it took: set {option}",
        target.module, target.function
    ));
}
