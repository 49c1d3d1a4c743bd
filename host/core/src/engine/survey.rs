//! What a module would be asked about every object of a kind, at one moment: so that another one can be asked the same
//! (promise M05).

use std::sync::Arc;

use foldhash::HashMap;

use super::reconcilers::Declared;
use super::{Engine, Found, Now, Output};
use crate::binding::{Binding, Module};
use crate::contract::Request;
use crate::kind::{Key, Kind};
use crate::object::Object;
use crate::plan::{Counts, Difference};
use crate::reconciler;
use crate::step::{self, Seen};
use crate::watch::Form;
use crate::world::World;

/// One object, of which a module can be asked.
#[derive(Clone, Debug)]
pub struct Asked {
    seen: Seen,
}

impl Asked {
    /// The object.
    pub fn object(&self) -> &Arc<Object> {
        &self.seen.object
    }

    /// Its children, as they are.
    pub fn children(&self) -> &[Arc<Object>] {
        &self.seen.children
    }

    /// What a guest is asked, and what it may look at. Made anew each time: of thousands of objects it would be large.
    pub fn question(&self) -> (Request, World) {
        step::question(&self.seen)
    }
}

/// Every object of a kind at one moment.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What is known of the kind, with the module that serves it.
    pub binding: Arc<Binding>,
    /// Those that a guest is asked about, by namespace and name.
    pub asked: Vec<Asked>,
    /// How many are paused, or go.
    pub left_out: usize,
}

/// Objects that a status names as examples.
const EXAMPLES: usize = 3;

impl Survey {
    /// What another module would change, as the status of a Reconciler tells it: of the difference for each that is asked
    /// about, in their order.
    pub fn found(&self, differences: &[Difference]) -> Found {
        let mut counts = Counts::default();
        differences.iter().for_each(|difference| counts.add(difference));
        let different = self.asked.iter().zip(differences).filter(|(_, difference)| !difference.is_none());
        let examples = different.take(EXAMPLES).map(|(asked, difference)| {
            let key = &asked.object().key;
            let namespace = key.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            format!("{namespace}{}: {}", key.name, difference.in_short())
        });
        (counts, examples.collect())
    }
}

impl Engine {
    /// Takes the objects of a Reconciler's kind as they are seen now; none while the stores are being filled. The error
    /// says for people why there is nothing to see.
    pub fn survey(&self, name: &str) -> Result<Option<Survey>, String> {
        if !self.may_report() {
            return Ok(None);
        }
        let declared = self.reconcilers.get(name);
        let declared = declared.ok_or_else(|| format!("there is no Reconciler {name}; innkeeper get lists them"))?;
        if self.awaits_module(name) {
            return Ok(None);
        }
        let spec = declared.spec.as_ref().map_err(Clone::clone)?;
        if self.service.of(name).is_none() {
            return Err(self.why_no_module(name, spec).1);
        }
        let controller = declared.kind().and_then(|kind| self.controllers.get(&kind));
        let controller = controller.filter(|controller| controller.binding.reconciler == name);
        let controller = controller.ok_or_else(|| why_unbound(name, declared))?;
        let scene = self.scene();
        let trouble = scene.troubles.of_watch(&controller.objects);
        if let Some(trouble) = trouble.filter(|trouble| trouble.lasts(scene.now_ms)) {
            return Err(format!("its objects cannot be listed: {}", trouble.why()));
        }
        let (children, unseen) = controller.kinds.all_that_is_seen(&scene);
        let (contributed, unseen_too) = controller.targets.all_that_is_seen(&scene);
        let unseen: Vec<_> = unseen.into_iter().chain(unseen_too).collect();
        if let Some((kind, unseen)) = unseen.iter().find(|(_, unseen)| unseen.lasts) {
            return Err(format!("{kind} cannot be seen: {}", unseen.why));
        }
        let Some(objects) = self.stores.filled(&controller.objects) else { return Ok(None) };
        if !unseen.is_empty() || !self.unready_kinds().is_empty() {
            return Ok(None);
        }
        let picture = Arc::new(self.picture());
        let mut survey = Survey { binding: controller.binding.clone(), asked: Vec::new(), left_out: 0 };
        for object in objects.all() {
            let uid = &object.meta.uid;
            let memory = self.memories.get(&object.key).filter(|(of, _)| of == uid).map(|(_, memory)| memory.clone());
            let seen = Seen {
                object: object.clone(),
                children: children.iter().flat_map(|store| store.children_of(uid)).cloned().collect(),
                contributed: contributed.iter().flat_map(|store| store.contributed_by(uid)).cloned().collect(),
                unseen: Vec::new(),
                picture: picture.clone(),
                binding: controller.binding.clone(),
                memory: memory.unwrap_or_default(),
                failures: 0,
                insist: false,
                unsettled: None,
                orphaned: false,
                is_ahead: false,
                now_ms: self.now.wall_ms,
            };
            match step::is_asked_about(&seen) {
                true => survey.asked.push(Asked { seen }),
                false => survey.left_out += 1,
            }
        }
        Ok(Some(survey))
    }

    /// Watches a kind that a survey's calls lacked, until the plan is made.
    pub fn want(&mut self, now: Now, name: &str, kind: &Kind, form: Option<Form>) -> Vec<Output> {
        self.now = now;
        self.readers.note(&reader(name, kind), HashMap::default(), Some((kind.clone(), form)));
        self.demand_reads();
        std::mem::take(&mut self.out)
    }

    /// What a survey's calls lacked is watched for them no more.
    pub(super) fn want_no_more(&mut self, name: &str) {
        let prefix = format!("{name}/");
        self.readers.forget(|key| key.kind.kind == reconciler::KIND && key.name.starts_with(&prefix));
        self.demand_reads();
    }

    /// The module that serves for a Reconciler.
    pub fn serving(&self, name: &str) -> Option<&Module> {
        self.service.of(name)
    }
}

fn why_unbound(name: &str, declared: &Declared) -> String {
    declared.bound.why().map_or_else(|| format!("Reconciler {name} keeps no kind"), |(_, why)| why.clone())
}

/// Who reads what a survey needs: nobody's object, so that no change of it wakes anybody.
fn reader(name: &str, kind: &Kind) -> Key {
    Key::new(reconciler::resource().kind, None, format!("{name}/{}", kind.group_kind()))
}
