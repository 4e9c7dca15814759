//! Handles the exit and the forks of the process.

#[cfg(unix)]
pub(crate) use fork::UnsharedFile;
#[cfg(all(unix, feature = "signals"))]
pub(crate) use fork::set_in_children;
#[cfg(unix)]
pub(crate) use fork::{generation, salt, watch_forks};
#[cfg(not(unix))]
pub(crate) use no_fork::UnsharedFile;
#[cfg(not(unix))]
pub(crate) use no_fork::{generation, salt, watch_forks};

/// Makes the C library call `end` when `main` returns or [`std::process::exit`] is called.
#[cfg(any(unix, windows))]
#[allow(
    unsafe_code,
    reason = "only the C library can call us when the process ends"
)]
pub(crate) fn at_exit(end: extern "C" fn()) {
    // SAFETY: the function is there as long as the process and takes nothing. This fails only without
    // memory for it, and then nothing is called.
    let _ = unsafe { libc::atexit(end) };
}

/// Whether the process ignores this signal.
#[cfg(all(unix, feature = "signals"))]
#[allow(unsafe_code, reason = "only the C library knows")]
pub(crate) fn ignores(signal: i32) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is changed, and the action is looked at only if it was written.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) == 0
            && action.assume_init().sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(unix)]
mod fork {
    use std::fs::File;
    use std::ops::Deref;
    use std::os::fd::AsRawFd;
    use std::sync::Once;
    #[cfg(feature = "signals")]
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering};
    #[cfg(feature = "signals")]
    use std::sync::{Arc, OnceLock};

    static GENERATION: AtomicU32 = AtomicU32::new(0);
    static SALT: AtomicU64 = AtomicU64::new(0);

    #[cfg(feature = "signals")]
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();

    /// Sets this flag in forked children.
    #[cfg(feature = "signals")]
    pub(crate) fn set_in_children(flag: Arc<AtomicBool>) {
        watch_forks();
        let _ = FLAG.set(flag);
    }

    /// The open files that a child must not share. A file that does not fit into the table is shared: then its lock is
    /// held until the child ends as well.
    static UNSHARED: [AtomicI32; 1024] = [const { AtomicI32::new(NONE) }; 1024];
    const NONE: i32 = -1;

    /// How many forks lie between this process and the first one. The threads of an earlier generation do not exist in
    /// this process.
    pub(crate) fn generation() -> u32 {
        GENERATION.load(Ordering::Relaxed)
    }

    /// Distinguishes a forked process from its parent.
    pub(crate) fn salt() -> u64 {
        SALT.load(Ordering::Relaxed)
    }

    /// Starts counting forks.
    #[allow(
        unsafe_code,
        reason = "only the C library can call us when the process is forked"
    )]
    pub(crate) fn watch_forks() {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            // SAFETY: the function is there as long as the process and calls nothing that is forbidden in
            // the child of a process with threads.
            let _ = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
        });
    }

    #[allow(
        unsafe_code,
        reason = "a file that was inherited can be replaced by its number only"
    )]
    extern "C" fn in_child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        #[cfg(feature = "signals")]
        if let Some(flag) = FLAG.get() {
            flag.store(true, Ordering::Relaxed);
        }
        // SAFETY: these are async-signal-safe. Each number in the table is that of a file which its owner
        // has not closed; it stays open, as another file, until the owner closes it.
        unsafe {
            SALT.store(u64::from(libc::getpid().unsigned_abs()), Ordering::Relaxed);
            let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC);
            if null == NONE {
                return;
            }
            for unshared in &UNSHARED {
                let number = unshared.load(Ordering::Relaxed);
                if number != NONE && libc::dup2(null, number) != NONE {
                    libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC);
                }
            }
            libc::close(null);
        }
    }

    /// A file whose lock and content are this process's alone: in a forked child it is empty.
    #[derive(Debug)]
    pub(crate) struct UnsharedFile {
        file: File,
        place: Option<&'static AtomicI32>,
    }

    impl UnsharedFile {
        pub(crate) fn new(file: File) -> Self {
            watch_forks();
            let number = file.as_raw_fd();
            let place = UNSHARED.iter().find(|place| {
                place
                    .compare_exchange(NONE, number, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
            });
            Self { file, place }
        }
    }

    impl Deref for UnsharedFile {
        type Target = File;

        fn deref(&self) -> &File {
            &self.file
        }
    }

    impl Drop for UnsharedFile {
        fn drop(&mut self) {
            if let Some(place) = self.place {
                place.store(NONE, Ordering::Relaxed);
            }
        }
    }
}

#[cfg(not(unix))]
mod no_fork {
    use std::fs::File;
    use std::ops::Deref;

    pub(crate) const fn generation() -> u32 {
        0
    }

    pub(crate) const fn salt() -> u64 {
        0
    }

    pub(crate) const fn watch_forks() {}

    #[derive(Debug)]
    pub(crate) struct UnsharedFile(File);

    impl UnsharedFile {
        pub(crate) const fn new(file: File) -> Self {
            Self(file)
        }
    }

    impl Deref for UnsharedFile {
        type Target = File;

        fn deref(&self) -> &File {
            &self.0
        }
    }
}
