//! Free ports on loopback that stay free.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Result, bail};

/// Outside the range from which systems take ports for outgoing connections (32768 and up on Linux,
/// 49152 and up elsewhere): so a server that is stopped finds its port free when it starts again.
const RANGE: std::ops::Range<u16> = 20_000..32_000;

/// A port on loopback that nobody listens on now. Two callers may get the same one in the moment
/// before it is used; whoever starts a server there tries again with another.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..1_000 {
        let width = u64::from(RANGE.end - RANGE.start);
        let offset = RandomState::new().build_hasher().finish() % width;
        let port = RANGE.start + u16::try_from(offset).expect("smaller than the width of the range");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port on 127.0.0.1 between {} and {}: end what listens there", RANGE.start, RANGE.end)
}
