use std::fmt;
use std::marker::PhantomData;

/// The type that a function returns where it hides it: `return edge.never()` at the function's own end tells
/// the compiler, before it looks at the body, what the body's value must be able to do.
pub struct Edge<T>(PhantomData<fn() -> T>);

impl<T> Edge<T> {
    /// Of a type that is still open.
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// None.
    pub fn never(self) -> Option<T> {
        None
    }

    /// The body, whose value is of this type.
    pub fn body<F: FnOnce() -> T>(self, body: F) -> F {
        body
    }
}

impl<T> Clone for Edge<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Edge<T> {}

impl<T> fmt::Debug for Edge<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Edge")
    }
}
