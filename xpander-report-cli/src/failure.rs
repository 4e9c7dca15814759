use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// The result of a command. The error is shown to the user.
pub(crate) type Done<T = ()> = Result<T, Box<dyn Error>>;

/// An error with an exit code of its own, for scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    status: u8,
    message: String,
}

impl Failure {
    /// The platform refuses the request.
    pub(crate) const REFUSED: u8 = 1;
    /// An argument, a file or the configuration is wrong.
    pub(crate) const USAGE: u8 = 2;
    /// The requested task or data does not exist.
    pub(crate) const NONE: u8 = 3;
    /// `EX_DATAERR` of sysexits.h: reports are damaged.
    pub(crate) const DAMAGED: u8 = 65;
    /// `EX_NOINPUT` of sysexits.h: a file cannot be read, and the others were.
    pub(crate) const UNREADABLE: u8 = 66;
    /// `EX_IOERR` of sysexits.h: the command succeeded, but its output could not be written.
    pub(crate) const NOT_SHOWN: u8 = 74;
    /// `EX_TEMPFAIL` of sysexits.h: a temporary failure; the same command may succeed later.
    pub(crate) const TRY_AGAIN: u8 = 75;

    pub(crate) fn new(status: u8, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
        }
    }

    /// Whether the same command may succeed later.
    pub(crate) const fn is_passing(&self) -> bool {
        self.status == Self::TRY_AGAIN
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Self::USAGE, message.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

/// The exit code of a command that ended with this error.
pub(crate) fn exit_code(error: &(dyn Error + 'static)) -> ExitCode {
    match error.downcast_ref::<Failure>() {
        Some(failure) => ExitCode::from(failure.status),
        None => ExitCode::FAILURE,
    }
}

/// The error and its causes in one line.
pub(crate) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let says = error.to_string();
        if !text.ends_with(&says) {
            text = format!("{text}: {says}");
        }
        cause = error.source();
    }
    text
}
