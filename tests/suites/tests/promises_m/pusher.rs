//! Somebody who pushes modules, with no more rights than that needs.

use std::path::PathBuf;

use innkeeper_suites::bench::{Bench, config_map};
use innkeeper_suites::{House, condition, exposition, guest, rebuilt};
use serde_json::{Value, json};

/// The user.
pub(crate) struct Pusher {
    kubeconfig: PathBuf,
    pub(crate) user: String,
}

impl Pusher {
    /// Somebody who may push into the house's namespace.
    pub(crate) fn of(house: &House) -> Self {
        let pusher = Self::named(house, "pusher");
        let chunks = json!([{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "create"]}]);
        let reconcilers = json!([{"apiGroups": ["innkeeper.dev"], "resources": ["reconcilers"], "verbs": ["get", "create", "patch"]}]);
        pusher.may(house, "Role", &chunks);
        pusher.may(house, "ClusterRole", &reconcilers);
        pusher
    }

    /// Somebody who may read everything and write nothing.
    pub(crate) fn reader(house: &House) -> Self {
        let reader = Self::named(house, "reader");
        let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list", "watch"]}]);
        reader.may(house, "ClusterRole", &all);
        reader
    }

    /// Somebody who may do nothing.
    pub(crate) fn without_rights(house: &House) -> Self {
        Self::named(house, "nobody")
    }

    fn named(house: &House, name: &str) -> Self {
        let user = format!("{name}-of-{}", house.namespace());
        Self { kubeconfig: house.another_host_user(&user), user }
    }

    /// Gives rights: in the house's namespace by a `Role`, everywhere by a `ClusterRole`.
    fn may(&self, house: &House, kind: &str, rules: &Value) {
        let (name, group) = (&self.user, "rbac.authorization.k8s.io");
        let role =
            json!({"apiVersion": format!("{group}/v1"), "kind": kind, "metadata": {"name": name}, "rules": rules});
        let binding = json!({
            "apiVersion": format!("{group}/v1"), "kind": format!("{kind}Binding"), "metadata": {"name": name},
            "subjects": [{"kind": "User", "apiGroup": group, "name": name}],
            "roleRef": {"apiGroup": group, "kind": kind, "name": name},
        });
        house.apply(&role.to_string());
        house.apply(&binding.to_string());
    }

    /// Runs `innkeeper plan` on a module; its exit code, what it printed, and what it complained of.
    pub(crate) fn plan(&self, house: &House, module: &[u8], options: &[&str]) -> (Option<i32>, String, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("module.wasm");
        std::fs::write(&file, module).unwrap();
        let arguments = ["plan", file.to_str().unwrap(), "--namespace", house.namespace()];
        house.innkeeper_as(&self.kubeconfig, &[&arguments[..], options].concat())
    }

    /// Runs `innkeeper push` on a module; its exit code, and all that it said.
    pub(crate) fn push(&self, house: &House, module: &[u8], options: &[&str]) -> (Option<i32>, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("module.wasm");
        std::fs::write(&file, module).unwrap();
        self.run(house, &[&["push", file.to_str().unwrap(), "--namespace", house.namespace()], options].concat())
    }

    /// Pushes a module, which must decide then.
    pub(crate) fn pushes(&self, house: &House, module: &[u8]) {
        let (code, said) = self.push(house, module, &[]);
        assert_eq!(code, Some(0), "{said}");
    }

    /// Pushes three modules for workbenches, one after the other. Their digests.
    pub(crate) fn pushes_three(&self, house: &House) -> Vec<String> {
        let first = guest("workbench");
        let modules = [first.clone(), rebuilt(&first), rebuilt(&rebuilt(&first))];
        let pushed = modules.iter().map(|module| {
            self.pushes(house, module);
            digest(house)
        });
        pushed.collect()
    }

    /// Runs `innkeeper rollback`; its exit code, and all that it said.
    pub(crate) fn roll_back(&self, house: &House, options: &[&str]) -> (Option<i32>, String) {
        self.run(house, &[&["rollback", "workbench", "--namespace", house.namespace()], options].concat())
    }

    fn run(&self, house: &House, arguments: &[&str]) -> (Option<i32>, String) {
        let (code, printed, complained) = house.innkeeper_as(&self.kubeconfig, arguments);
        (code, printed + &complained)
    }
}

/// A house whose host reads pushed modules from the house's namespace, and has none in its folder.
pub(crate) fn house() -> House {
    let house = House::alone(&[]);
    start_host(&house);
    house
}

/// Starts such a host.
pub(crate) fn start_host(house: &House) {
    house.start_host_with(&["--namespace", house.namespace()]);
}

/// A change of an object arrives: so a module decides for its kind.
pub(crate) fn serves(house: &House, word: &str) {
    Bench::new("served").child(config_map("served", word)).apply_ready(house);
    assert_eq!(house.get("ConfigMap", "served")["data"]["word"], word);
}

/// The digest that decides for a Reconciler.
pub(crate) fn digest_of(house: &House, name: &str) -> String {
    house.get("Reconciler", name)["status"]["digest"].as_str().unwrap_or_default().to_owned()
}

/// Grants the guest of workbenches a kind of the core group wherever it is granted ConfigMaps.
pub(crate) fn grant(house: &House, kind: &str) {
    let mut permissions = house.get("Reconciler", "workbench")["spec"]["permissions"].clone();
    for granted in permissions.as_object_mut().unwrap().values_mut() {
        granted.as_array_mut().unwrap().push(json!({"group": "", "kinds": [kind]}));
    }
    let patch = json!({"spec": {"permissions": permissions}});
    house.patch("reconciler", "workbench", &patch.to_string());
}

/// The digest that decides for workbenches.
pub(crate) fn digest(house: &House) -> String {
    digest_of(house, "workbench")
}

/// The sum of a counter of the host, whatever its labels.
pub(crate) fn counted(house: &House, name: &str) -> usize {
    let families = exposition::read(&house.host().metrics("*/*").text, false);
    let samples = families.get(name).map(|family| family.samples.as_slice()).unwrap_or_default();
    // Counts are whole, and small.
    samples.iter().map(|sample| format!("{:.0}", sample.value).parse::<usize>().unwrap()).sum()
}

/// The condition Loaded of a Reconciler.
pub(crate) fn loaded_of(house: &House, name: &str) -> Value {
    house.find("Reconciler", name).and_then(|found| condition(&found, "Loaded")).unwrap_or_default()
}

/// The condition Loaded of that of workbenches.
pub(crate) fn loaded(house: &House) -> Value {
    loaded_of(house, "workbench")
}

/// The ConfigMaps that keep modules in the house's namespace.
pub(crate) fn chunks(house: &House) -> Vec<Value> {
    house.list("ConfigMap", "innkeeper.dev/module")
}
