//! `GET /traces/KIND/NAME?namespace=NAMESPACE`: for who is on the same machine, or in the same Pod.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::{Request, StatusCode, Uri};

use super::Asked;
use crate::run::http::Answer;
use crate::run::questions::{Desk, Question};

/// Where traces are served.
pub(in crate::run) const PATH: &str = "/traces/";

/// A trace tells names, errors and who changed what, and whoever reaches the port may ask: so only who comes from
/// this machine is answered, and no page of a browser under another name.
const REFUSED: &str = "traces are only told on this machine: in a cluster, forward the port to yours (kubectl port-forward \
                       POD 8081), and ask http://127.0.0.1:8081\n";

/// Answers.
pub(in crate::run) async fn answer(request: Request<Incoming>, peer: SocketAddr, desk: Desk) -> Answer {
    let named = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if !is_here(peer.ip(), named) {
        return Answer::text(StatusCode::FORBIDDEN, REFUSED);
    }
    let Some(asked) = asked(request.uri()) else {
        return Answer::text(StatusCode::BAD_REQUEST, "ask for /traces/KIND/NAME?namespace=NAMESPACE\n");
    };
    match desk.ask(|reply| Question::Trace(asked, reply)).await {
        Some(Ok(report)) => match serde_json::to_string_pretty(&report) {
            Ok(text) => Answer { status: StatusCode::OK, content_type: "application/json", text: text + "\n" },
            Err(error) => Answer::text(StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")),
        },
        Some(Err(why)) => Answer::text(StatusCode::NOT_FOUND, why + "\n"),
        None => Answer::text(
            StatusCode::SERVICE_UNAVAILABLE,
            "the host has not begun to work yet (is the API server there? See its log), or has too much to do\n",
        ),
    }
}

/// Whether somebody who comes from there, and calls this host so, is on this machine. Of the addresses of loopback
/// only the one that programs use: a proxy beside the host may pass on what comes from elsewhere, and says so by
/// another (Istio's is 127.0.0.6).
fn is_here(peer: IpAddr, host: Option<&str>) -> bool {
    let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    here.contains(&peer.to_canonical()) && host.is_none_or(is_this_machine)
}

fn is_this_machine(host: &str) -> bool {
    let name = host.parse::<http::uri::Authority>().map(|a| a.host().trim_matches(['[', ']']).to_owned());
    name.is_ok_and(|name| name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()))
}

/// Names in a path or a query; those of Kubernetes need no encoding but for a colon, which may stand there.
fn asked(uri: &Uri) -> Option<Asked> {
    let (kind, name) = uri.path().strip_prefix(PATH)?.split_once('/')?;
    let query = uri.query().unwrap_or_default().split('&').find_map(|pair| pair.strip_prefix("namespace="));
    let is_name = |text: &str| !text.is_empty() && !text.contains('/');
    let namespace = query.filter(|namespace| !namespace.is_empty()).unwrap_or("default");
    (is_name(kind) && is_name(name)).then(|| Asked {
        kind: kind.into(),
        namespace: namespace.into(),
        name: name.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_names_a_kind_and_an_object() {
        let of = |uri: &str| asked(&uri.parse().expect("a path"));
        let named = |kind: &str, namespace: &str, name: &str| {
            Some(Asked { kind: kind.into(), namespace: namespace.into(), name: name.into() })
        };
        assert_eq!(of("/traces/inns.example.com/blue?namespace=shop"), named("inns.example.com", "shop", "blue"));
        assert_eq!(of("/traces/inn/blue"), named("inn", "default", "blue"));
        assert_eq!(
            [of("/traces/inn"), of("/traces/inn/"), of("/traces//x"), of("/traces/inn/a/b")],
            [None, None, None, None]
        );
    }

    #[test]
    fn who_comes_from_elsewhere_is_told_nothing() {
        let from = |peer: &str, host| is_here(peer.parse().expect("an address"), Some(host));
        assert!(
            from("127.0.0.1", "localhost:8081") && from("::1", "[::1]:8081") && from("::ffff:127.0.0.1", "127.0.0.1")
        );
        assert!(!from("10.0.0.7", "10.0.0.7:8081") && !from("10.0.0.7", "localhost"));
        assert!(!from("127.0.0.6", "localhost"), "a proxy on this machine");
        assert!(!from("127.0.0.1", "evil.example.com:8081"), "a page in a browser on this machine");
    }

    #[test]
    fn this_machine_has_few_names() {
        assert!(["localhost:8081", "127.0.0.1:8081", "[::1]:8081", "127.0.0.1"].into_iter().all(is_this_machine));
        assert!(!["evil.example.com:8081", "10.0.0.7:8081", ""].into_iter().any(is_this_machine));
    }
}
