//! What the system says of ports and processes.

use std::fmt::Display;
use std::net::TcpListener;

/// A port without a server.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}

/// The memory of a process in MiB: `VmRSS` now, `VmHWM` at most. 0 on systems without `/proc`.
pub fn memory(process: impl Display, name: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let kibibytes = status.unwrap_or_default().lines().find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(':')?;
        value.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()
    });
    kibibytes.unwrap_or_default() / 1024.0
}
