use std::fmt;
use std::marker::PhantomData;

use super::no_value;

/// The hidden return type of a function. The expansion has `return edge.never()` in the function itself, outside of the
/// body. So the compiler knows the bounds on the body's value before it checks the body.
pub struct Edge<T>(PhantomData<fn() -> T>);

impl<T> Edge<T> {
    /// An edge whose type is not known yet.
    #[expect(clippy::new_without_default, reason = "only an expansion makes one")]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// Always `None`.
    pub fn never(self) -> Option<T> {
        None
    }

    /// The body, whose value is of this type.
    pub fn body<F: FnOnce() -> T>(self, body: F) -> F {
        body
    }

    /// The value that [`keep`] has put there.
    pub fn kept(self, place: Option<T>) -> T {
        place.unwrap_or_else(|| no_value())
    }
}

/// Puts a value in its place. Where the outcome is to be a `&mut dyn Fn(…)`, a closure that gives the value learns what
/// it takes, and keeps its own type.
pub fn keep<T, P: Place<T>>(value: T, place: &mut P) -> &mut T {
    place.fill(value)
}

/// A place for a value. It is a type of its own for [`keep`], or the compiler would look for a `dyn Fn` in it.
pub trait Place<T> {
    /// Puts the value there.
    fn fill(&mut self, value: T) -> &mut T;
}

impl<T> Place<T> for Option<T> {
    fn fill(&mut self, value: T) -> &mut T {
        self.insert(value)
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

/// What a function type gives for such arguments.
pub trait Gives<Arguments> {
    /// What it gives.
    type Output;
}

macro_rules! gives {
    ($($argument:ident)*) => {
        // By its projection: with `O`, the compiler would not find how its lifetimes follow from the arguments'.
        impl<$($argument,)* O, F: ?Sized + FnOnce($($argument),*) -> O> Gives<($($argument,)*)> for F {
            type Output = F::Output;
        }
    };
}

gives!(A);
gives!(A B);
gives!(A B C);

/// Bodies whose values are functions: a closure in the body learns from the bound what it takes. A name has a letter
/// for each argument: `r` is one by reference, `m` one by mutable reference, `v` one by value. `D` is the function's
/// type as `dyn Fn`, which says what it gives.
#[rustfmt::skip]
macro_rules! forms {
    ($kind:ident: $trait:ident) => {
        forms! { @ $kind: $trait
            r [A: ?Sized] ['a] (&'a A);
            m [A: ?Sized] ['a] (&'a mut A);
            v [A] [] (A);
            rr [A: ?Sized, B: ?Sized] ['a, 'b] (&'a A, &'b B);
            rm [A: ?Sized, B: ?Sized] ['a, 'b] (&'a A, &'b mut B);
            rv [A: ?Sized, B] ['a] (&'a A, B);
            mr [A: ?Sized, B: ?Sized] ['a, 'b] (&'a mut A, &'b B);
            mm [A: ?Sized, B: ?Sized] ['a, 'b] (&'a mut A, &'b mut B);
            mv [A: ?Sized, B] ['a] (&'a mut A, B);
            vr [A, B: ?Sized] ['b] (A, &'b B);
            vm [A, B: ?Sized] ['b] (A, &'b mut B);
            vv [A, B] [] (A, B);
            rrr [A: ?Sized, B: ?Sized, C: ?Sized] ['a, 'b, 'c] (&'a A, &'b B, &'c C);
            rrv [A: ?Sized, B: ?Sized, C] ['a, 'b] (&'a A, &'b B, C);
            rvr [A: ?Sized, B, C: ?Sized] ['a, 'c] (&'a A, B, &'c C);
            rvv [A: ?Sized, B, C] ['a] (&'a A, B, C);
            vrr [A, B: ?Sized, C: ?Sized] ['b, 'c] (A, &'b B, &'c C);
            vrv [A, B: ?Sized, C] ['b] (A, &'b B, C);
            vvr [A, B, C: ?Sized] ['c] (A, B, &'c C);
            vvv [A, B, C] [] (A, B, C);
        }
    };
    (@ $kind:ident: $trait:ident $($name:ident [$($generics:tt)*] [$($lifetimes:tt)*] ($($argument:ty),*);)*) => {
        impl<T> $kind<T> {$(
            /// The body, whose value is such a function.
            pub fn $name<$($generics)*, D, F: FnOnce() -> T>(self, body: F) -> F
            where
                D: ?Sized + for<$($lifetimes)*> Gives<($($argument,)*)>,
                T: for<$($lifetimes)*> $trait($($argument),*) -> <D as Gives<($($argument,)*)>>::Output,
            {
                body
            }
        )*}
    };
}

macro_rules! functions {
    ($($method:ident, $kind:ident: $trait:ident;)*) => {
        impl<T> Edge<T> {$(
            /// The type is one of these functions.
            pub fn $method(self) -> $kind<T> {
                $kind(PhantomData)
            }
        )*}

        $(
            /// A type that is one of these functions.
            #[derive(Debug)]
            pub struct $kind<T>(PhantomData<fn() -> T>);

            forms! { $kind: $trait }
        )*
    };
}

functions! {
    called, Called: Fn;
    called_mut, CalledMut: FnMut;
    called_once, CalledOnce: FnOnce;
    awaited, Awaited: AsyncFn;
    awaited_mut, AwaitedMut: AsyncFnMut;
    awaited_once, AwaitedOnce: AsyncFnOnce;
}
