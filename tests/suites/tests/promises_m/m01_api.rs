//! M01: a module arrives over HTTP with a bearer token, as far as RBAC goes.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use innkeeper_suites::{House, guest, rebuilt};
use serde_json::{Value, json};

use crate::by_kubectl::{NAME, decides, name_it, put, web};

/// Who asks, and where.
pub(crate) struct Asker<'a> {
    pub(crate) house: &'a House,
    pub(crate) address: SocketAddr,
}

/// A house whose host takes modules over HTTP and keeps them in the house's namespace; one of a ConfigMap decides.
fn house() -> (House, SocketAddr) {
    let house = House::alone(&[]);
    let host = house.start_host_with(&["--namespace", house.namespace(), "--api", "127.0.0.1:0"]);
    let address = host.address_of("api").unwrap();
    put(&house, &guest(NAME));
    name_it(&house);
    web(&house, "before");
    (house, address)
}

impl Asker<'_> {
    /// What `curl --upload-file` sends, with a token; the code, and what was answered.
    pub(crate) fn puts(&self, path: &str, token: Option<&str>, module: &[u8]) -> (u16, Value) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        let token = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
        let (address, length) = (self.address, module.len());
        let head = format!(
            "PUT {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{token}Content-Length: {length}\r\n\r\n"
        );
        // Who is refused early need not be listened to.
        drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(module)));
        let mut said = Vec::new();
        drop(stream.read_to_end(&mut said));
        let said = String::from_utf8(said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {said:?}"));
        (head.split(' ').nth(1).unwrap().parse().unwrap(), serde_json::from_str(body).unwrap_or_default())
    }

    /// The token of a ServiceAccount.
    fn token(&self, account: &str) -> String {
        self.house.kubectl(&["create", "serviceaccount", account]);
        self.house.kubectl(&["create", "token", account]).trim().to_owned()
    }
}

const PATH: &str = "/reconcilers/custom-http/module";

#[test]
fn m01_a_module_pushed_over_http_decides_for_whom_rbac_lets_it() {
    let (house, address) = house();
    let asker = Asker { house: &house, address };
    let (module, first) = (rebuilt(&guest(NAME)), decides(&house));
    let (pusher, nobody) = (asker.token("pusher"), asker.token("nobody"));
    let role = format!("push-{}", house.namespace());
    house.kubectl(&[
        "create",
        "clusterrole",
        &role,
        "--verb=update",
        "--resource=reconcilers.innkeeper.dev/module",
        "--resource-name=custom-http",
    ]);
    let subject = format!("--serviceaccount={}:pusher", house.namespace());
    house.kubectl(&["create", "clusterrolebinding", &role, &format!("--clusterrole={role}"), &subject]);

    let (code, said) = asker.puts(PATH, None, &module);
    assert_eq!((code, said["error"].as_str()), (401, Some("send a token: Authorization: Bearer TOKEN")));
    let (code, said) = asker.puts(PATH, Some("nonsense"), &module);
    assert_eq!(code, 401, "{said}");
    let (code, said) = asker.puts(PATH, Some(&nobody), &module);
    assert_eq!(code, 403, "{said}");
    assert!(
        said["error"]
            .as_str()
            .unwrap()
            .ends_with(":nobody may not update reconcilers/module of innkeeper.dev named custom-http")
    );
    assert_eq!(decides(&house), first);

    let (code, said) = asker.puts(PATH, Some(&pusher), &module);
    assert_eq!((code, &said["changed"], &said["reconciler"]), (200, &json!(true), &json!("custom-http")), "{said}");
    house.eventually("it decides", || decides(&house) == said["digest"]);
    web(&house, "after");
    let history = house.get("Reconciler", NAME)["status"]["history"].clone();
    assert_eq!(history[0]["source"], "pushed");
    // The same once more is done already.
    let (code, again) = asker.puts(PATH, Some(&pusher), &module);
    assert_eq!((code, &again["changed"], &again["digest"]), (200, &json!(false), &said["digest"]));

    for (path, body, code) in [
        (PATH, &module[..module.len() / 2], 400),
        (PATH, &b"words"[..], 400),
        (PATH, &vec![0; (16 << 20) + 1][..], 413),
        ("/reconcilers/another/module", &module[..], 403),
        ("/reconcilers/../module", &module[..], 404),
        ("/", &module[..], 404),
    ] {
        let (found, said) = asker.puts(path, Some(&pusher), body);
        assert_eq!(found, code, "{path}: {said}");
        assert!(said["error"].is_string(), "{said}");
    }
    web(&house, "it serves");
}
