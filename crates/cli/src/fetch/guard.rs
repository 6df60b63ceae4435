//! Which addresses may be asked.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};

use gantry_language::source::SourceError;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// A name that leads into a private network.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` is at {address}, in a private network; --allow-private fetches from there")]
pub(super) struct Forbidden {
    host: String,
    address: IpAddr,
}

/// Resolves names, and refuses those of which any address is private: the answer that was looked at is the one that is
/// connected to.
#[derive(Debug, Default)]
pub(super) struct Guard {
    allows_private: bool,
    resolver: DefaultResolver,
}

impl Guard {
    pub(super) fn new(allows_private: bool) -> Guard {
        Guard {
            allows_private,
            ..Guard::default()
        }
    }
}

impl Resolver for Guard {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        let private = found
            .iter()
            .map(|address| address.ip())
            .find(|address| is_private(*address));
        match private {
            Some(address) if !self.allows_private => Err(ureq::Error::Io(io::Error::other(Forbidden {
                host: uri.host().unwrap_or_default().to_owned(),
                address,
            }))),
            _ => Ok(found),
        }
    }
}

/// Looks at an address before another program asks it. A name that leads nowhere is for that program to tell.
pub(crate) fn refuse_private(address: &str) -> Result<(), SourceError> {
    let uri: Uri = address
        .parse()
        .map_err(|_| SourceError::Unreadable("it is not at a proper address".to_owned()))?;
    let host = uri.host().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = (bare, 443).to_socket_addrs().into_iter().flatten();
    let private = found
        .map(|address| address.ip())
        .find(|address| is_private(*address));
    match private {
        None => Ok(()),
        Some(address) => Err(SourceError::Forbidden(
            Forbidden {
                host: host.to_owned(),
                address,
            }
            .to_string(),
        )),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_v4(address),
        IpAddr::V6(address) => match embedded(address) {
            Some(inner) => is_private_v4(inner),
            None => is_private_v6(address),
        },
    }
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    first == 0
        || is_shared
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_loopback()
        || address.is_unspecified()
        || address.is_unique_local()
        || address.is_unicast_link_local()
        || address.is_multicast()
}

/// The older address that a newer one stands for: `::ffff:10.0.0.1`, `64:ff9b::10.0.0.1`.
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let is_translated = segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
    let last = || {
        let [.., a, b, c, d] = address.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    address.to_ipv4_mapped().or_else(|| is_translated.then(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_known_in_all_their_forms() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
        ] {
            assert!(is_private(text.parse().expect("an address")), "{text}");
        }
        for text in [
            "93.184.216.34",
            "100.128.0.1",
            "172.32.0.1",
            "2606:2800:220:1::1",
            "::ffff:8.8.8.8",
        ] {
            assert!(!is_private(text.parse().expect("an address")), "{text}");
        }
    }
}
