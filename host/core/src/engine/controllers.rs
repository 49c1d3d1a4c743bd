//! Controllers: one per kind that a Reconciler binds to a module. Arranged anew whenever a CRD, a module
//! or a Reconciler changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::kinds::{self, ChildKinds, Scene};
use super::reconcilers::{Bound, Declared};
use super::{Engine, Output, Owner, guards};
use crate::binding::Binding;
use crate::cause::Cause;
use crate::kind::{GroupKind, Key};
use crate::names::field_manager;
use crate::object::Object;
use crate::resource::Resource;
use crate::rollout::Share;
use crate::step::Needs;
use crate::watch::Watch;

/// One kind, kept for one Reconciler.
#[derive(Debug)]
pub(super) struct Controller {
    /// What decides for its objects, but for those of `next`.
    pub(super) binding: Arc<Binding>,
    /// The module that takes over in steps, and for which objects it decides.
    pub(super) next: Option<(Arc<Binding>, Share)>,
    /// The uid of its Reconciler.
    pub(super) uid: String,
    pub(super) objects: Watch,
    pub(super) suspended: bool,
    /// Whether its objects could be looked at once.
    pub(super) started: bool,
    /// Whether objects carried finalizers of ours when it started.
    pub(super) found_finalizers: bool,
    pub(super) kinds: ChildKinds,
    /// The kinds of the objects to which its objects contribute fields.
    pub(super) targets: ChildKinds,
    pub(super) recording: bool,
    /// Steps that wait until kinds are recorded and watched.
    pub(super) ensuring: Vec<(Key, Needs)>,
}

impl Controller {
    /// What decides for an object.
    pub(super) fn decider(&self, object: &Object) -> &Arc<Binding> {
        match &self.next {
            Some((binding, share)) if share.takes(object) => binding,
            _ => &self.binding,
        }
    }

    /// Without a list of kinds every kind that is named is looked for.
    fn seek_named(&mut self) {
        if self.kinds.is_unlisted() && self.targets.is_unlisted() {
            self.kinds.seek(kinds::named(&self.binding));
            self.targets.seek(kinds::named_for_contributions(&self.binding));
        }
    }

    /// Whether its objects can be looked at: their store is filled, and those of all their children but
    /// where that fails lastingly.
    pub(super) fn sees(&self, scene: &Scene<'_>) -> bool {
        let all = [&self.kinds, &self.targets].into_iter().flat_map(|kinds| kinds.unseen(scene));
        scene.stores.filled(&self.objects).is_some() && all.into_iter().all(|(_, unseen)| unseen.lasts)
    }
}

impl Engine {
    /// Works out which controllers there should be, and starts, changes and ends them.
    pub(super) fn arrange(&mut self) {
        self.report_due = true;
        self.create_reconcilers();
        self.settle_modules();
        self.keep_modules();
        self.bind_reconcilers();
        let wanted = self.wanted_controllers();
        let ended: Vec<GroupKind> = self
            .controllers
            .iter()
            .filter(|(kind, c)| wanted.get(*kind).is_none_or(|w| w.objects != c.objects || w.uid != c.uid))
            .map(|(kind, _)| kind.clone())
            .collect();
        for kind in ended {
            // The next Reconciler of the kind may not list what this one did.
            let before = self.controllers.remove(&kind);
            let kinds = before.iter().flat_map(|controller| controller.kinds.all()).cloned();
            self.child_kinds.entry(kind.clone()).or_default().extend(kinds);
            self.actions.retain(|_, owner| !matches!(owner, Owner::Recording(of, _) if *of == kind));
            self.drop_steps(&kind);
            self.note(false, format!("{kind}: its controller stopped"));
        }
        let (mut swept, mut handed) = (Vec::new(), Vec::new());
        for (kind, mut new) in wanted {
            match self.controllers.get_mut(&kind) {
                None => {
                    let before = self.child_kinds.get(&kind).cloned().unwrap_or_default();
                    new.kinds.seek(before);
                    new.seek_named();
                    swept.push((kind.clone(), Cause::Start));
                    let text = format!("{kind}: its controller started ({})", new.objects.resource.kind.version);
                    self.note(false, text);
                    self.controllers.insert(kind, new);
                }
                Some(old) => {
                    let resumes = (old.suspended && !new.suspended).then_some(Cause::Settings);
                    let cause = decides_otherwise(&old.binding, &new.binding).or(resumes);
                    let in_steps = old.next.is_some() || new.next.is_some();
                    let before = (old.binding.clone(), old.next.take());
                    (old.binding, old.next, old.suspended) = (new.binding, new.next, new.suspended);
                    match cause {
                        _ if in_steps => handed.push((kind, before)),
                        Some(cause) => {
                            old.seek_named();
                            swept.push((kind, cause));
                        }
                        None => {}
                    }
                }
            }
        }
        self.look_over();
        self.find_child_kinds();
        self.ask_about_reads();
        self.demand_watches();
        swept.iter().for_each(|(kind, cause)| self.sweep(kind, cause));
        handed.iter().for_each(|(kind, before)| self.hand_over(kind, before));
        self.go_on_ensuring_all();
    }

    pub(super) fn go_on_ensuring_all(&mut self) {
        let waiting = self.controllers.iter().filter(|(_, c)| !c.ensuring.is_empty());
        let waiting: Vec<GroupKind> = waiting.map(|(kind, _)| kind.clone()).collect();
        waiting.iter().for_each(|kind| self.go_on_ensuring(kind));
    }

    /// Starts each controller whose objects can be looked at for the first time. All of them are looked at: where others
    /// read the kind before, its objects are known already, and no watch tells of them as new.
    pub(super) fn start_controllers(&mut self) {
        let scene = self.scene();
        let ready = |c: &Controller| self.modules_read && !c.started && c.sees(&scene);
        let ready = self.controllers.iter().filter(|(_, c)| ready(c));
        let ready: Vec<GroupKind> = ready.map(|(kind, _)| kind.clone()).collect();
        self.report_due |= !ready.is_empty();
        for kind in ready {
            let Some(controller) = self.controllers.get_mut(&kind) else { continue };
            controller.started = true;
            controller.found_finalizers = guards::any_held(self.stores.get(&controller.objects));
            let reconciler = controller.binding.reconciler.clone();
            self.count_soon(&reconciler);
            self.sweep(&kind, &Cause::Start);
        }
    }

    /// Whether objects of a controller may be looked at now.
    pub(super) fn may_look(&self, controller: &Controller) -> bool {
        self.modules_read
            && !self.awaits_module(&controller.binding.reconciler)
            && (!controller.suspended || controller.binding.leaving)
            && controller.sees(&self.scene())
            && self.is_guarded(controller)
    }

    /// The list of kinds in the status of a Reconciler changed.
    pub(super) fn take_kinds(&mut self, name: &str) {
        let Some(declared) = self.reconcilers.get(name) else { return };
        let uid = &declared.object.meta.uid;
        let Some(controller) = self.controllers.values_mut().find(|c| c.uid == *uid) else { return };
        let children = controller.kinds.take(&declared.status.kinds);
        if controller.targets.take(&declared.status.kinds) || children {
            self.look_over();
            self.find_child_kinds();
            self.demand_watches();
            self.go_on_ensuring_all();
        }
    }

    fn wanted_controllers(&self) -> BTreeMap<GroupKind, Controller> {
        let bound = self.reconcilers.iter();
        let bound = bound.filter_map(|(name, declared)| Some((name, declared, declared.bound.resource()?)));
        bound
            .map(|(name, declared, resource)| {
                let binding = Arc::new(self.binding(name, declared, resource));
                let next = self.taking_over(name).filter(|_| binding.module.is_some());
                let next = next.map(|(module, share)| {
                    (Arc::new(Binding { module: Some(module.clone()), ..Binding::clone(&binding) }), share)
                });
                let mut kinds = ChildKinds::default();
                kinds.take(&declared.status.kinds);
                let mut targets = ChildKinds::contributed();
                targets.take(&declared.status.kinds);
                let controller = Controller {
                    binding,
                    next,
                    uid: declared.object.meta.uid.clone(),
                    objects: Watch::all(resource.clone()),
                    suspended: declared.spec.as_ref().is_ok_and(|s| s.suspend),
                    started: false,
                    found_finalizers: false,
                    kinds,
                    targets,
                    recording: false,
                    ensuring: Vec::new(),
                };
                (resource.kind.group_kind(), controller)
            })
            .collect()
    }

    fn binding(&self, name: &str, declared: &Declared, resource: &Arc<Resource>) -> Binding {
        let spec = declared.spec.as_ref().ok().cloned().unwrap_or_default();
        let served = resource.kind.group_kind();
        let crd = self.catalog.crd(&served);
        let status = crd.and_then(|c| c.versions.iter().find(|(r, _)| r == resource)).map(|(_, s)| *s);
        Binding {
            resource: resource.clone(),
            manager: field_manager(&served),
            reconciler: name.to_owned(),
            module: self.service.of(name).filter(|_| matches!(declared.bound, Bound::Serving { .. })).cloned(),
            permissions: spec.permissions,
            limits: spec.limits.unwrap_or_default().resolve().unwrap_or_default(),
            config: serde_json::Value::Object(spec.config).to_string(),
            on_delete: spec.on_delete,
            leaving: declared.is_going(),
            status: status.unwrap_or_default(),
        }
    }

    /// Asks discovery about kinds of children that nobody has heard of yet.
    fn find_child_kinds(&mut self) {
        let questions: Vec<_> = self
            .controllers
            .values()
            .flat_map(|c| [&c.kinds, &c.targets])
            .map(|kinds| kinds.questions(&self.catalog))
            .collect();
        for (exact, any) in questions {
            for kind in exact {
                if !self.resolving.contains_key(&kind) {
                    self.resolving.entry(kind.clone()).or_default();
                    self.out.push(Output::Resolve(kind));
                }
            }
            for kind in any {
                if self.finding.insert(kind.clone()) {
                    self.out.push(Output::Find(kind));
                }
            }
        }
    }

    /// Discovery answered in which version a kind is served.
    pub(super) fn found(&mut self, kind: &GroupKind, result: Result<Option<Arc<Resource>>, String>) {
        self.finding.remove(kind);
        self.troubles.set_discovery(self.now.mono_ms, kind, result.as_ref().err().map(String::as_str));
        match result {
            Ok(resource) => {
                Arc::make_mut(&mut self.catalog).found(kind, resource);
                self.arrange();
            }
            Err(_) => self.ask_again(),
        }
    }
}

/// Why objects must be looked at anew, if something beside them decides otherwise now.
pub(super) fn decides_otherwise(old: &Binding, new: &Binding) -> Option<Cause> {
    let digest = |b: &Binding| b.module.as_ref().map(|m| m.digest.clone());
    if digest(old) != digest(new) {
        return Some(Cause::Module(digest(new)));
    }
    let differs = old.permissions != new.permissions
        || old.limits != new.limits
        || old.config != new.config
        || old.status != new.status
        || old.leaving != new.leaving;
    differs.then_some(Cause::Settings)
}
