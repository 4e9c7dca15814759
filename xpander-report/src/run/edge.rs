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

/// Bodies whose values are functions of up to two arguments: a closure in the body learns from the bound what
/// it takes. `r` is an argument by reference, `m` one by mutable reference, `v` one by value; what ends with
/// `_ref` gives a reference.
macro_rules! functions {
    ($($name:ident [$($generics:tt)*] [$($bound:tt)*];)*) => {
        impl<T> Edge<T> {$(
            /// The body, whose value is such a function.
            pub fn $name<$($generics)*, F: FnOnce() -> T>(self, body: F) -> F
            where
                T: $($bound)*,
            {
                body
            }
        )*}
    };
}

#[rustfmt::skip]
functions! {
    fn_r [A: ?Sized, O] [for<'a> Fn(&'a A) -> O];
    fn_r_ref [A: ?Sized, O: ?Sized] [for<'a> Fn(&'a A) -> &'a O];
    fn_m [A: ?Sized, O] [for<'a> Fn(&'a mut A) -> O];
    fn_m_ref [A: ?Sized, O: ?Sized] [for<'a> Fn(&'a mut A) -> &'a O];
    fn_v [A, O] [Fn(A) -> O];
    fn_rr [A: ?Sized, B: ?Sized, O] [for<'a, 'b> Fn(&'a A, &'b B) -> O];
    fn_rm [A: ?Sized, B: ?Sized, O] [for<'a, 'b> Fn(&'a A, &'b mut B) -> O];
    fn_rv [A: ?Sized, B, O] [for<'a> Fn(&'a A, B) -> O];
    fn_rv_ref [A: ?Sized, B, O: ?Sized] [for<'a> Fn(&'a A, B) -> &'a O];
    fn_mr [A: ?Sized, B: ?Sized, O] [for<'a, 'b> Fn(&'a mut A, &'b B) -> O];
    fn_mm [A: ?Sized, B: ?Sized, O] [for<'a, 'b> Fn(&'a mut A, &'b mut B) -> O];
    fn_mv [A: ?Sized, B, O] [for<'a> Fn(&'a mut A, B) -> O];
    fn_mv_ref [A: ?Sized, B, O: ?Sized] [for<'a> Fn(&'a mut A, B) -> &'a O];
    fn_vr [A, B: ?Sized, O] [for<'b> Fn(A, &'b B) -> O];
    fn_vr_ref [A, B: ?Sized, O: ?Sized] [for<'b> Fn(A, &'b B) -> &'b O];
    fn_vm [A, B: ?Sized, O] [for<'b> Fn(A, &'b mut B) -> O];
    fn_vm_ref [A, B: ?Sized, O: ?Sized] [for<'b> Fn(A, &'b mut B) -> &'b O];
    fn_vv [A, B, O] [Fn(A, B) -> O];
    fn_mut_r [A: ?Sized, O] [for<'a> FnMut(&'a A) -> O];
    fn_mut_r_ref [A: ?Sized, O: ?Sized] [for<'a> FnMut(&'a A) -> &'a O];
    fn_mut_m [A: ?Sized, O] [for<'a> FnMut(&'a mut A) -> O];
    fn_mut_m_ref [A: ?Sized, O: ?Sized] [for<'a> FnMut(&'a mut A) -> &'a O];
    fn_mut_v [A, O] [FnMut(A) -> O];
    fn_mut_rr [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnMut(&'a A, &'b B) -> O];
    fn_mut_rm [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnMut(&'a A, &'b mut B) -> O];
    fn_mut_rv [A: ?Sized, B, O] [for<'a> FnMut(&'a A, B) -> O];
    fn_mut_rv_ref [A: ?Sized, B, O: ?Sized] [for<'a> FnMut(&'a A, B) -> &'a O];
    fn_mut_mr [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnMut(&'a mut A, &'b B) -> O];
    fn_mut_mm [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnMut(&'a mut A, &'b mut B) -> O];
    fn_mut_mv [A: ?Sized, B, O] [for<'a> FnMut(&'a mut A, B) -> O];
    fn_mut_mv_ref [A: ?Sized, B, O: ?Sized] [for<'a> FnMut(&'a mut A, B) -> &'a O];
    fn_mut_vr [A, B: ?Sized, O] [for<'b> FnMut(A, &'b B) -> O];
    fn_mut_vr_ref [A, B: ?Sized, O: ?Sized] [for<'b> FnMut(A, &'b B) -> &'b O];
    fn_mut_vm [A, B: ?Sized, O] [for<'b> FnMut(A, &'b mut B) -> O];
    fn_mut_vm_ref [A, B: ?Sized, O: ?Sized] [for<'b> FnMut(A, &'b mut B) -> &'b O];
    fn_mut_vv [A, B, O] [FnMut(A, B) -> O];
    fn_once_r [A: ?Sized, O] [for<'a> FnOnce(&'a A) -> O];
    fn_once_r_ref [A: ?Sized, O: ?Sized] [for<'a> FnOnce(&'a A) -> &'a O];
    fn_once_m [A: ?Sized, O] [for<'a> FnOnce(&'a mut A) -> O];
    fn_once_m_ref [A: ?Sized, O: ?Sized] [for<'a> FnOnce(&'a mut A) -> &'a O];
    fn_once_v [A, O] [FnOnce(A) -> O];
    fn_once_rr [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnOnce(&'a A, &'b B) -> O];
    fn_once_rm [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnOnce(&'a A, &'b mut B) -> O];
    fn_once_rv [A: ?Sized, B, O] [for<'a> FnOnce(&'a A, B) -> O];
    fn_once_rv_ref [A: ?Sized, B, O: ?Sized] [for<'a> FnOnce(&'a A, B) -> &'a O];
    fn_once_mr [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnOnce(&'a mut A, &'b B) -> O];
    fn_once_mm [A: ?Sized, B: ?Sized, O] [for<'a, 'b> FnOnce(&'a mut A, &'b mut B) -> O];
    fn_once_mv [A: ?Sized, B, O] [for<'a> FnOnce(&'a mut A, B) -> O];
    fn_once_mv_ref [A: ?Sized, B, O: ?Sized] [for<'a> FnOnce(&'a mut A, B) -> &'a O];
    fn_once_vr [A, B: ?Sized, O] [for<'b> FnOnce(A, &'b B) -> O];
    fn_once_vr_ref [A, B: ?Sized, O: ?Sized] [for<'b> FnOnce(A, &'b B) -> &'b O];
    fn_once_vm [A, B: ?Sized, O] [for<'b> FnOnce(A, &'b mut B) -> O];
    fn_once_vm_ref [A, B: ?Sized, O: ?Sized] [for<'b> FnOnce(A, &'b mut B) -> &'b O];
    fn_once_vv [A, B, O] [FnOnce(A, B) -> O];
}
