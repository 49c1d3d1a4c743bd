//! What a Reconciler says: which kind it keeps, by which module, how its objects are, and what is in the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::house::script::{follows, liberal};
use crate::house::{Api, House, crd, inn, manifest, towers};
use innkeeper_core::action::Done;
use innkeeper_core::binding::Module;
use innkeeper_core::contract::Manifest;
use innkeeper_core::engine::{Input, News, Now};
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Watch;
use serde_json::{Value, json};

fn reconciler(house: &House) -> Value {
    house.api.get("Reconciler", None, "inn").cloned().unwrap_or_default()
}

/// Status, reason and message of a condition of the Reconciler.
fn says(house: &House, kind: &str) -> [String; 3] {
    let all = reconciler(house)["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let one = all.iter().find(|c| c["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {all:?}"));
    ["status", "reason", "message"].map(|field| one[field].as_str().unwrap().to_owned())
}

fn edit(house: &mut House, change: impl FnOnce(&mut Value)) {
    let mut there = reconciler(house);
    change(&mut there);
    house.put(there);
}

fn module(digit: &str, manifest: Manifest) -> News {
    News::Loaded(Module { digest: format!("sha256:{}", digit.repeat(64)), manifest: Arc::new(manifest) })
}

fn news(house: &mut House, source: &str, news: News) -> (bool, String) {
    house.notes.clear();
    house.input(Input::Module { source: source.into(), news });
    house.notes.first().cloned().unwrap_or_default()
}

#[test]
fn a_reconciler_is_made_for_a_module_with_what_that_asks_for() {
    let mut api = Api::default();
    api.put(crd());
    let house = House::over(api, Box::new(follows));
    let spec = reconciler(&house)["spec"].clone();
    assert_eq!(spec["for"], json!({"group": "example.com", "kind": "Inn"}));
    assert_eq!(spec["module"], json!({"folder": {}}));
    assert_eq!(spec["permissions"]["apply"][0]["kinds"], json!(["ConfigMap"]));
    assert_eq!(says(&house, "Ready"), ["True", "Serving", "its module decides"]);
    assert_eq!(says(&house, "Loaded"), ["True", "Loaded", ""]);
    let status = reconciler(&house)["status"].clone();
    assert_eq!(status["for"], json!({"group": "example.com", "kind": "Inn"}));
    assert_eq!(
        (&status["digest"], &status["version"]),
        (&json!(format!("sha256:{}", "a".repeat(64))), &json!("1.0.0"))
    );
}

#[test]
fn it_counts_its_objects_and_how_many_are_ready_or_stalled() {
    let mut house = liberal();
    house.put(inn("good", json!({})));
    house.put(inn("fine", json!({})));
    house.put(inn("bad", json!({"fails": "invalid"})));
    house.put(inn("slow", json!({"hold": {"reason": "Painting", "message": "wet"}})));
    house.pass(10_000);
    assert_eq!(reconciler(&house)["status"]["objects"], json!({"total": 4, "ready": 2, "failing": 1}));
    house.api.delete("Inn", Some("a"), "bad");
    house.settle();
    house.pass(10_000);
    assert_eq!(reconciler(&house)["status"]["objects"], json!({"total": 3, "ready": 2, "failing": 0}));
}

#[test]
fn it_says_what_keeps_it_from_serving() {
    for (change, reason, message) in [
        (
            json!({"limits": {"time": "soon"}}),
            "InvalidSpec",
            "spec.limits.time: \"soon\" is not a whole number followed by ms or s",
        ),
        (
            json!({"for": {"group": "example.com", "kind": "Tower"}}),
            "WrongKind",
            "spec.for says Tower.example.com, but its module decides for Inn.example.com",
        ),
        (json!({"permissions": 7}), "InvalidSpec", "spec: "),
    ] {
        let mut house = liberal();
        edit(&mut house, |r| r["spec"].as_object_mut().unwrap().extend(change.as_object().unwrap().clone()));
        let [status, told, words] = says(&house, "Stalled");
        assert_eq!((status.as_str(), told.as_str()), ("True", reason));
        assert!(words.starts_with(message), "{words}");
        assert_eq!(says(&house, "Ready")[0], "False");
        assert!(
            house.notes.iter().any(|(trouble, text)| *trouble && text.starts_with("Reconciler inn: ")),
            "{:?}",
            house.notes
        );
    }
    let mut house = liberal();
    edit(&mut house, |r| r["spec"]["suspend"] = json!(true));
    assert_eq!(says(&house, "Ready"), ["False", "Suspended", "spec.suspend is true"]);
    assert_eq!(says(&house, "Stalled")[0], "False");
}

#[test]
fn it_says_what_is_wrong_with_its_kind() {
    let served = |crd: Option<Value>| {
        let mut api = Api::default();
        crd.map(|crd| api.put(crd));
        says(&House::over(api, Box::new(follows)), "Stalled")
    };
    let missing = "no CustomResourceDefinition serves Inn.example.com; apply its CRD, or let the module bring it: spec.crd: Apply";
    assert_eq!(served(None), ["True", "KindNotFound", missing]);
    let mut early = crd();
    early["status"] = json!({});
    assert_eq!(
        served(Some(early)),
        ["True", "KindNotEstablished", "the API server does not serve inns.example.com yet"]
    );
    let mut old = crd();
    old["spec"]["versions"][0]["name"] = json!("v0");
    assert_eq!(served(Some(old)), ["True", "VersionNotServed", "inns.example.com does not serve version v1"]);
}

#[test]
fn a_kind_that_cannot_hold_conditions_is_kept_and_its_reconciler_says_so() {
    for (schema, status, lacks) in [
        (json!({"type": "object"}), json!({"status": {}}), true),
        (
            json!({"type": "object", "properties": {"status": {"properties": {"conditions": {"type": "array"}}}}}),
            json!({}),
            true,
        ),
        (
            json!({"type": "object", "properties": {"status": {"properties": {"conditions": {"type": "array"}}}}}),
            json!({"status": {}}),
            false,
        ),
    ] {
        let mut api = Api::default();
        let mut kind = crd();
        kind["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema;
        kind["spec"]["versions"][0]["subresources"] = status;
        api.put(kind);
        let house = House::over(api, Box::new(follows));
        let reason = if lacks { "NoConditions" } else { "Serving" };
        assert_eq!(says(&house, "Ready")[..2], ["True", reason], "{:?}", reconciler(&house)["status"]);
    }
}

#[test]
fn two_modules_of_a_name_and_what_the_log_says_of_modules() {
    let mut house = liberal();
    let told = |house: &mut House, source: &str, what: News| news(house, source, what);
    let same = told(&mut house, "inn.wasm", module("a", manifest(false)));
    assert_eq!(same, (false, "inn.wasm: module inn 1.0.0 (aaaaaaaaaaaa) is loaded as before".into()));
    let newer = told(&mut house, "inn.wasm", module("b", manifest(false)));
    assert_eq!(newer, (false, "inn.wasm: module inn 1.0.0 (bbbbbbbbbbbb) is loaded".into()));
    let serves = "Reconciler inn: module inn (bbbbbbbbbbbb) 1.0.0 is in service; before it, aaaaaaaaaaaa was";
    assert_eq!(house.notes[1], (false, serves.into()));
    let twin = told(&mut house, "twin.wasm", module("c", manifest(false)));
    assert_eq!(twin, (true, "twin.wasm: its module is named \"inn\", as that of inn.wasm: rename one of them".into()));
    let gone = told(&mut house, "inn.wasm", News::Removed);
    assert_eq!(gone, (false, "inn.wasm was removed; the module inn of twin.wasm takes its place".into()));
    assert_eq!(reconciler(&house)["status"]["digest"], format!("sha256:{}", "c".repeat(64)));
    let last = told(&mut house, "twin.wasm", News::Removed);
    assert_eq!(last, (false, "twin.wasm was removed; its module inn stays in service".into()));
    assert_eq!(told(&mut house, "none.wasm", News::Removed), (false, "none.wasm was removed".into()));
    let other = Manifest { name: "tower".into(), serves: Kind::new("example.com", "v1", "Tower"), ..manifest(false) };
    let first = told(&mut house, "tower.wasm", module("d", other));
    assert_eq!(
        first,
        (false, "tower.wasm: module tower 1.0.0 (dddddddddddd) is loaded, for example.com/v1 Tower".into())
    );
}

#[test]
fn a_module_that_was_refused_leaves_the_one_before_in_service_and_says_so() {
    let mut house = liberal();
    let (trouble, text) = news(&mut house, "inn.wasm", News::Rejected("it is no component".into()));
    assert_eq!((trouble, text.as_str()), (true, "inn.wasm: it is no component; inn aaaaaaaaaaaa stays in service"));
    let why = "inn.wasm: it is no component; the module loaded before stays in service";
    assert_eq!(says(&house, "Loaded"), ["False", "ModuleRejected", why]);
    house.put(inn("x", json!({"children": [{"name": "one"}]})));
    assert_eq!(house.api.children(), ["ConfigMap a/one"]);
    news(&mut house, "inn.wasm", module("b", manifest(false)));
    assert_eq!(says(&house, "Loaded"), ["True", "Loaded", ""]);
}

#[test]
fn a_module_whose_file_and_reconciler_are_gone_is_gone() {
    let mut house = liberal();
    assert_eq!(house.engine.module_name(&format!("sha256:{}", "a".repeat(64))), Some(("inn".into(), "1.0.0".into())));
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    assert!(reconciler(&house).is_object(), "its file is there: it is made again");
    news(&mut house, "inn.wasm", News::Removed);
    house.api.delete("Reconciler", None, "inn");
    house.settle();
    house.pass(10_000);
    assert_eq!(reconciler(&house), Value::Null);
    assert_eq!(house.engine.module_name(&format!("sha256:{}", "a".repeat(64))), None);
}

fn inns() -> Watch {
    let kind = Kind::new("example.com", "v1", "Inn");
    Watch::all(Arc::new(Resource { kind, plural: "inns".into(), namespaced: true }))
}

#[test]
fn a_kind_that_cannot_be_listed_is_told_when_that_lasts() {
    let mut api = Api::default();
    api.put(crd());
    api.unlisted = vec!["Inn"];
    let mut house = House::over(api, Box::new(follows));
    assert_eq!(says(&house, "Reconciling"), ["True", "FillingStores", "its objects are being listed"]);
    assert!(!house.engine.is_ready());
    let failing = BTreeMap::from([(inns(), "forbidden".to_owned())]);
    house.input(Input::Troubles(failing.clone()));
    house.pass(9_000);
    house.input(Input::Troubles(failing.clone()));
    assert_eq!(says(&house, "Reconciling")[2], "its objects are being listed", "it may pass");
    assert!(house.engine.next_wake().is_some_and(|at| at <= house.at().mono_ms + 1_000), "time alone makes it last");
    house.pass(1_000);
    house.input(Input::Troubles(failing));
    assert_eq!(says(&house, "Reconciling"), ["True", "FillingStores", "its objects cannot be listed: forbidden"]);
    house.input(Input::Troubles(BTreeMap::new()));
    house.pass(10_000);
    assert_eq!(says(&house, "Reconciling")[2], "its objects are being listed");
}

#[test]
fn a_host_is_ready_when_every_kind_is_listed_and_every_module_has_its_reconciler() {
    let mut api = Api::default();
    api.put(crd());
    let mut house = House::begun(api, Box::new(follows), Now { mono_ms: 1, wall_ms: 1_000_000 });
    assert!(!house.engine.is_ready(), "nothing has told yet");
    house.settle();
    assert!(!house.engine.is_ready(), "the modules are not read");
    house.input(Input::ModulesRead);
    assert!(house.engine.is_ready());
    house.api.refuse("create Reconciler inn", Done::Forbidden("not by you".into()));
    house.input(Input::Module { source: "inn.wasm".into(), news: module("a", manifest(false)) });
    assert!(!house.engine.is_ready(), "there is no Reconciler for it");
    house.api.refuses = None;
    house.pass(10_000);
    assert!(house.engine.is_ready());
}

#[test]
fn kinds_are_called_by_any_of_their_names() {
    let mut api = Api::default();
    let mut kind = crd();
    kind["spec"]["names"] = json!({"plural": "inns", "singular": "inn", "kind": "Inn", "shortNames": ["hotel"]});
    api.put(kind);
    let house = House::over(api, Box::new(follows));
    for called in ["inns", "inn", "Inn", "hotel", "inns.example.com", "Inn.example.com", "inns.v1.example.com"] {
        assert_eq!(house.engine.kept_kind(called), Ok((Kind::new("example.com", "v1", "Inn"), true)), "{called}");
    }
    for called in ["towers", "inns.example.org", "inns.v2.example.com", "towers.example.com", ""] {
        let told = house.engine.kept_kind(called).unwrap_err();
        assert!(told.ends_with("it keeps Inn.example.com"), "{told}");
    }
    let none = House::over(Api::default(), Box::new(follows));
    let told = none.engine.kept_kind("inn").unwrap_err();
    assert!(told.ends_with("it keeps none: no module is loaded, or none of their CRDs is there"), "{told}");
}

#[test]
fn what_there_is_to_do_is_counted_by_kind() {
    let mut house = liberal();
    house.holds_calls = true;
    for name in ["x", "y", "z"] {
        house.put(inn(name, json!({})));
    }
    let load = house.engine.load();
    let load = load.values().next().unwrap();
    assert_eq!((load.fresh + load.sweep + load.working, load.sweep), (3, 0), "{load:?}");
    let named = |name: &str| Key::new(Kind::new("example.com", "v1", "Inn"), Some("a".into()), name.into());
    let (x, nobody) = (named("x"), named("nobody"));
    assert!(house.engine.knows(&x) && !house.engine.knows(&nobody));
    assert!(house.engine.works_on(&x) && !house.engine.works_on(&nobody));
    assert!(!house.engine.is_idle());
    for n in 0..20 {
        house.put(inn(&format!("more{n}"), json!({})));
    }
    let load = house.engine.load();
    let load = load.values().next().unwrap();
    assert!(load.fresh > 2 && load.fresh + load.working == 23, "{load:?}");
    let mut api = house.api;
    api.forget_watches();
    let mut next = House::starting(api, Box::new(follows), manifest(false));
    next.holds_calls = true;
    next.input(Input::ModulesRead);
    let load = next.engine.load();
    let load = load.values().next().unwrap();
    assert!(load.sweep > 2 && load.fresh + load.sweep + load.working == 23, "{load:?}");
}

/// The same host keeps Towers too, by a module of their own.
fn with_towers() -> House {
    let mut house = liberal();
    house.put(towers());
    let tower = Manifest { name: "tower".into(), serves: Kind::new("example.com", "v1", "Tower"), ..manifest(false) };
    news(&mut house, "tower.wasm", module("d", tower));
    house
}

fn tower(name: &str, spec: Value) -> Value {
    let mut tower = inn(name, spec);
    tower["kind"] = json!("Tower");
    tower
}

#[test]
fn what_one_kind_is_at_does_not_end_when_another_kind_goes() {
    let mut house = with_towers();
    let two = json!({"children": [{"name": "two", "data": {"x": "1"}}], "again": 100_000});
    house.put(tower("t", json!({"children": [{"name": "one"}]})));
    house.put(inn("rests", json!({"again": 50_000})));
    house.holds = Some("apply ConfigMap a/two".into());
    house.put(inn("x", two));
    assert_eq!(house.held.len(), 1, "an Inn is in work");
    let calls = house.called().len();
    assert!(calls > 0);
    house.api.delete("Reconciler", None, "tower");
    news(&mut house, "tower.wasm", News::Removed);
    house.api.delete("Reconciler", None, "tower");
    house.settle();
    assert!(house.engine.kept_kind("towers").is_err());
    house.called();
    house.release();
    let object = house.api.get("Inn", Some("a"), "x").unwrap();
    assert_eq!(object["status"]["conditions"][0]["status"], "True", "it went on to its end");
    assert!(house.engine.is_idle());
    assert!(!house.called().contains(&"rests".to_owned()), "nobody else is asked for that");
    house.pass(50_000);
    assert!(house.called().contains(&"rests".to_owned()), "what was waited for comes");
}

#[test]
fn a_kind_that_goes_in_the_midst_of_its_work_leaves_nothing_that_answers_could_find() {
    let mut house = with_towers();
    house.holds = Some("apply ConfigMap a/one".into());
    house.put(tower("t", json!({"children": [{"name": "one"}]})));
    assert_eq!(house.held.len(), 1, "a Tower is in work");
    news(&mut house, "tower.wasm", News::Removed);
    house.api.delete("Reconciler", None, "tower");
    house.settle();
    house.release();
    house.pass(10_000);
    assert!(house.engine.is_idle());
    assert!(house.api.get("Tower", Some("a"), "t").unwrap()["status"].is_null(), "nobody keeps it any more");
    let tower_again =
        Manifest { name: "tower".into(), serves: Kind::new("example.com", "v1", "Tower"), ..manifest(false) };
    news(&mut house, "tower.wasm", module("d", tower_again));
    house.pass(10_000);
    assert_eq!(house.api.get("Tower", Some("a"), "t").unwrap()["status"]["conditions"][0]["status"], "True");
}

#[test]
fn of_two_reconcilers_of_a_kind_the_one_with_a_module_keeps_it() {
    let mut house = liberal();
    let spec = json!({"module": {"folder": {}}, "for": {"group": "example.com", "kind": "Inn"}});
    let mut other = reconciler(&house);
    other["metadata"] = json!({"name": "aaa", "creationTimestamp": "2025-01-01T00:00:00Z"});
    (other["spec"], other["status"]) = (spec, json!({}));
    house.put(other);
    assert_eq!(says(&house, "Ready"), ["True", "Serving", "its module decides"]);
    let other = house.api.get("Reconciler", None, "aaa").unwrap()["status"]["conditions"].clone();
    let stalled = other.as_array().unwrap().iter().find(|c| c["type"] == "Stalled").unwrap();
    assert_eq!((&stalled["status"], &stalled["reason"]), (&json!("True"), &json!("ModuleMissing")));
}
