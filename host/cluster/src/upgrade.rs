//! Applies the CustomResourceDefinition that a module brings, unless that would lose or break what is there.

use innkeeper_core::action::{Action, Done};
use innkeeper_core::engine::NotUpgraded;
use innkeeper_core::fields::still_owns;
use innkeeper_core::kind::Kind;
use innkeeper_core::names::{APPLIED, HOST_MANAGER};
use innkeeper_core::resource::Resource;
use innkeeper_core::upgrade::losses;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::crd::marked;
use crate::install::{address, words};

/// Objects that are named as examples of what would break.
const EXAMPLES: usize = 5;

impl Cluster {
    /// Makes the cluster have a CustomResourceDefinition. One read where it is there already; no write then.
    ///
    /// Nothing is written where that would lose what is stored, or where an object that is there does not satisfy the
    /// new schema: `wrong` says what a schema says against an object, defaults filled in.
    pub async fn upgrade_crd(
        &self,
        wanted: Value,
        wrong: impl Fn(&Value, Value) -> Vec<String>,
    ) -> Result<(), NotUpgraded> {
        let failed = |why: String| NotUpgraded::Failed(why);
        let wanted = marked(wanted);
        let mark = wanted["metadata"]["annotations"][APPLIED].as_str();
        let at = address(wanted["metadata"]["name"].as_str().unwrap_or_default());
        match self.act(&Action::Look(at.clone())).await {
            Done::NotFound(_) => {}
            // Whoever changed it since by hand has taken fields over, and left the mark.
            Done::Object { object, .. }
                if object.meta.annotations.get(APPLIED) == mark && still_owns(&object.meta, HOST_MANAGER, &wanted) =>
            {
                return Ok(());
            }
            Done::Object { object, .. } => {
                let live = object.value();
                let mut objections = losses(&live, &wanted);
                if objections.is_empty() {
                    objections = self.broken(&live, &wanted, wrong).await.map_err(failed)?;
                }
                if !objections.is_empty() {
                    return Err(NotUpgraded::Refused(objections));
                }
            }
            other => return Err(failed(format!("what is there cannot be read: {}", words(other)))),
        }
        let apply = Action::Apply { at, manager: HOST_MANAGER.into(), manifest: wanted, force: true };
        match self.act(&apply).await {
            Done::Object { .. } => Ok(()),
            other => Err(failed(format!("it cannot be applied: {}", words(other)))),
        }
    }

    /// Which objects do not satisfy the new schema, a line each.
    async fn broken(
        &self,
        live: &Value,
        wanted: &Value,
        wrong: impl Fn(&Value, Value) -> Vec<String>,
    ) -> Result<Vec<String>, String> {
        let is_namespaced = live["spec"]["scope"] == "Namespaced";
        let (mut broken, mut count) = (Vec::new(), 0_usize);
        for version in wanted["spec"]["versions"].as_array().into_iter().flatten() {
            let served = live["spec"]["versions"].as_array().into_iter().flatten();
            if !served.into_iter().any(|was| was["name"] == version["name"] && was["served"] == true) {
                continue;
            }
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let names = &live["spec"]["names"];
            let kind = Kind::new(&text(&live["spec"]["group"]), &text(&version["name"]), &text(&names["kind"]));
            let resource = Resource { kind, plural: text(&names["plural"]), namespaced: is_namespaced };
            let schema = &version["schema"]["openAPIV3Schema"];
            let check = |object: Value| {
                let name = [&object["metadata"]["namespace"], &object["metadata"]["name"]];
                let name: Vec<String> = name.into_iter().filter_map(|part| Some(part.as_str()?.to_owned())).collect();
                let why = wrong(schema, object);
                if why.is_empty() {
                    return;
                }
                count += 1;
                if broken.len() < EXAMPLES {
                    broken.push(format!("{}: {}", name.join("/"), why.join(", ")));
                }
            };
            self.each(&resource, check).await.map_err(|why| format!("objects cannot be listed: {why}"))?;
        }
        if count > broken.len() {
            broken.push(format!("{} more objects", count - broken.len()));
        }
        Ok(broken)
    }
}
