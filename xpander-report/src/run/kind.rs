//! How a run goes on once its function has given a value: decided by the value's type.
//!
//! The mechanism is that of the capture ladder: see `capture`. A value ends the run. A stream, an iterator or a future
//! continues the run. A box of one of them is replaced by another box, so the function's type does not change. For
//! `impl Stream` the type may change. For a stream or a future of a custom type, neither is possible.

use std::convert::Infallible;
use std::future::{Future, IntoFuture};
use std::iter::FusedIterator;
use std::marker::PhantomData;
use std::pin::Pin;

use futures_core::future::FusedFuture;
use futures_core::{FusedStream, Stream};

use super::capture::Probe;
use super::following::{Awaited, Ending, Following, Looking, Through};
use super::stream::Streaming;
use crate::run::Run;
use crate::run::end::Outcome;

/// A path to the followed value: the value itself.
#[derive(Debug)]
pub struct Here;

/// A path to the followed value: the content of an `Option`, a `Result` or a box.
#[derive(Debug)]
pub struct Inside<Via>(PhantomData<Via>);

/// A path to the followed value: an element of a tuple.
#[derive(Debug)]
pub struct Element<const N: usize, Via>(PhantomData<Via>);

/// A value that contains a value to follow.
pub trait Holds<Via>: Sized {
    /// What is followed.
    type Leaf;
    /// The error that may be there instead of the followed value.
    type Error;
    /// The same value with another content.
    type With<L>;

    /// The error that stands in its place.
    fn error_inside(&self) -> Option<&Self::Error>;

    /// Puts something else in its place.
    fn with<L>(self, change: impl FnOnce(Self::Leaf) -> L) -> Self::With<L>;
}

impl<T> Holds<Here> for T {
    type Leaf = T;
    type Error = Infallible;
    type With<L> = L;

    fn error_inside(&self) -> Option<&Infallible> {
        None
    }

    fn with<L>(self, change: impl FnOnce(T) -> L) -> L {
        change(self)
    }
}

impl<T: Holds<V>, V> Holds<Inside<V>> for Option<T> {
    type Leaf = T::Leaf;
    type Error = T::Error;
    type With<L> = Option<T::With<L>>;

    fn error_inside(&self) -> Option<&T::Error> {
        self.as_ref()?.error_inside()
    }

    fn with<L>(self, change: impl FnOnce(T::Leaf) -> L) -> Self::With<L> {
        self.map(|it| it.with(change))
    }
}

impl<T: Holds<V, Error = Infallible>, V, E> Holds<Inside<V>> for Result<T, E> {
    type Leaf = T::Leaf;
    type Error = E;
    type With<L> = Result<T::With<L>, E>;

    fn error_inside(&self) -> Option<&E> {
        self.as_ref().err()
    }

    fn with<L>(self, change: impl FnOnce(T::Leaf) -> L) -> Self::With<L> {
        self.map(|it| it.with(change))
    }
}

impl<T: Holds<V>, V> Holds<Inside<V>> for Box<T> {
    type Leaf = T::Leaf;
    type Error = T::Error;
    type With<L> = Box<T::With<L>>;

    fn error_inside(&self) -> Option<&T::Error> {
        (**self).error_inside()
    }

    fn with<L>(self, change: impl FnOnce(T::Leaf) -> L) -> Self::With<L> {
        Box::new((*self).with(change))
    }
}

/// What is pinned stays where it is; its pin is followed.
impl<T, V> Holds<Inside<V>> for Pin<Box<T>>
where
    Self: Holds<V>,
{
    type Leaf = <Self as Holds<V>>::Leaf;
    type Error = <Self as Holds<V>>::Error;
    type With<L> = Pin<Box<<Self as Holds<V>>::With<L>>>;

    fn error_inside(&self) -> Option<&Self::Error> {
        Holds::<V>::error_inside(self)
    }

    fn with<L>(self, change: impl FnOnce(Self::Leaf) -> L) -> Self::With<L> {
        Box::pin(Holds::<V>::with(self, change))
    }
}

/// Each element of each tuple up to a length. An element's number is that of the elements before it.
macro_rules! tuples {
    (@lengths ($($element:ident)*)) => {};
    (@lengths ($($element:ident)*) $next:ident $($more:ident)*) => {
        tuples!(@elements () $($element)* $next);
        tuples!(@lengths ($($element)* $next) $($more)*);
    };
    (@one $element:ident) => { 1 };
    (@elements ($($before:ident)*)) => {};
    (@elements ($($before:ident)*) $at:ident $($after:ident)*) => {
        #[allow(non_snake_case)]
        impl<$($before,)* $at: Holds<Via>, $($after,)* Via> Holds<Element<{ 0 $(+ tuples!(@one $before))* }, Via>>
            for ($($before,)* $at, $($after,)*)
        {
            type Leaf = $at::Leaf;
            type Error = $at::Error;
            type With<Leaf> = ($($before,)* $at::With<Leaf>, $($after,)*);

            fn error_inside(&self) -> Option<&$at::Error> {
                let ($($before,)* $at, $($after,)*) = self;
                $(let _ = $before;)*
                $(let _ = $after;)*
                $at.error_inside()
            }

            fn with<Leaf>(self, change: impl FnOnce($at::Leaf) -> Leaf) -> Self::With<Leaf> {
                let ($($before,)* $at, $($after,)*) = self;
                ($($before,)* $at.with(change), $($after,)*)
            }
        }

        impl<$($before,)* $at: Found<Via, What>, $($after,)* Via, What>
            Found<Element<{ 0 $(+ tuples!(@one $before))* }, Via>, What> for ($($before,)* $at, $($after,)*)
        {
        }

        tuples!(@elements ($($before)* $at) $($after)*);
    };
}

tuples!(@lengths () A B C D E F G H I J K L);

/// Something is found in a type, in one way only.
pub trait Found<Via, What> {}

impl<T: Found<V, W>, V, W> Found<Inside<V>, W> for Option<T> {}
impl<T: Found<V, W>, V, W, E> Found<Inside<V>, W> for Result<T, E> {}

/// A box that holds a stream or an iterator.
#[derive(Debug)]
pub struct StreamBox;

/// A box that holds an iterator.
#[derive(Debug)]
pub struct IteratorBox;

/// A box that holds a future.
#[derive(Debug)]
pub struct FutureBox;

/// A stream of a type of its own.
#[derive(Debug)]
pub struct NamedStream;

/// A future of a type of its own.
#[derive(Debug)]
pub struct NamedFuture;

impl<T: Found<V, StreamBox>, V> Found<Inside<V>, StreamBox> for Box<T> {}
impl<T: Found<V, FutureBox>, V> Found<Inside<V>, FutureBox> for Box<T> {}
impl<S: Stream> Found<Here, NamedStream> for S {}
impl<F: Future> Found<Here, NamedFuture> for F {}
impl<T: Found<V, NamedStream>, V> Found<Inside<V>, NamedStream> for Vec<T> {}
impl<T: Found<V, NamedFuture>, V> Found<Inside<V>, NamedFuture> for Vec<T> {}
impl<T: Found<V, NamedStream>, V, const N: usize> Found<Inside<V>, NamedStream> for [T; N] {}
impl<T: Found<V, NamedFuture>, V, const N: usize> Found<Inside<V>, NamedFuture> for [T; N] {}

/// Something that goes on: a stream, a future, or a box of an iterator.
#[derive(Debug)]
pub struct Ongoing;

/// Something that goes on after an async function has given it: a stream, or a box of a future or an iterator.
#[derive(Debug)]
pub struct OngoingAwaited;

/// Something that has items: a stream, or a box of an iterator.
#[derive(Debug)]
pub struct OngoingItems;

/// The way to what goes on: it is a stream.
#[derive(Debug)]
pub struct AsStream;

/// The way to what goes on: it is a future.
#[derive(Debug)]
pub struct AsFuture;

/// The way to what goes on: it is a box of an iterator.
#[derive(Debug)]
pub struct AsIterator;

macro_rules! ongoing {
    ($($what:ident: $($way:ident [$($bound:tt)*])*;)*) => {
        $($(impl<T: $($bound)*> Found<$way, $what> for T {})*)*
    };
}

ongoing! {
    Ongoing: AsStream [Stream] AsIterator [Found<Here, IteratorBox>] AsFuture [Future];
    OngoingAwaited: AsStream [Stream] AsIterator [Found<Here, IteratorBox>] AsFuture [Found<Here, FutureBox>];
    OngoingItems: AsStream [Stream] AsIterator [Found<Here, IteratorBox>];
}

/// Two elements of one tuple are found. The number says which two.
pub trait FoundTwice<const PAIR: usize, Via, What> {}

impl<T: FoundTwice<P, V, W>, const P: usize, V, W> FoundTwice<P, Inside<V>, W> for Option<T> {}
impl<T: FoundTwice<P, V, W>, const P: usize, V, W, E> FoundTwice<P, Inside<V>, W> for Result<T, E> {}
impl<T: FoundTwice<P, V, W>, const P: usize, V, W> FoundTwice<P, Inside<V>, W> for Box<T> {}

macro_rules! pairs {
    ($($number:literal: ($($element:ident)*) [$first:ident $second:ident];)*) => {$(
        impl<$($element,)* V, W, What> FoundTwice<$number, (V, W), What> for ($($element,)*)
        where
            $first: Found<V, What>,
            $second: Found<W, What>,
        {
        }
    )*};
}

pairs! {
    0: (A B) [A B];
    0: (A B C) [A B];
    1: (A B C) [A C];
    2: (A B C) [B C];
    0: (A B C D) [A B];
    1: (A B C D) [A C];
    2: (A B C D) [B C];
    3: (A B C D) [A D];
    4: (A B C D) [B D];
    5: (A B C D) [C D];
}

/// A box whose content is followed.
pub trait Boxed {
    /// What comes of it: an item, or the output.
    type Piece;
}

/// A box that can hold what follows it.
pub trait Rebox<C>: Boxed {
    /// The box, followed. For each item, or with the output, `C` is called.
    fn rebox(self, run: Run, each: C) -> Self;
}

macro_rules! boxes {
    ($what:ident [$($dyn:ident)+] $rest:tt) => {
        $(
            boxes! { @ $what, $dyn, [] $rest }
            boxes! { @ $what, $dyn, [Send +] $rest }
            boxes! { @ $what, $dyn, [Sync +] $rest }
            boxes! { @ $what, $dyn, [Send + Sync +] $rest }
        )+
    };
    (@ FutureBox, $dyn:ident, [$($sends:tt)*] { pinned [$($unpin:tt)*] $new:expr, $box:expr }) => {
        boxes! { @ [FutureBox], [Ending<T, Value = T>], [Pin<Box<dyn $dyn<Output = T> + $($unpin)* $($sends)* 'a>>], [$($sends)*], $new, $box }
    };
    (@ FutureBox, $dyn:ident, [$($sends:tt)*] { boxed [$($unpin:tt)*] $new:expr, $box:expr }) => {
        boxes! { @ [FutureBox], [Ending<T, Value = T>], [Box<dyn $dyn<Output = T> + $($unpin)* $($sends)* 'a>], [$($sends)*], $new, $box }
    };
    (@ IteratorBox, $dyn:ident, [$($sends:tt)*] { boxed [$($unpin:tt)*] $new:expr, $box:expr }) => {
        boxes! { @ [StreamBox IteratorBox], [Fn(&T, &mut Outcome<'_>)], [Box<dyn $dyn<Item = T> + $($unpin)* $($sends)* 'a>], [$($unpin)* $($sends)*], $new, $box }
    };
    (@ $what:ident, $dyn:ident, [$($sends:tt)*] { pinned [$($unpin:tt)*] $new:expr, $box:expr }) => {
        boxes! { @ [$what], [Fn(&T, &mut Outcome<'_>)], [Pin<Box<dyn $dyn<Item = T> + $($unpin)* $($sends)* 'a>>], [$($sends)*], $new, $box }
    };
    (@ $what:ident, $dyn:ident, [$($sends:tt)*] { boxed [$($unpin:tt)*] $new:expr, $box:expr }) => {
        boxes! { @ [$what], [Fn(&T, &mut Outcome<'_>)], [Box<dyn $dyn<Item = T> + $($unpin)* $($sends)* 'a>], [$($sends)*], $new, $box }
    };
    (@ [$($what:ident)+], [$($call:tt)*], [$type:ty], [$($sends:tt)*], $new:expr, $box:expr) => {
        impl<'a, T: 'a> Boxed for $type {
            type Piece = T;
        }

        impl<'a, T: 'a, C: $($call)* + $($sends)* 'a> Rebox<C> for $type {
            fn rebox(self, run: Run, each: C) -> Self {
                $box($new(run, self, each))
            }
        }

        $(impl<'a, T: 'a> Found<Here, $what> for $type {})+
    };
}

boxes! { StreamBox [Stream FusedStream] { pinned [] Streaming::stream, Box::pin } }
boxes! { StreamBox [Stream FusedStream] { pinned [Unpin +] Streaming::stream, Box::pin } }
boxes! { StreamBox [Stream FusedStream] { boxed [Unpin +] Streaming::stream, Box::new } }
boxes! {
    IteratorBox [Iterator DoubleEndedIterator ExactSizeIterator FusedIterator]
    { boxed [] Streaming::iterator, Box::new }
}
boxes! {
    IteratorBox [Iterator DoubleEndedIterator ExactSizeIterator FusedIterator]
    { boxed [Unpin +] Streaming::iterator, Box::new }
}
boxes! { FutureBox [Future FusedFuture] { pinned [] Following::new, Box::pin } }
boxes! { FutureBox [Future FusedFuture] { pinned [Unpin +] Following::new, Box::pin } }
boxes! { FutureBox [Future FusedFuture] { boxed [Unpin +] Following::new, Box::new } }
boxes! {
    FutureBox [Future]
    { boxed [] |run, future, end| Following::new(run, Box::into_pin(future), end), Box::new }
}

/// A value ends the run.
#[derive(Debug, Clone, Copy)]
pub struct Value;

/// A box in the value goes on.
#[derive(Debug)]
pub struct Reboxed<What, Via>(PhantomData<(What, Via)>);

/// What the function shows to be a stream, an iterator or a future goes on.
#[derive(Debug)]
pub struct Shown<Via, What>(PhantomData<(Via, What)>);

macro_rules! has_items {
    ($($kind:ident),*) => {$(
        impl<A, B> Clone for $kind<A, B> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<A, B> Copy for $kind<A, B> {}

        impl<A, B> $kind<A, B> {
            /// What is captured of an item beside the key `result`.
            pub fn item<'a, T: ?Sized>(&self, item: &'a T) -> &'a T {
                item
            }
        }
    )*};
}

has_items!(Reboxed, Shown);

/// A mistake: something inside the value continues after the function returns, but cannot be followed.
#[derive(Debug)]
pub struct Hidden<What>(PhantomData<What>);

impl Value {
    /// The captured part of the value if the key `result` is set: nothing, so that its type needs no bound.
    pub fn item<T: ?Sized>(&self, _: &T) -> &'static () {
        &()
    }

    /// Nothing else goes on in the value.
    pub fn check<V>(self, _: &V) {}

    /// Reports the value.
    pub fn finish<V>(
        self,
        mut run: Run,
        value: V,
        look: impl Fn(&V, &mut Outcome<'_>),
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        run.finish(&mut |outcome| look(&value, outcome));
        value
    }

    /// Reports a value that is not a future, whatever its type is named: the value is its own output.
    pub fn finish_future<V, T>(
        self,
        run: Run,
        value: V,
        end: impl FnOnce(Run, V) -> T,
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> T {
        end(run, value)
    }
}

impl<Via> Reboxed<StreamBox, Via> {
    /// The value with its stream followed.
    pub fn finish<V: Holds<Via>, C>(
        self,
        run: Run,
        value: V,
        look: C,
        error: impl Fn(&V::Error, &mut Outcome<'_>),
    ) -> V::With<V::Leaf>
    where
        V::Leaf: Rebox<C>,
        C: Fn(&<V::Leaf as Boxed>::Piece, &mut Outcome<'_>),
    {
        follow(run, value, error, |run, leaf| leaf.rebox(run, look))
    }
}

impl<Via> Reboxed<FutureBox, Via> {
    /// The value with its future followed, of whose output this library decides nothing more.
    pub fn finish<V: Holds<Via>, L>(
        self,
        run: Run,
        value: V,
        look: L,
        error: impl Fn(&V::Error, &mut Outcome<'_>),
    ) -> V::With<V::Leaf>
    where
        V::Leaf: Rebox<Looking<L>>,
        L: Fn(&<V::Leaf as Boxed>::Piece, &mut Outcome<'_>),
    {
        follow(run, value, error, |run, leaf| {
            leaf.rebox(run, Looking(look))
        })
    }

    /// The value with its future followed.
    pub fn finish_future<V: Holds<Via>, C>(
        self,
        run: Run,
        value: V,
        end: C,
        error: impl Fn(&V::Error, &mut Outcome<'_>),
    ) -> V::With<V::Leaf>
    where
        V::Leaf: Rebox<Through<C>>,
        C: FnOnce(Run, <V::Leaf as Boxed>::Piece) -> <V::Leaf as Boxed>::Piece,
    {
        follow(run, value, error, |run, leaf| leaf.rebox(run, Through(end)))
    }
}

/// Follows what a value holds. If it holds nothing, it ends the run.
fn follow<V: Holds<Via>, Via, L>(
    mut run: Run,
    value: V,
    error: impl Fn(&V::Error, &mut Outcome<'_>),
    wrap: impl FnOnce(Run, V::Leaf) -> L,
) -> V::With<L> {
    if let Some(why) = value.error_inside() {
        run.finish(&mut |outcome| error(why, outcome));
    }
    let mut run = Some(run);
    let value = value.with(|leaf| wrap(run.take().unwrap_or_default(), leaf));
    if let Some(mut run) = run {
        run.finish(&mut |_| {});
    }
    value
}

macro_rules! shown {
    ($($what:ident: $trait:ident;)*) => {$(
        /// What the function shows to be one.
        #[derive(Debug)]
        pub struct $what;

        impl<V: Holds<Via, Leaf: $trait>, Via> ShownKind<Via, $what> for &&ShownProbe<'_, V, Via, $what> {}
    )*};
}

macro_rules! shown_streams {
    ($($what:ident: $trait:ident, $new:expr;)*) => {$(
        impl<Via> Shown<Via, $what> {
            /// The value with what it holds followed.
            pub fn finish<V: Holds<Via>, C>(
                self,
                run: Run,
                value: V,
                look: C,
                error: impl Fn(&V::Error, &mut Outcome<'_>),
            ) -> V::With<Streaming<V::Leaf, C>>
            where
                V::Leaf: $trait,
                C: Fn(&<V::Leaf as $trait>::Item, &mut Outcome<'_>),
            {
                follow(run, value, error, |run, leaf| $new(run, leaf, look))
            }
        }
    )*};
}

macro_rules! shown_futures {
    ($($what:ident: $trait:ident, $type:ident;)*) => {$(
        impl<Via> Shown<Via, $what> {
            /// The value with what it holds followed.
            pub fn finish_future<V: Holds<Via>, C, T>(
                self,
                run: Run,
                value: V,
                end: C,
                error: impl Fn(&V::Error, &mut Outcome<'_>),
            ) -> V::With<$type<V::Leaf, Through<C>>>
            where
                V::Leaf: $trait,
                C: FnOnce(Run, <V::Leaf as $trait>::Output) -> T,
            {
                follow(run, value, error, |run, leaf| $type::new(run, leaf, Through(end)))
            }
        }
    )*};
}

shown_streams! {
    AStream: Stream, Streaming::stream;
    AnIterator: Iterator, Streaming::iterator;
}

shown_futures! {
    AFuture: Future, Following;
    AnIntoFuture: IntoFuture, Awaited;
}

/// A value, the way to what the return type shows, and what that is.
#[derive(Debug)]
pub struct ShownProbe<'a, V, Via, What>(pub &'a V, pub PhantomData<(Via, What)>);

/// Names the kind of what the function shows and is.
pub trait ShownKind<Via, What> {
    /// The kind.
    fn shown_kind(&self) -> Shown<Via, What> {
        Shown(PhantomData)
    }
}

shown! {
    AStream: Stream;
    AnIterator: Iterator;
    AFuture: Future;
    AnIntoFuture: IntoFuture;
}

/// Names the kind of what is none, though its trait has such a name.
pub trait OtherKind {
    /// The kind.
    fn shown_kind(&self) -> Value {
        Value
    }
}

impl<V: Holds<Via>, Via, What> OtherKind for &ShownProbe<'_, V, Via, What> {}

/// Names the kind of what is inside a type that this library does not know.
pub trait UnknownKind {
    /// The kind.
    fn shown_kind(&self) -> Hidden<InATypeOfItsOwn> {
        Hidden(PhantomData)
    }
}

impl<V, Via, What> UnknownKind for ShownProbe<'_, V, Via, What> {}

/// The same, where the value alone is reported.
pub trait UnknownValueKind {
    /// The kind.
    fn shown_kind(&self) -> Value {
        Value
    }
}

impl<V, Via, What> UnknownValueKind for ShownProbe<'_, V, Via, What> {}

macro_rules! kinds {
    ($($(#[$attribute:meta])* $trait:ident [$($probe:tt)*] $what:ident => $kind:ty;)*) => {$(
        $(#[$attribute])*
        pub trait $trait<Via> {
            /// The kind.
            fn flow_kind(&self) -> $kind;
        }

        impl<V: Found<Via, $what>, Via> $trait<Via> for $($probe)* Probe<'_, V> {
            fn flow_kind(&self) -> $kind {
                <$kind>::new()
            }
        }
    )*};
}

impl<What, Via> Reboxed<What, Via> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

impl<What> Hidden<What> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

kinds! {
    /// A box of a stream or an iterator.
    StreamBoxKind [&&&&] StreamBox => Reboxed<StreamBox, Via>;
    /// A box of a future.
    FutureBoxKind [&&&] FutureBox => Reboxed<FutureBox, Via>;
    /// A stream of a type of its own.
    NamedStreamKind [&&] NamedStream => Hidden<NamedStream>;
    /// A future of a type of its own.
    NamedFutureKind [&] NamedFuture => Hidden<NamedFuture>;
}

macro_rules! several {
    ($($(#[$attribute:meta])* $trait:ident, $what:ident => $kind:ident;)*) => {$(
        $(#[$attribute])*
        pub trait $trait<Via> {
            /// The kind.
            fn flow_kind(&self) -> $kind {
                $kind::new()
            }
        }

        several! { @ $trait, $what,
            5: [&&&&&&&&&&&];
            4: [&&&&&&&&&&];
            3: [&&&&&&&&&];
            2: [&&&&&&&&];
            1: [&&&&&&&];
            0: [&&&&&&];
        }
    )*};
    (@ $trait:ident, $what:ident, $($pair:literal: [$($probe:tt)*];)*) => {$(
        impl<V: FoundTwice<$pair, Via, $what>, Via> $trait<Via> for $($probe)* Probe<'_, V> {}
    )*};
}

impl Value {
    fn new() -> Self {
        Self
    }
}

// Above the kinds that follow one: of two, the compiler would not know which.
several! {
    /// Names the kind of a tuple in which several things go on.
    SeveralKind, Ongoing => HiddenInATuple;
    /// The same, where an async function gives the tuple.
    SeveralAwaitedKind, OngoingAwaited => HiddenInATuple;
    /// The same, where only items are of interest.
    SeveralItemsKind, OngoingItems => HiddenInATuple;
    /// The same, where the value alone is reported.
    SeveralValueKind, Ongoing => Value;
}

/// A mistake: several things in a tuple go on, and a run can follow one.
type HiddenInATuple = Hidden<Several>;

/// A mark of several things in a tuple.
#[derive(Debug)]
pub struct Several;

/// Names the kind of a box of a future that gives a stream.
pub trait StreamLaterKind<Via, Inner> {
    /// The kind.
    fn flow_kind(&self) -> Hidden<NamedFuture> {
        Hidden(PhantomData)
    }
}

impl<V, Via, Inner> StreamLaterKind<Via, Inner> for &&&&&Probe<'_, V> where
    V: Found<Via, FutureBox> + Holds<Via, Leaf: Boxed<Piece: Found<Inner, NamedStream>>>
{
}

/// Names the kind of everything else.
pub trait ValueKind {
    /// The kind.
    fn flow_kind(&self) -> Value {
        Value
    }
}

impl<V> ValueKind for Probe<'_, V> {}

/// Implemented for nothing: it gives a mistake its message.
#[diagnostic::on_unimplemented(
    message = "`#[external_task]` cannot follow several streams or futures in one tuple. Return each from its own \
               function. To report only the call, write `result = |_| \"…\"`.",
    label = "several of its elements continue after the function returns"
)]
pub trait OneThatGoesOn {}

impl Hidden<Several> {
    /// Does not compile, with a message.
    pub fn check<V: OneThatGoesOn>(self, _: &V) {}

    /// Does not compile, with a message.
    pub fn finish<V: OneThatGoesOn, L>(
        self,
        _: Run,
        value: V,
        _: impl Fn(&L, &mut Outcome<'_>),
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }

    /// Does not compile, with a message.
    pub fn finish_future<V: OneThatGoesOn, L, T>(
        self,
        _: Run,
        value: V,
        _: impl FnOnce(Run, L) -> T,
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }
}

/// A mark of what is inside a type that this library does not know.
#[derive(Debug)]
pub struct InATypeOfItsOwn;

/// No type implements this. It exists for its error message.
#[diagnostic::on_unimplemented(
    message = "`#[external_task]` cannot follow a stream of a custom type. Write the return type as \
               `impl Stream<Item = …>`, or box the stream as `Pin<Box<dyn Stream<Item = …> + Send>>`. To \
               report only the call, write `result = |_| \"…\"`.",
    label = "this is a stream, and the run would end before it is read"
)]
pub trait ShownToBeAStream {}

impl Hidden<NamedStream> {
    /// Does not compile, with a message.
    pub fn finish<V: ShownToBeAStream>(
        self,
        _: Run,
        value: V,
        _: impl Fn(&(), &mut Outcome<'_>),
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }
}

/// No type implements this. It exists for its error message.
#[diagnostic::on_unimplemented(
    message = "`#[external_task]` cannot follow this future, because the return type does not name `Future`. Write the type as \
               `impl Future<Output = …>` or `Pin<Box<dyn Future<Output = …>>>`, or put the attribute on the \
               async function that it runs. To report only the call, write `result = |_| \"…\"`.",
    label = "this is a future, and the run would end before it is polled"
)]
pub trait ShownToBeAFuture {}

impl Hidden<NamedFuture> {
    /// Does not compile, with a message.
    pub fn finish<V: ShownToBeAFuture>(
        self,
        _: Run,
        value: V,
        _: impl Fn(&(), &mut Outcome<'_>),
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }

    /// Does not compile, with a message.
    pub fn finish_future<V: ShownToBeAFuture>(
        self,
        _: Run,
        value: V,
        _: impl FnOnce(Run, ()),
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }
}

/// No type implements this. It exists for its error message.
#[diagnostic::on_unimplemented(
    message = "`#[external_task]` cannot follow the stream or future inside a `{Self}`. Return it in an `Option`, a \
               `Result`, a `Box` or a tuple. To report only the call, write `result = |_| \"…\"`.",
    label = "it continues after the function returns"
)]
pub trait InATypeThatIsKnown {}

impl Hidden<InATypeOfItsOwn> {
    /// Does not compile, with a message.
    pub fn finish<V: InATypeThatIsKnown, L>(
        self,
        _: Run,
        value: V,
        _: impl Fn(&L, &mut Outcome<'_>),
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }

    /// Does not compile, with a message.
    pub fn finish_future<V: InATypeThatIsKnown, L, T>(
        self,
        _: Run,
        value: V,
        _: impl FnOnce(Run, L) -> T,
        _: impl Fn(&Infallible, &mut Outcome<'_>),
    ) -> V {
        value
    }
}
