//! The functions that the attribute's expansion calls.

pub use crate::run::capture::{Capture, Probe, Redacted};
pub use crate::run::edge::{Edge, keep};
pub use crate::run::end::Outcome;
pub use crate::run::keys::{ErrorProbe, extract, extract_bool, extract_by, place, reporter};
pub use crate::run::kind::{
    AFuture, AStream, AnIntoFuture, AnIterator, Element, Here, Inside, ShownProbe,
};
pub use crate::run::outcome::Layer;
pub use crate::run::start::Start;
pub use crate::run::tool::called;

/// The traits of the ladders.
pub mod rungs {
    #[cfg(feature = "bedrock")]
    pub use crate::run::capture::BedrockRung as _;
    pub use crate::run::capture::{
        BufferRung as _, BytesRung as _, DebugRung as _, DisplayRung as _, FloatRung as _,
        HolderRung as _, LockRung as _, NameRung as _, PointedBufferRung as _, PointedStrRung as _,
        SerializeRung as _, ShownRung as _, SomeBufferRung as _, SomeShownRung as _,
        SomeStrRung as _, StrRung as _, TextRung as _,
    };
    pub use crate::run::outcome::{
        DebugErrorRung as _, DisplayErrorRung as _, ErrorRung as _, HeldErrorRung as _,
        NameErrorRung as _, NoLayer as _, ResultLayer as _, SharedErrorRung as _,
    };
}

/// The traits that select the errors for the key `error`.
pub mod errors {
    pub use crate::run::keys::{
        BoxErrors as _, ErrorByItself as _, ErrorByKey as _, NoErrors as _, ResultErrors as _,
        ShownErrors as _,
    };
}

/// The traits that decide how a run continues after its function has returned.
pub mod kinds {
    /// Functions that are not async.
    pub mod called {
        pub use crate::run::kind::{
            FutureBoxKind as _, NamedFutureKind as _, NamedStreamKind as _, SeveralKind as _,
            StreamBoxKind as _, StreamLaterKind as _, ValueKind as _,
        };
    }

    /// Such functions with a future as the return type.
    pub mod future {
        pub use crate::run::kind::{
            FutureBoxKind as _, NamedFutureKind as _, SeveralKind as _, ValueKind as _,
        };
    }

    /// The same with the key `result`.
    pub mod future_with_result {
        pub use crate::run::kind::{
            FutureBoxKind as _, NamedFutureKind as _, SeveralValueKind as _, ValueKind as _,
        };
    }

    /// Such functions whose keys refer to the returned value and not to the output of a future.
    pub mod called_with_keys {
        pub use crate::run::kind::{
            NamedFutureKind as _, NamedStreamKind as _, SeveralKind as _, StreamBoxKind as _,
            ValueKind as _,
        };
    }

    /// Async functions: a returned future is a value.
    pub mod awaited {
        pub use crate::run::kind::{
            FutureBoxKind as _, NamedStreamKind as _, SeveralAwaitedKind as _, StreamBoxKind as _,
            StreamLaterKind as _, ValueKind as _,
        };
    }

    /// Such functions with keys.
    pub mod awaited_with_keys {
        pub use crate::run::kind::{
            NamedStreamKind as _, SeveralItemsKind as _, StreamBoxKind as _, ValueKind as _,
        };
    }

    /// Functions whose key `result` determines the reported result.
    pub mod with_result {
        pub use crate::run::kind::{SeveralValueKind as _, StreamBoxKind as _, ValueKind as _};
    }

    /// Functions whose value cannot be followed; their key `result` reports only the call.
    pub mod value {
        pub use crate::run::kind::ValueKind as _;
    }

    /// Whether several things go on in a tuple.
    pub mod several {
        pub use crate::run::kind::{SeveralKind as _, ValueKind as _};
    }

    /// The same for async functions.
    pub mod several_awaited {
        pub use crate::run::kind::{SeveralAwaitedKind as _, ValueKind as _};
    }

    /// The kind that a return type shows.
    pub mod shown {
        pub use crate::run::kind::{OtherKind as _, ShownKind as _, UnknownKind as _};
    }

    /// The same with the key `result`.
    pub mod shown_with_result {
        pub use crate::run::kind::{OtherKind as _, ShownKind as _, UnknownValueKind as _};
    }
}
