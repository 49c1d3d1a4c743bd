//! M05: a plan calls the new module for every live object, writes nothing, and tells what it would change.

use innkeeper_suites::{House, forge, guest, reworded};
use serde_json::{Value, json};

use crate::pusher::{Pusher, house, start_host};

const KIND: &str = "KindCustomHttp";

/// Two objects of custom-http and no others in the cluster, kept by the module that was pushed.
pub(crate) fn street(house: &House) -> Vec<u8> {
    house.delete_everywhere("KindCustomHttp");
    let module = guest("custom-http");
    Pusher::of(house).pushes(house, &module);
    for name in ["ping", "pong"] {
        house.apply(&format!(
            "apiVersion: groupsp.measutosh.dev/v1\nkind: {KIND}\nmetadata: {{name: {name}}}\n\
             spec: {{replicaCount: 0, port: 80, configMapData: {{greeting: hello}}}}\n"
        ));
    }
    for name in ["ping", "pong"] {
        house.wait_for_condition(KIND, name, "Ready", "True");
    }
    module
}

pub(crate) fn names(house: &House, kind: &str) -> Vec<String> {
    let all = house.list(kind, "innkeeper.dev/object-uid");
    let mut names: Vec<String> = all.iter().map(|o| o["metadata"]["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn m05_a_plan_tells_what_a_module_would_change_writes_nothing_and_it_comes_so() {
    let house = house();
    let module = street(&house);
    let other = reworded(&module, "-configmap", "-configmop");
    let reader = Pusher::reader(&house);
    let mark = house.mark();
    let (code, printed, complained) = reader.plan(&house, &other, &["-o", "json"]);
    assert_eq!(code, Some(2), "{complained}");
    let plan: Value = serde_json::from_str(&printed).unwrap();
    let summary = &plan["summary"];
    for (field, count) in
        [("objects", 2), ("changed", 2), ("childrenCreated", 2), ("childrenDeleted", 2), ("failures", 0)]
    {
        assert_eq!(summary[field], count, "{field}: {summary}");
    }
    let ping = &plan["objects"][0];
    assert_eq!((&ping["namespace"], &ping["name"]), (&json!(house.namespace()), &json!("ping")));
    let changes = ping["changes"].as_array().unwrap();
    let of = |how: &str| {
        let found = changes.iter().find(|change| change["how"] == how && change["kind"] == "ConfigMap");
        found.map(|change| change["name"].clone()).unwrap_or_default()
    };
    assert_eq!((of("created"), of("deleted")), (json!("ping-configmop"), json!("ping-configmap")), "{changes:#?}");

    let asked = house.requests_of(&reader.user, &mark);
    assert!(!asked.is_empty());
    let writes: Vec<String> = asked.iter().filter(|request| request.is_write()).map(ToString::to_string).collect();
    assert_eq!(writes, Vec::<String>::new());
    // Counts in the status of a Reconciler are written as time passes.
    let written = house.requests_since(&mark);
    let written = written.iter().filter(|request| request.is_write() && request.resource != "reconcilers");
    assert_eq!(written.map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new(), "nor does the host");
    assert_eq!(names(&house, "ConfigMap"), ["ping-configmap", "pong-configmap"]);

    Pusher::of(&house).push(&house, &other, &[]);
    house.eventually("what was planned comes", || names(&house, "ConfigMap") == ["ping-configmop", "pong-configmop"]);
}

#[test]
fn m05_a_plan_of_what_decides_is_empty() {
    let house = house();
    let module = street(&house);
    let (code, printed, complained) = Pusher::reader(&house).plan(&house, &module, &[]);
    assert_eq!(code, Some(0), "{printed}{complained}");
    assert!(printed.contains("Nothing was written"), "{printed}");
    assert!(!printed.contains("ping"), "{printed}");
}

#[test]
fn m05_a_plan_shows_a_difference_line_by_line() {
    let house = house();
    let module = street(&house);
    let other = reworded(&module, "measutosh/http-server", "measutosh/http-sorver");
    let (code, printed, complained) = Pusher::reader(&house).plan(&house, &other, &[]);
    assert_eq!(code, Some(2), "{complained}");
    for line in [
        &format!("{KIND}.groupsp.measutosh.dev {}/ping", house.namespace()),
        "  Deployment.apps ping: changed",
        "image: measutosh/http-server",
        "image: measutosh/http-sorver",
    ] {
        assert!(printed.contains(line), "{line:?} is shown: {printed}");
    }
    assert!(
        printed.lines().any(|line| line.trim_start().starts_with("- ") && line.contains("http-server")),
        "{printed}"
    );
    assert!(
        printed.lines().any(|line| line.trim_start().starts_with("+ ") && line.contains("http-sorver")),
        "{printed}"
    );
    assert!(!printed.contains('\u{1b}'), "no colours where there is no terminal");
}

#[test]
fn m05_what_a_module_fails_on_is_counted_and_nothing_is_to_be_deleted() {
    let house = house();
    house.delete_everywhere("Hostile");
    Pusher::of(&house).pushes(&house, &forge::guest("", ""));
    for name in ["one", "two"] {
        house.apply(&format!(
            "apiVersion: test.innkeeper.dev/v1\nkind: Hostile\nmetadata: {{name: {name}}}\nspec: {{}}\n"
        ));
        house.wait_for_condition("Hostile", name, "Ready", "True");
    }
    let planned = |reconcile: &str| -> Value {
        let (code, printed, complained) =
            Pusher::reader(&house).plan(&house, &forge::guest("", reconcile), &["-o", "json"]);
        assert_eq!(code, Some(2), "{complained}");
        serde_json::from_str(&printed).unwrap()
    };
    let trap = planned("unreachable");
    assert_eq!((&trap["summary"]["failures"], &trap["summary"]["childrenDeleted"]), (&json!(2), &json!(0)), "{trap}");
    assert!(trap["objects"][0]["failure"].as_str().unwrap().contains("trapped"), "{trap}");
    let endless = planned("(loop (br 0))");
    assert_eq!(endless["summary"]["limits"], json!({"time": 2}), "{endless}");
}

#[test]
fn m05_a_plan_for_what_is_not_there_says_so() {
    let house = house();
    let reader = Pusher::reader(&house);
    let (code, _, complained) = reader.plan(&house, &guest("custom-http"), &[]);
    assert_eq!(code, Some(1));
    assert!(complained.contains("no Reconciler custom-http"), "{complained}");
    street(&house);
    let (code, _, complained) = Pusher::without_rights(&house).plan(&house, &guest("custom-http"), &[]);
    assert_eq!(code, Some(1));
    assert!(complained.contains("forbidden"), "{complained}");
}

#[test]
fn m05_a_module_of_a_folder_is_compared_with_what_the_cluster_keeps_or_with_the_file_that_is_named() {
    let house = House::alone(&["custom-http"]);
    start_host(&house);
    let kept = || house.get("Reconciler", "custom-http")["status"]["history"][0]["kept"] == true;
    house.eventually("the cluster keeps its module", || house.find("Reconciler", "custom-http").is_some() && kept());
    let reader = Pusher::reader(&house);
    let (code, printed, complained) = reader.plan(&house, &guest("custom-http"), &[]);
    assert_eq!(code, Some(0), "{printed}{complained}");

    house.kubectl(&["delete", "configmaps", "--selector=innkeeper.dev/module"]);
    let (code, _, complained) = reader.plan(&house, &guest("custom-http"), &[]);
    assert_eq!(code, Some(1));
    assert!(complained.contains("push the module again"), "{complained}");
    let serving = house.modules().path().join("custom-http.wasm");
    let (code, printed, complained) =
        reader.plan(&house, &guest("custom-http"), &["--serving", serving.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{printed}{complained}");
}
