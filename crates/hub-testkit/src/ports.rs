//! Ports that are still free when the program they were chosen for takes them.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;

/// Below those that a system gives to outgoing connections (Linux: from 32768): of these one may be taken at any moment.
const FIRST: u16 = 20_000;
const COUNT: u64 = 12_000;

/// A port of this machine that nobody has.
pub fn free_port() -> u16 {
    // Tests are processes beside each other, so each begins somewhere else.
    let start = RandomState::new().hash_one(std::process::id());
    let ports = (0..COUNT).map(|step| FIRST + u16::try_from(start.wrapping_add(step) % COUNT).expect("small"));
    ports.into_iter().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a free port")
}
