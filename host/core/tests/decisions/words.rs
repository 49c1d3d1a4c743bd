//! Small words that people and the API server read: bounds, selectors, names, lists of reasons, moments.

use std::sync::Arc;

use crate::house::inn;
use crate::outcomes::binding;
use innkeeper_core::cause::{Cause, Causes, Due};
use innkeeper_core::contract::View;
use innkeeper_core::kind::{GroupKind, Kind};
use innkeeper_core::names::{contributor_of, is_dns_label, is_dns_subdomain};
use innkeeper_core::object::Object;
use innkeeper_core::pairs::Pairs;
use innkeeper_core::paths::{self, Path};
use innkeeper_core::query::{Area, Field, Query, What};
use innkeeper_core::reconciler::{Limits, MOST_MEMORY, MOST_OUTCOME, OnDelete, Spec};
use innkeeper_core::selector::Selector;
use innkeeper_core::share::Share;
use innkeeper_core::watch::Selection;
use innkeeper_core::world::{Read, World};
use serde_json::{Value, json};

#[test]
fn limits_are_read_with_their_units_and_kept_within_bounds() {
    let sized = |memory: &str, outcome: &str| Limits {
        memory: Some(memory.into()),
        outcome: Some(outcome.into()),
        ..Limits::default()
    };
    let read = sized("3Ki", "2Mi").resolve().unwrap();
    assert_eq!((read.memory, read.outcome), (3_072, 2_097_152));
    let most = sized("256Mi", "16Mi").resolve().unwrap();
    assert_eq!((most.memory, most.outcome), (MOST_MEMORY, MOST_OUTCOME));
    assert_eq!((MOST_MEMORY, MOST_OUTCOME), (268_435_456, 16_777_216));
    let told = sized("257Mi", "1Mi").resolve().unwrap_err();
    assert_eq!(told, "spec.limits.memory: 269484032 bytes is not between 1 and 268435456 bytes");
    assert!(sized("0Mi", "1Mi").resolve().is_err() && sized("1Mi", "17Mi").resolve().is_err());
    let time = |text: &str| Limits { time: Some(text.into()), ..Limits::default() }.resolve().map(|l| l.time_ms);
    assert_eq!((time("7ms"), time("10s")), (Ok(7), Ok(10_000)));
    assert!(time("10001ms").is_err() && time("0s").is_err() && time("1h").is_err());
}

#[test]
fn everything_is_looked_at_every_ten_hours_if_nobody_says_otherwise() {
    assert_eq!(innkeeper_core::engine::RESYNC_MS, 36_000_000);
}

#[test]
fn a_selector_is_taken_apart_at_commas_outside_of_brackets() {
    let labels = |pairs: &[(&str, &str)]| -> Pairs { pairs.iter().copied().collect() };
    let selector = Selector::parse("tier in (a,b),app notin (x,y),zone").unwrap();
    assert!(selector.matches(&labels(&[("tier", "b"), ("app", "z"), ("zone", "1")])));
    assert!(!selector.matches(&labels(&[("tier", "b"), ("app", "y"), ("zone", "1")])));
    assert!(!selector.matches(&labels(&[("tier", "b"), ("app", "z")])));
    assert_eq!(selector.to_string(), "tier in (a,b),app notin (x,y),zone");
    assert_eq!(selector.equality(), None);
    assert_eq!(Selector::parse("zone,app=web").unwrap().equality(), Some(("app", "web")));
}

#[test]
fn a_kind_is_told_by_its_name_and_group() {
    let inn = GroupKind { group: "example.com".into(), kind: "Inn".into() };
    assert!(Kind::new("example.com", "v2", "Inn").is_of(&inn));
    assert!(!Kind::new("example.org", "v1", "Inn").is_of(&inn) && !Kind::new("example.com", "v1", "Tower").is_of(&inn));
}

#[test]
fn children_are_those_that_carry_our_label() {
    assert_eq!(Selection::Children.label_selector(), Some("innkeeper.dev/object-uid"));
    assert_eq!(Selection::All.label_selector(), None);
}

#[test]
fn names_are_no_longer_than_kubernetes_lets_them_be() {
    assert!(is_dns_label(&"a".repeat(63)) && !is_dns_label(&"a".repeat(64)) && !is_dns_label("A"));
    assert!(is_dns_subdomain(&"a".repeat(253)) && !is_dns_subdomain(&"a".repeat(254)));
}

#[test]
fn a_contributor_is_told_from_other_managers_of_ours() {
    assert_eq!(contributor_of("innkeeper.0b5e-1"), Some("0b5e-1"));
    for other in ["innkeeper.released", "innkeeper.Inn.example.com", "innkeeper", "kubectl"] {
        assert_eq!(contributor_of(other), None, "{other}");
    }
}

#[test]
fn what_a_path_means_is_taken_away_and_nothing_else() {
    let without = |path: &str| {
        let mut object = json!({"a": {"b": 1, "c": 2}, "list": [{"name": "x", "v": 1, "w": 1}, {"name": "y", "v": 2}]});
        paths::remove(&Path::parse(path).unwrap(), &mut object);
        object
    };
    let list = json!([{"name": "x", "v": 1, "w": 1}, {"name": "y", "v": 2}]);
    assert_eq!(without("a.b"), json!({"a": {"c": 2}, "list": list}));
    assert_eq!(without("list[name=x].v")["list"], json!([{"name": "x", "w": 1}, {"name": "y", "v": 2}]));
    assert_eq!(without("list[name=x]")["list"], json!([{"name": "y", "v": 2}]));
    assert_eq!(without("list[*].v")["list"], json!([{"name": "x", "w": 1}, {"name": "y"}]));
    assert_eq!(without("list[*]")["list"], json!([]));
    assert_eq!(without("none.b"), json!({"a": {"b": 1, "c": 2}, "list": list}));
}

#[test]
fn a_look_is_told_without_what_it_looks_for_in_fields() {
    let query = |area: Area, what: What| Query { kind: Kind::new("", "v1", "Pod"), area, what, view: View::Names };
    let labels = |text: &str| Selector::parse(text).unwrap();
    let field = Field::parse("spec.nodeName", "\"secret\"").unwrap();
    let shop = || Area::In(Some("shop".into()));
    for (query, words) in [
        (query(shop(), What::Named("web".into())), "get v1 Pod shop/web"),
        (query(Area::In(None), What::Named("web".into())), "get v1 Pod web"),
        (query(shop(), What::All(labels(""), vec![])), "list v1 Pod in shop"),
        (query(Area::In(None), What::All(labels("app=web"), vec![])), "list v1 Pod everywhere with app=web"),
        (
            query(shop(), What::All(labels("app=web"), vec![field])),
            "list v1 Pod in shop with app=web and a spec.nodeName",
        ),
    ] {
        assert_eq!(query.to_string(), words);
    }
}

#[test]
fn reasons_are_named_counted_and_joined() {
    let kind = |n: usize| Cause::Kind(GroupKind { group: "".into(), kind: format!("Kind{n}").into() });
    let of = |range: std::ops::Range<usize>| {
        let mut causes = Causes::default();
        assert!(causes.is_empty());
        range.for_each(|n| causes.add(kind(n)));
        causes
    };
    let named = (0..100).map(|n| of(0..n).named().len()).max().unwrap();
    assert!((3..50).contains(&named), "{named} are named");
    assert_eq!((of(0..named).more(), of(0..named + 2).more()), (0, 2));
    let mut joined = of(0..2);
    joined.join(of(1..3));
    assert_eq!(joined.named(), [(kind(0), 1), (kind(1), 2), (kind(2), 1)]);
    let mut full = of(0..named);
    full.join(of(named..named + 3));
    assert_eq!((full.named().len(), full.more(), full.is_empty()), (named, 3, false));
    let mut twice = of(0..2);
    twice.add(kind(1));
    let words = twice.to_string();
    assert_eq!(words.matches("; ").count(), 1, "{words}");
    assert!(words.ends_with(" (2 times)") && !words.starts_with(';'), "{words}");
    assert!(of(0..named + 2).to_string().ends_with("; and 2 more"));
    let insisting = Causes::from(Cause::Time(Due::Requeue));
    assert!(insisting.insist() && !of(0..1).insist());
    let mut both = of(0..1);
    both.join(insisting.clone());
    assert!(both.insist());
    let mut both = insisting;
    both.join(of(0..1));
    assert!(both.insist());
}

#[test]
fn a_moment_is_reached_when_it_is_there_and_the_guest_has_looked() {
    let child = Arc::new(Object::parse(&inn("x", json!({})).to_string(), None).unwrap());
    let mut world = World::of_children(vec![child], 1_000);
    assert_eq!([999, 1_000, 1_001].map(|at| world.reached(at)), [true, true, false]);
    assert_eq!((world.children(View::Names).len(), world.count()), (1, 4));
    assert!(matches!(world.into_reads()[2], Read::Reached { at: 1_001, answer: false }));
}

#[test]
fn a_guest_sees_its_children_in_the_order_of_their_kinds_and_names() {
    let child = |kind: &str, namespace: &str, name: &str| {
        let metadata = json!({"name": name, "namespace": namespace});
        let value = json!({"apiVersion": "v1", "kind": kind, "metadata": metadata});
        Arc::new(Object::parse(&value.to_string(), None).unwrap())
    };
    let unsorted = vec![
        child("Secret", "a", "a"),
        child("ConfigMap", "b", "a"),
        child("ConfigMap", "a", "z"),
        child("ConfigMap", "a", "b"),
    ];
    let object = Object::parse(&inn("x", json!({})).to_string(), None).unwrap();
    let mut world = World::new(&object, unsorted, Arc::default(), Arc::new(binding()), 0);
    let keys: Vec<String> = world.find_children(View::Names).iter().map(|child| child.key.to_string()).collect();
    assert_eq!(keys, ["ConfigMap a/b", "ConfigMap a/z", "ConfigMap b/a", "Secret a/a"]);
}

#[test]
fn a_reconciler_states_what_becomes_of_children_only_where_that_is_not_the_usual() {
    let stated = |on_delete| serde_json::to_value(Spec { on_delete, ..Spec::default() }).unwrap()["onDelete"].clone();
    assert_eq!((stated(OnDelete::Orphan), stated(OnDelete::Delete)), (Value::Null, json!("Delete")));
}

#[test]
fn a_slot_that_is_given_back_is_anothers_and_nobody_loses_a_turn() {
    let kind = |name: &str| GroupKind { group: "".into(), kind: name.into() };
    let mut share = Share::new(2, 1);
    share.ask(&kind("A"), 1);
    share.ask(&kind("A"), 2);
    share.ask(&kind("B"), 3);
    assert_eq!([share.grant(), share.grant(), share.grant()], [Some((kind("A"), 1)), Some((kind("B"), 3)), None]);
    share.give_back(&kind("A"));
    assert_eq!((share.grant(), share.grant()), (Some((kind("A"), 2)), None));
    share.give_back(&kind("A"));
    share.give_back(&kind("B"));
    share.ask(&kind("A"), 4);
    share.ask(&kind("B"), 5);
    assert_eq!([share.grant(), share.grant()], [Some((kind("A"), 4)), Some((kind("B"), 5))]);
}
