//! Names in the caller's scope do not change the expansion, and the expansion does not change the caller's scope.

#![deny(warnings)]

use smol::block_on;
use xpander_report_tests::record;

/// Names that a glob import may bring in unintentionally.
#[allow(dead_code, non_camel_case_types, unused_imports, unused_macros)]
mod shadows {
    pub struct Ok<T>(pub T);
    pub struct Err<T>(pub T);
    pub struct Some<T>(pub T);
    pub struct None;
    pub struct Result;
    pub struct Option;
    pub struct String;
    pub struct Vec;
    pub struct Box;
    pub struct str;
    pub struct bool;
    pub trait Future {}
    pub trait Clone {}
    pub trait Into {}
    pub trait AsRef {}
    pub trait Default {}
    pub trait Drop {}
    pub trait Send {}
    pub trait Fn {}
    pub trait FnOnce {}
    pub trait Serialize {}
    pub trait Debug {}
    pub trait Display {}
    pub trait Error {}
    pub fn drop() {}
    pub mod core {}
    pub mod std {}
    pub mod alloc {}
    pub mod xpander_report {}
    macro_rules! nothing {
        () => {};
    }
    pub(crate) use nothing as assert;
    pub(crate) use nothing as capture;
    pub(crate) use nothing as format;
    pub(crate) use nothing as module_path;
    pub(crate) use nothing as panic;
    pub(crate) use nothing as reason;
}

mod a_shadowed_prelude {
    use super::*;

    mod caller {
        use ::xpander_report::external_task;

        #[allow(unused_imports)]
        use super::shadows::*;

        #[external_task(id = "a", tokens = |n| ::xpander_report::Tokens::new(*n, 1))]
        pub(super) fn sync(
            n: u64,
            text: &'static ::core::primitive::str,
        ) -> ::core::result::Result<u64, &'static ::core::primitive::str> {
            if n == 0 {
                return ::core::result::Result::Err(text);
            }
            ::core::result::Result::Ok(n)
        }

        #[external_task]
        pub(super) async fn later(n: u8) -> ::core::option::Option<u8> {
            ::core::option::Option::Some(n)
        }

        #[external_task]
        pub(super) fn boxed(n: u8) -> ::futures_util::future::BoxFuture<'static, u8> {
            ::std::boxed::Box::pin(async move { n })
        }
    }

    #[test]
    fn means_what_it_always_means_in_the_expansion() {
        let report = record(|| caller::sync(7, "x"));
        assert_eq!(report.input.as_deref(), Some(r#"{"n":7,"text":"x"}"#));
        assert_eq!(report.result.as_deref(), Some("7"));
        let report = record(|| caller::sync(0, "x"));
        assert_eq!(
            (report.is_success, report.result.as_deref()),
            (Some(false), Some("x"))
        );
        assert_eq!(
            record(|| block_on(caller::later(7))).result.as_deref(),
            Some("7")
        );
        assert_eq!(
            record(|| block_on(caller::boxed(7))).result.as_deref(),
            Some("7")
        );
    }
}

mod no_prelude {
    #![no_implicit_prelude]

    #[::xpander_report::external_task(
        id = "a",
        result = |text| text.len(),
        used_tools = |_| ["search"],
        error = |code| *code,
    )]
    fn sync(
        text: &str,
        #[cfg(test)] bytes: &[u8],
    ) -> ::std::result::Result<::std::string::String, usize> {
        if text.is_empty() {
            return ::std::result::Result::Err(bytes.len());
        }
        ::std::result::Result::Ok(::std::convert::From::from(text))
    }

    #[::xpander_report::external_task]
    async fn later(text: &str) -> usize {
        text.len()
    }

    #[::xpander_report::external_task]
    fn opaque(n: u8) -> impl ::std::future::Future<Output = u8> {
        async move { n }
    }

    #[::std::prelude::v1::test]
    fn is_needed() {
        let report = super::record(|| sync("four", &[1, 2]));
        ::std::assert_eq!(report.result.as_deref(), ::std::option::Option::Some("4"));
        ::std::assert_eq!(report.used_tools, ["search"]);
        let report = super::record(|| sync("", &[1, 2]));
        ::std::assert_eq!(report.result.as_deref(), ::std::option::Option::Some("2"));
        let report = super::record(|| super::block_on(later("four")));
        ::std::assert_eq!(report.result.as_deref(), ::std::option::Option::Some("4"));
        let report = super::record(|| super::block_on(opaque(1)));
        ::std::assert_eq!(report.result.as_deref(), ::std::option::Option::Some("1"));
    }
}

mod names {
    use xpander_report::external_task;

    use super::*;

    #[test]
    fn an_argument_may_be_called_anything() {
        #[external_task]
        #[allow(clippy::too_many_arguments)]
        fn sync(
            debug: u8,
            display: u8,
            caller: u8,
            span: u8,
            result: u8,
            run: u8,
            start: u8,
            end: u8,
            value: u8,
            probe: u8,
            ok: u8,
            error: u8,
            future: u8,
            never: u8,
        ) -> Result<Vec<u8>, String> {
            Ok([
                debug, display, caller, span, result, run, start, end, value, probe, ok, error,
                future, never,
            ]
            .into())
        }
        #[external_task]
        #[allow(clippy::used_underscore_binding)]
        async fn later(
            __run: u8,
            __start: u8,
            __value: u8,
            __never: u8,
            __end: u8,
        ) -> Result<u8, u8> {
            Err(__run + __start + __value + __never + __end)
        }
        #[external_task]
        fn boxed(
            future: u8,
            __future: u8,
            __ok: u8,
        ) -> futures_util::future::BoxFuture<'static, u8> {
            Box::pin(async move { future + __future + __ok })
        }
        let report = record(|| sync(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
        let names =
            "debug display caller span result run start end value probe ok error future never";
        let input: serde_json::Map<_, _> = serde_json::from_str(&report.input.unwrap()).unwrap();
        for (position, name) in names.split(' ').enumerate() {
            assert_eq!(input[name], position + 1, "{name}");
        }
        assert_eq!(report.result.as_deref(), Some("<14 bytes>"));
        assert_eq!(
            record(|| block_on(later(1, 2, 3, 4, 5))).result.as_deref(),
            Some("15")
        );
        assert_eq!(
            record(|| block_on(boxed(1, 2, 3))).result.as_deref(),
            Some("6")
        );
    }

    #[test]
    fn the_body_and_the_keys_may_define_any_name() {
        #[external_task(
            id = {
                let __start = "i";
                format!("{__start}d")
            },
            result = |__value| {
                let __end = __value;
                __end + 1
            },
        )]
        fn run() -> u32 {
            let (__run, __value) = (1, 2);
            macro_rules! capture {
                () => {
                    3
                };
            }
            __run + __value + capture!()
        }
        let report = record(run);
        assert_eq!(report.id.as_deref(), Some("id"));
        assert_eq!(report.result.as_deref(), Some("7"));
    }

    #[test]
    fn statics_and_constants_may_have_names_in_lower_case() {
        #[allow(non_upper_case_globals)]
        mod globals {
            pub(super) static value: u8 = 1;
            pub(super) static probe: u8 = 1;
            pub(super) static captured: u8 = 1;
            pub(super) const run: u8 = 1;
            pub(super) const ok: u8 = 1;
        }
        use globals::*;
        #[external_task]
        fn sync(n: u8) -> u8 {
            n + value + probe + captured + run + ok
        }
        assert_eq!(record(|| sync(1)).result.as_deref(), Some("6"));
    }

    #[test]
    fn what_the_body_imports_stays_in_the_body() {
        #[external_task]
        fn sync(n: u8) -> std::result::Result<u8, &'static str> {
            #[allow(unused_imports)]
            use shadows::*;
            if n == 0 {
                return ::std::result::Result::Err("zero");
            }
            ::std::result::Result::Ok(n)
        }
        #[external_task]
        async fn later(n: u8) -> std::option::Option<u8> {
            #[allow(unused_imports)]
            use shadows::*;
            ::std::option::Option::Some(n)
        }
        #[external_task]
        fn items(a: u8, b: u8) -> u8 {
            fn a() -> u8 {
                2
            }
            const B: u8 = 3;
            a() + b + B
        }
        assert_eq!(record(|| sync(0)).result.as_deref(), Some("zero"));
        assert_eq!(record(|| block_on(later(1))).result.as_deref(), Some("1"));
        assert_eq!(record(|| items(1, 2)).result.as_deref(), Some("7"));
    }
}

macro_rules! methods {
    ($trait:ident, self: $receiver:ty, $($name:ident)*) => {
        #[allow(dead_code, clippy::wrong_self_convention)]
        trait $trait: Sized {
            $(fn $name(self: $receiver) {})*
        }
        impl<T> $trait for T {}
    };
}

macro_rules! callers_where_every_type_has_methods {
    ($($module:ident: $receiver:ty,)*) => {$(
        mod $module {
            use super::*;
            use xpander_report::{Tokens, external_task};

            methods! {
                Everything, self: $receiver,
                agent_id argument arguments begin body call capture end error finish flow follow
                id input is_on item
                is_success keys kind layer llm_response max_bytes never reason report result rung sample
                tell tokens used_tools value
            }

            #[external_task(
                id = "a",
                agent_id = "b",
                sample = 1.0,
                max_bytes = 99,
                tokens = |_| Tokens::new(1, 2),
                is_success = |_| true,
                llm_response = |_| 1,
                used_tools = |_| ["search"],
            )]
            fn sync(a: u8, b: u8) -> Result<u8, u8> {
                if a > b { Ok(a) } else { Err(b) }
            }

            #[external_task(result = |n| *n)]
            async fn later(a: u8) -> u8 {
                a
            }

            #[test]
            fn the_expansion_calls_its_own() {
                let report = record(|| sync(2, 1));
                assert_eq!(report.input.as_deref(), Some(r#"{"a":2,"b":1}"#));
                assert_eq!(report.result.as_deref(), Some("2"));
                assert_eq!(report.used_tools, ["search"]);
                assert_eq!(record(|| sync(1, 2)).result.as_deref(), Some("2"));
                let report = record(|| block_on(later(1)));
                assert_eq!(report.input.as_deref(), Some("1"));
                assert_eq!(report.result.as_deref(), Some("1"));
            }
        }
    )*};
}

callers_where_every_type_has_methods! {
    methods_by_value: Self,
    methods_by_reference: &Self,
    methods_by_mutable_reference: &mut Self,
}
