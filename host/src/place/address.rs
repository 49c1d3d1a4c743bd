//! Which addresses a module may be fetched from. A URL is written by whoever may write Reconcilers, and it is the host
//! that asks there: so it never asks the machine that it runs on, unless the URL names that, nor where clouds hand
//! out credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;

/// Where clouds hand out credentials.
const METADATA: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// The host of a URL, without the brackets of an IPv6 address.
pub(super) fn host(uri: &Uri) -> &str {
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// Whether a URL names the machine that asks.
pub(super) fn is_loopback(uri: &Uri) -> bool {
    let host = host(uri);
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.to_canonical().is_loopback())
}

/// Why nothing is fetched from an address; `loopback` where the URL names the machine itself.
pub(super) fn refused(ip: IpAddr, loopback: bool) -> Option<String> {
    let ip = ip.to_canonical();
    let what = match ip {
        _ if METADATA.contains(&ip) => "where clouds hand out credentials",
        _ if ip.is_loopback() != loopback => {
            return Some(if loopback {
                format!("{ip} is not on this machine")
            } else {
                format!("{ip} is the host's own machine; a URL that means it says 127.0.0.1 or localhost")
            });
        }
        _ if ip.is_unspecified() || ip.is_multicast() => "no address of a server",
        IpAddr::V4(ip) if ip.is_link_local() || ip.is_broadcast() => "link-local",
        IpAddr::V6(ip) if ip.is_unicast_link_local() => "link-local",
        _ => return None,
    };
    Some(format!("{ip} is {what}: no module is fetched from there"))
}

/// Why nothing is fetched from a URL, as far as that can be told from its text.
pub(super) fn refused_url(uri: &Uri) -> Option<String> {
    if !matches!(uri.scheme_str(), Some("http" | "https")) || host(uri).is_empty() {
        return Some("it is no address that begins with http:// or https://".to_owned());
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Some("it has a user's name in it, which everybody could read".to_owned());
    }
    host(uri).parse().ok().and_then(|ip| refused(ip, is_loopback(uri)))
}

/// Where a server sends whoever asks at `from`. The error says why nobody goes there.
pub(super) fn next_hop(from: &Uri, location: &str) -> Result<Uri, String> {
    let why_not = |why: &str| format!("it redirects to {location:?}: {why}");
    let to: Uri = if location.starts_with('/') && !location.starts_with("//") {
        let mut parts = from.clone().into_parts();
        parts.path_and_query = Some(location.parse().map_err(|_| why_not("that is no path"))?);
        Uri::from_parts(parts).map_err(|_| why_not("that is no address"))?
    } else {
        location.parse().map_err(|_| why_not("that is no address"))?
    };
    if let Some(why) = refused_url(&to) {
        return Err(why_not(&why));
    }
    if from.scheme_str() == Some("https") && to.scheme_str() != Some("https") {
        return Err(why_not("from https only to https"));
    }
    if is_loopback(&to) && !is_loopback(from) {
        return Err(why_not("that is the host's own machine"));
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().expect("a URL")
    }

    #[test]
    fn nothing_is_fetched_from_where_clouds_hand_out_credentials() {
        for host in [
            "169.254.169.254",
            "[fe80::1]",
            "[fd00:ec2::254]",
            "[::ffff:169.254.169.254]",
            "100.100.100.200",
            "0.0.0.0",
            "[::]",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            assert!(refused_url(&uri(&format!("http://{host}/guest.wasm"))).is_some(), "{host}");
        }
        for host in ["10.0.0.7", "modules.example.com", "[2001:db8::1]", "127.0.0.1", "[::1]", "localhost"] {
            assert_eq!(refused_url(&uri(&format!("http://{host}:8080/guest.wasm"))), None, "{host}");
        }
        assert!(refused_url(&uri("http://me:secret@example.com/")).is_some());
        assert!(refused_url(&uri("ftp://example.com/")).is_some());
    }

    #[test]
    fn a_name_may_stand_for_the_hosts_own_machine_only_if_it_says_so() {
        let own = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert!(refused(own, false).is_some_and(|why| why.contains("own machine")));
        assert_eq!(refused(own, true), None);
        assert_eq!(refused(IpAddr::V6("::ffff:127.0.0.1".parse().expect("an address")), true), None);
        assert!(refused("192.0.2.1".parse().expect("an address"), true).is_some());
    }

    #[test]
    fn a_redirect_goes_where_the_url_itself_may_go_and_never_back_to_the_machine_or_from_https() {
        let hop = |from: &str, to: &str| next_hop(&uri(from), to).map(|uri| uri.to_string());
        assert_eq!(hop("https://a.example/x?y", "/b?c"), Ok("https://a.example/b?c".to_owned()));
        assert_eq!(hop("http://a.example/x", "https://b.example/"), Ok("https://b.example/".to_owned()));
        assert_eq!(hop("http://127.0.0.1:1/x", "http://localhost:2/"), Ok("http://localhost:2/".to_owned()));
        for (from, to) in [
            ("https://a.example/x", "http://a.example/x"),
            ("http://a.example/x", "http://127.0.0.1/"),
            ("http://a.example/x", "http://LOCALHOST/"),
            ("http://127.0.0.1/x", "http://169.254.169.254/latest"),
            ("http://a.example/x", "//b.example/x"),
            ("http://a.example/x", "b"),
            ("http://a.example/x", "file:///etc/passwd"),
            ("http://a.example/x", ""),
        ] {
            assert!(hop(from, to).is_err(), "{from} to {to}");
        }
    }
}
