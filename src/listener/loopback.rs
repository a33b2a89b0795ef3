//! Listens on this machine only.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// Attempts to find a port that is free on both loopback addresses.
const ATTEMPTS: usize = 20;

/// Listens on a port of 127.0.0.1 and, if the machine has it, of ::1: `localhost` may resolve to either. Port 0 chooses
/// a port that is free on both.
///
/// # Errors
/// `AddrInUse` if the port is taken on one of them, or another failure to listen on 127.0.0.1.
pub fn bind(port: u16) -> io::Result<Vec<TcpListener>> {
    let mut attempt = 1;
    loop {
        let four = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let address = SocketAddr::from((Ipv6Addr::LOCALHOST, four.local_addr()?.port()));
        match TcpListener::bind(address) {
            Ok(six) => return Ok(vec![four, six]),
            Err(error) if error.kind() != io::ErrorKind::AddrInUse => return Ok(vec![four]),
            Err(error) if port != 0 || attempt == ATTEMPTS => return Err(error),
            Err(_) => attempt += 1,
        }
    }
}

/// Registers listeners with the runtime.
///
/// # Errors
/// Failures of the registration.
pub fn watched(listeners: Vec<TcpListener>) -> io::Result<Vec<tokio::net::TcpListener>> {
    let watch = |listener: TcpListener| {
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener)
    };
    listeners.into_iter().map(watch).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_addresses_have_the_same_port() {
        let listeners = bind(0).unwrap();
        let ports: Vec<u16> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
        assert!(ports.iter().all(|port| *port == ports[0]) && ports[0] != 0, "{ports:?}");
        let has_ipv6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
        assert_eq!(listeners.len(), if has_ipv6 { 2 } else { 1 });
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap().ip().is_loopback()));
    }

    #[test]
    fn a_port_that_is_taken_on_one_address_is_in_use() {
        if let Ok(taken) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
            let error = bind(taken.local_addr().unwrap().port()).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        }
    }
}
