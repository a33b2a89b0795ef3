//! Local ports: taking one, or naming the process that has it.

use std::net::TcpListener;

use crate::base::error::{Error, Kind, OrFail, Result};
use crate::listener;

/// Listens on the loopback addresses of this machine, and returns the port. Port 0 takes a free one. `flag` is the flag
/// that selects another port. Keep the listeners: a port that is free now may be taken, even as the port of a client, before
/// its server has started.
///
/// # Errors
/// `PortInUse`, with the process that has it if it is visible.
pub fn listen(port: u16, what: &str, flag: &str) -> Result<(Vec<TcpListener>, u16)> {
    match listener::bind(port) {
        Ok(listeners) => {
            let address = listeners[0].local_addr().or_fail(Kind::LocalSetup, || format!("the port for {what}"))?;
            Ok((listeners, address.port()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let holder = holder(port).map_or_else(String::new, |who| format!(" by {who}"));
            Err(Error::new(Kind::PortInUse, format!("port {port}, for {what}, is in use{holder}")).hint(format!(
                "stop that process, or choose another port: `outboxctl local up {flag} 0` (0 picks a free one)"
            )))
        }
        Err(error) => {
            let reserved = error.kind() == std::io::ErrorKind::PermissionDenied;
            let hint =
                reserved.then(|| format!("ports below 1024 are usually reserved for root: choose a higher {flag}"));
            let failed = Error::new(Kind::LocalSetup, format!("port {port}, for {what}, can't be opened"));
            Err(failed.with_source(error).with_hints(hint))
        }
    }
}

/// Returns whether the port is free now.
pub fn is_free(port: u16) -> bool {
    listener::bind(port).is_ok()
}

/// Returns "name (process 123)" of the process that listens on a port; `None` if it is not visible (another user's, no
/// /proc).
fn holder(port: u16) -> Option<String> {
    let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let socket = sockets.iter().find_map(|table| listening_socket(table, port))?;
    let wanted = format!("socket:[{socket}]");
    let processes = std::fs::read_dir("/proc").ok()?;
    let pid = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok()).find(|pid| {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd"));
        files.is_ok_and(|mut files| {
            files.any(|file| {
                file.ok().and_then(|f| std::fs::read_link(f.path()).ok()).is_some_and(|l| l.as_os_str() == &*wanted)
            })
        })
    })?;
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(format!("{} (process {pid})", name.trim()))
}

/// Returns the inode of the listening socket, from the kernel's table: state 0A is LISTEN.
fn listening_socket(table: &str, port: u16) -> Option<String> {
    let suffix = format!(":{port:04X}");
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let listening = fields.get(3) == Some(&"0A") && fields.get(1)?.ends_with(&suffix);
        listening.then(|| fields.get(9).map(|inode| (*inode).to_owned())).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_names_its_process() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = listen(port, "the test", "--port").unwrap_err();
        assert_eq!(error.kind(), Kind::PortInUse);
        if cfg!(target_os = "linux") {
            assert!(error.message().contains(&format!("(process {})", std::process::id())), "{}", error.message());
        }
        assert!(error.hints().any(|hint| hint.contains("--port 0")));
    }
}
