//! Every module that may not be, by every source: the one before serves, and the reason is said.

use std::process::{Command, Stdio};

use innkeeper_suites::{House, forge, guest};
use serde_json::json;

use crate::by_kubectl::{NAME, decides, says, web};
use crate::m01_api::Asker;
use crate::m01_url::name_url;
use crate::pusher::Pusher;
use crate::web_server::Server;

/// Sends each of them; the words are said, and afterwards the module before serves.
fn each_is_refused(house: &House, mut send: impl FnMut(&[u8], &str, &[&str])) {
    let first = decides(house);
    assert_ne!(first, "", "one serves");
    for (name, module, words) in forge::refused() {
        send(&module, name, words);
        assert_eq!(decides(house), first, "{name}");
        web(house, name);
    }
}

/// The Reconciler says that what it was given is no module, in all these words.
fn is_shown(house: &House, words: &[&str]) {
    for word in words {
        says(house, "ModuleRejected", word);
    }
    says(house, "ModuleRejected", "stays in service");
}

/// A ConfigMap with that module under the key `guest.wasm`, whether or not its bytes are text.
fn put_bytes(house: &House, module: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("guest.wasm");
    std::fs::write(&file, module).unwrap();
    let encoded = Command::new("base64").arg("-w0").arg(&file).stderr(Stdio::null()).output().unwrap().stdout;
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "module"},
        "binaryData": {"guest.wasm": String::from_utf8(encoded).unwrap()},
    });
    let verb = if house.find("ConfigMap", "module").is_some() { "replace" } else { "create" };
    house.kubectl_with(&[verb, "-f", "-"], &map.to_string());
}

#[test]
fn m02_what_may_not_be_a_module_is_refused_from_the_folder() {
    let house = House::alone(&[NAME]);
    house.start_host();
    web(&house, "before");
    each_is_refused(&house, |module, _, words| {
        house.modules().put("custom-http.wasm", module);
        is_shown(&house, words);
    });
}

#[test]
fn m02_what_may_not_be_a_module_is_refused_from_a_config_map() {
    let house = House::alone(&[]);
    house.start_host();
    put_bytes(&house, &guest(NAME));
    crate::by_kubectl::name_it(&house);
    web(&house, "before");
    each_is_refused(&house, |module, _, words| {
        put_bytes(&house, module);
        is_shown(&house, words);
    });
}

#[test]
fn m02_what_may_not_be_a_module_is_refused_from_a_url() {
    let house = House::alone(&[]);
    house.start_host();
    let server = Server::serving(&guest(NAME));
    name_url(&house, &server.url("guest.wasm"), None);
    web(&house, "before");
    each_is_refused(&house, |module, name, words| {
        server.put(module);
        name_url(&house, &server.url(&format!("guest.wasm?{name}")), None);
        is_shown(&house, words);
    });
}

#[test]
fn m02_what_may_not_be_a_module_is_refused_by_push_and_by_the_host_s_api() {
    let house = House::alone(&[]);
    let host =
        house.start_host_with(&["--namespace", house.namespace(), "--api", "127.0.0.1:0", "--api-without-token"]);
    let address = host.address_of("api").unwrap();
    let pusher = Pusher::of(&house);
    pusher.pushes(&house, &guest(NAME));
    web(&house, "before");
    let asker = Asker { house: &house, address };
    each_is_refused(&house, |module, name, words| {
        let (code, said) = pusher.push(&house, module, &["--reconciler", NAME]);
        assert_eq!(code, Some(1), "{name}: {said}");
        let (code, answer) = asker.puts(&format!("/reconcilers/{NAME}/module"), None, module);
        let error = answer["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!(code, 400, "{name}: {error}");
        for word in words {
            assert!(said.contains(word) && error.contains(word), "{name}: {word:?} is in {said:?} and in {error:?}");
        }
    });
}
