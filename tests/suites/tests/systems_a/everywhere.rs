//! What every system must do, said once for all of them: a sample is one object of a kind, and what it has.

use innkeeper_suites::{House, condition, uid};
use serde_json::Value;

/// One object of a kind.
pub(crate) struct Sample {
    /// Its kind.
    pub(crate) kind: &'static str,
    /// The name of its CRD.
    pub(crate) crd: &'static str,
    /// The value of the label `app.kubernetes.io/name` on its children.
    pub(crate) app: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its YAML.
    pub(crate) yaml: &'static str,
    /// Kind and name of its children.
    pub(crate) children: &'static [(&'static str, &'static str)],
}

impl Sample {
    /// Its YAML under another name.
    pub(crate) fn named(&self, name: &str) -> String {
        self.yaml.replace(&format!("name: {}", self.name), &format!("name: {name:?}"))
    }

    /// Applies it, and waits until it is ready.
    pub(crate) fn lives_in(&self, house: &House) {
        house.apply(self.yaml);
        house.wait_for_condition(self.kind, self.name, "Ready", "True");
    }

    /// Kind and name of the children of one of another name.
    fn children_of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'static str, String)> + 'a {
        self.children.iter().map(move |(kind, child)| (*kind, child.replace(self.name, name)))
    }
}

/// 01: children carry the labels that Kubernetes recommends.
pub(crate) fn children_carry_the_usual_labels(house: &House, sample: &Sample) {
    sample.lives_in(house);
    house.apply(&sample.named("other"));
    house.wait_for_condition(sample.kind, "other", "Ready", "True");
    for name in [sample.name, "other"] {
        for (kind, child) in sample.children_of(name) {
            let labels = house.get(kind, &child)["metadata"]["labels"].clone();
            assert_eq!(labels["app.kubernetes.io/name"], sample.app, "{kind} {child}");
            assert_eq!(labels["app.kubernetes.io/instance"], name, "{kind} {child}");
            assert_eq!(labels["app.kubernetes.io/managed-by"], "innkeeper", "{kind} {child}");
        }
    }
}

/// 02: kstatus conditions, observedGeneration, a short name, the category, and these columns.
pub(crate) fn status_and_columns_are_what_a_person_looks_for(house: &House, sample: &Sample, columns: &[&str]) {
    sample.lives_in(house);
    let object = house.get(sample.kind, sample.name);
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    for (kind, status) in [("Ready", "True"), ("Reconciling", "False"), ("Stalled", "False")] {
        let one = condition(&object, kind).unwrap_or_else(|| panic!("there is no condition {kind}"));
        assert_eq!(one["status"], status, "{one}");
        assert!(one["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{one}");
    }
    house.kubectl(&["wait", "--for=condition=Ready", sample.kind, sample.name]);

    let crd = house.get("CustomResourceDefinition", sample.crd);
    let short = crd["spec"]["names"]["shortNames"][0].as_str().expect("the kind has a short name").to_owned();
    let table = house.kubectl(&["get", &short]);
    let header = table.lines().next().unwrap_or_default();
    for column in ["NAME", "READY", "AGE"].iter().chain(columns) {
        assert!(header.split_whitespace().any(|one| one == *column), "there is no column {column}:\n{table}");
    }
    assert!(house.kubectl(&["get", "innkeeper"]).contains(sample.name), "the category innkeeper holds it");
}

/// 03: each of these replacements in the YAML is refused, and why holds that word.
pub(crate) fn bad_values_are_refused(house: &House, sample: &Sample, bad: &[(&str, &str, &str)]) {
    for (good, bad, word) in bad {
        assert!(sample.yaml.contains(good), "{good}");
        let why = house.apply_is_refused(&sample.yaml.replacen(good, bad, 1));
        assert!(why.contains(word), "{bad}: {why}");
    }
    assert!(house.list(sample.kind, "").is_empty());
}

/// 03: an edit of what runs that is refused leaves everything as it was.
pub(crate) fn a_bad_edit_leaves_what_runs_as_it_is(house: &House, sample: &Sample, edit: &str) {
    sample.lives_in(house);
    house.wait_until_quiet();
    let before: Vec<Value> = sample.children.iter().map(|(kind, name)| house.get(kind, name)).collect();
    house.kubectl_is_refused(&["patch", sample.kind, sample.name, "--type=merge", "-p", edit]);
    let writes = house.writes_during(std::time::Duration::from_secs(3));
    assert!(writes.is_empty(), "{writes:#?}");
    for (child, before) in sample.children.iter().zip(before) {
        assert_eq!(house.get(child.0, child.1)["spec"], before["spec"]);
        assert_eq!(uid(&house.get(child.0, child.1)), uid(&before));
    }
}

/// 04: a child that is deleted by hand comes back.
pub(crate) fn a_deleted_child_comes_back(house: &House, sample: &Sample) {
    sample.lives_in(house);
    for (kind, name) in sample.children {
        let before = uid(&house.get(kind, name));
        house.begin_deletion(kind, name);
        house.eventually(&format!("there is a new {kind} {name}"), || {
            house.find(kind, name).is_some_and(|child| uid(&child) != before)
        });
    }
    house.wait_for_condition(sample.kind, sample.name, "Ready", "True");
}

/// 04: an edit by hand is put right in place, and nothing fights.
pub(crate) fn an_edited_child_is_put_right(
    house: &House,
    (kind, name): (&str, &str),
    edit: &Value,
    is_right: impl Fn(&Value) -> bool,
) {
    let before = house.get(kind, name);
    assert!(is_right(&before), "{before}");
    house.kubectl(&["patch", kind, name, "--type=json", "--field-manager=somebody", "-p", &edit.to_string()]);
    house.eventually(&format!("{kind} {name} is as it was"), || is_right(&house.get(kind, name)));
    assert_eq!(uid(&house.get(kind, name)), uid(&before), "it is put right in place");
    house.wait_until_quiet();
    assert!(is_right(&house.get(kind, name)));
}

/// 04: a child's name that somebody else's object has is reported, and that object is left alone.
pub(crate) fn a_strangers_object_is_left_alone(house: &House, sample: &Sample, stranger: &str) {
    let (kind, name) = sample.children[0];
    house.kubectl_with(&["create", "--field-manager=somebody", "-f", "-"], stranger);
    let before = house.get(kind, name)["spec"].clone();
    house.apply(sample.yaml);
    let message = house.wait_for_condition(sample.kind, sample.name, "Stalled", "True");
    for word in [kind, name, "somebody"] {
        assert!(message.contains(word), "the condition names {word}: {message}");
    }
    assert_eq!(condition(&house.get(sample.kind, sample.name), "Ready").unwrap()["status"], "False");
    house.wait_until_quiet();
    let writes = house.writes_during(std::time::Duration::from_secs(12));
    assert!(writes.is_empty(), "nothing is tried again and again: {writes:#?}");
    let there = house.get(kind, name);
    assert_eq!(there["spec"], before, "nobody changed it");
    assert!(there["metadata"]["labels"]["app.kubernetes.io/managed-by"].is_null());

    house.delete(kind, name);
    house.wait_for_condition(sample.kind, sample.name, "Ready", "True");
    assert_eq!(house.get(kind, name)["metadata"]["labels"]["app.kubernetes.io/name"], sample.app);
}

/// 05: deleted, it leaves nothing behind.
pub(crate) fn deleted_it_leaves_nothing_behind(house: &House, sample: &Sample) {
    sample.lives_in(house);
    let owner = uid(&house.get(sample.kind, sample.name));
    house.delete(sample.kind, sample.name);
    house.wait_until_gone(&owner);
    house.eventually("no Pod is left", || house.list("Pod", "").is_empty());
    house.wait_until_quiet();
    house.wait_until_gone(&owner);
    assert!(house.find(sample.kind, sample.name).is_none());
}

/// 05: deleting it and creating it again at once works.
pub(crate) fn deleted_and_made_again_at_once_it_works(house: &House, sample: &Sample) {
    sample.lives_in(house);
    let first = uid(&house.get(sample.kind, sample.name));
    house.delete(sample.kind, sample.name);
    house.apply(sample.yaml);
    let second = uid(&house.get(sample.kind, sample.name));
    assert_ne!(first, second);
    for (kind, name) in sample.children {
        house.eventually(&format!("{kind} {name} is the new one's"), || {
            house.find(kind, name).is_some_and(|child| child["metadata"]["ownerReferences"][0]["uid"] == second)
        });
    }
    house.wait_for_condition(sample.kind, sample.name, "Ready", "True");
    house.wait_until_gone(&first);
}

/// 06: a host that starts again writes nothing, and nothing is made again. The test has brought everything to rest.
pub(crate) fn a_restart_of_the_host_changes_nothing(house: &House, kinds: &[&str]) {
    house.wait_until_quiet();
    let versions = || -> Vec<String> {
        let all = kinds.iter().flat_map(|kind| house.list(kind, ""));
        all.map(|object| format!("{} {}", object["metadata"]["name"], object["metadata"]["resourceVersion"])).collect()
    };
    let before = versions();
    house.restart_writes_nothing();
    assert_eq!(versions(), before, "nothing was made again, rebuilt or rolled");
}
