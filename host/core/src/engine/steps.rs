//! Steps: which object is next, and the way of questions and answers between a step and the outside.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::claims::Asked;
use super::controllers::decides_otherwise;
use super::{Engine, Output, Owner};
use crate::action::{Action, Done};
use crate::binding::Binding;
use crate::cause::{Cause, Due};
use crate::contract::{Failure, Outcome};
use crate::kind::{GroupKind, Key, Kind};
use crate::object::Object;
use crate::pending::Write;
use crate::queue::{Again, Turn, Urgency};
use crate::resource::Resource;
use crate::rollout::Share;
use crate::step::{self, Ended, Seen, Step};
use crate::world::Read;

impl Engine {
    /// Starts steps for the objects that are due and may start.
    pub(super) fn start_steps(&mut self) {
        self.resume();
        if self.stopping || self.only_watch || self.queue.is_empty() || self.workers.is_full() {
            return;
        }
        let unready = self.unready_kinds();
        let lacking = RefCell::new(Vec::new());
        // Which controllers may look is worked out once, and only for those whose turn it could be.
        let startable = RefCell::new(BTreeMap::new());
        while !self.workers.is_full() {
            // Out of its place, so that it can be asked beside everything else.
            let mut queue = std::mem::take(&mut self.queue);
            let (pending, workers, readers) = (&self.pending, &self.workers, &self.readers);
            let may_go = |kind: &GroupKind| {
                let may_look = |controller| {
                    *startable.borrow_mut().entry(kind.clone()).or_insert_with(|| self.may_look(controller))
                };
                workers.have_room_for(kind) && self.controllers.get(kind).is_some_and(may_look)
            };
            let is_blocked = |key: &Key| {
                let lacks = !unready.is_empty() && readers.needs_one_of(key, &unready);
                if lacks {
                    lacking.borrow_mut().push(key.clone());
                }
                lacks || pending.blocks(key)
            };
            let turn = queue.next(may_go, is_blocked);
            self.queue = queue;
            let Some(turn) = turn else { break };
            self.start_step(turn);
        }
        self.lacking.0 = unready;
        self.lacking.1.extend(lacking.into_inner());
    }

    /// Lets those go on that were put aside, if what they waited for is there.
    fn resume(&mut self) {
        self.queue.resume_all(&self.pending.take_freed());
        if !self.lacking.1.is_empty() && self.unready_kinds() != self.lacking.0 {
            self.queue.resume_all(&std::mem::take(&mut self.lacking.1));
        }
    }

    fn start_step(&mut self, Turn { key, causes, waited_ms, is_ahead }: Turn) {
        let Some(controller) = self.controllers.get(&key.kind.group_kind()) else { return };
        let object = self.stores.get(&controller.objects).and_then(|s| s.get(key.namespace.as_deref(), &key.name));
        let Some(object) = object.cloned() else {
            self.memories.remove(&key);
            self.targets.set(&key, &BTreeSet::new());
            self.echoes.gone(&key);
            self.breaker.forget(&key);
            self.orphaning.forget(&key);
            let reconciler = controller.binding.reconciler.clone();
            self.forget_reads_of(&key);
            self.count_soon(&reconciler);
            self.queue.done(&key, Again::Never, self.now.mono_ms);
            return;
        };
        // What a store showed before there was a controller told nobody.
        self.orphaning.see(&object);
        let (scene, uid) = (self.scene(), &object.meta.uid);
        let (stores, unseen) = controller.kinds.all_that_is_seen(&scene);
        let children: Vec<_> = stores.into_iter().flat_map(|store| store.children_of(uid)).cloned().collect();
        let (stores, unseen_too) = controller.targets.all_that_is_seen(&scene);
        let contributed: Vec<_> = stores.into_iter().flat_map(|store| store.contributed_by(uid)).cloned().collect();
        let unseen = unseen.into_iter().chain(unseen_too);
        let unseen: Vec<String> = unseen.map(|(kind, unseen)| format!("{kind} ({})", unseen.why)).collect();
        let binding = controller.decider(&object).clone();
        self.out.push(Output::Began { object: key.clone(), waited_ms });
        let unsettled = self.breaker.why(&key).map(str::to_owned);
        let orphaned = self.orphaning.has_seen(&object);
        if unseen.is_empty()
            && contributed.is_empty()
            && unsettled.is_none()
            && !causes.insist()
            && self.is_at_rest(&key, &object, &children)
        {
            return self.skip(key, causes, &binding);
        }
        // An object made anew under the name of an earlier one remembers nothing of it.
        let memory = self.memories.remove(&key).filter(|(uid, _)| *uid == object.meta.uid).map(|(_, m)| m);
        let shown: BTreeSet<Key> = contributed.iter().map(|there: &Arc<Object>| there.key.clone()).collect();
        let seen = Seen {
            object,
            children,
            contributed,
            unseen,
            picture: Arc::new(self.picture()),
            binding,
            memory: memory.unwrap_or_default(),
            failures: self.queue.failures(&key),
            insist: causes.insist(),
            unsettled,
            orphaned,
            is_ahead,
            now_ms: self.now.wall_ms,
        };
        self.workers.take(&key);
        self.targets.add(&key, &shown);
        self.causes.insert(key.clone(), causes);
        let (step, outputs) = Step::begin(seen, &resources(&self.catalog));
        self.steps.insert(key.clone(), step);
        self.step_outputs(&key, outputs);
    }

    /// Gives a step what it waits for.
    pub(super) fn step_input(&mut self, key: &Key, input: step::Input) {
        let Some(step) = self.steps.get_mut(key) else { return };
        if matches!(input, step::Input::Resolved(_) | step::Input::Ensured(_)) {
            self.workers.take(key);
        }
        let outputs = step.on(input, &resources(&self.catalog));
        self.step_outputs(key, outputs);
    }

    pub(super) fn step_done(&mut self, key: &Key, id: u32, done: Done) {
        self.step_input(key, step::Input::Done { id, done });
    }

    pub(super) fn answered(&mut self, call: u64, result: Result<Outcome, Failure>, reads: Vec<Read>) {
        let Some((key, seen)) = self.calls.remove(&call) else { return };
        self.workers.answered(&key);
        if let Err(Failure::Unwatched { kind, form }) = result {
            self.note_reads(&key, &reads, Some((kind, form)), &seen);
            self.put_off(&key);
        } else {
            self.note_reads(&key, &reads, None, &seen);
            self.step_input(&key, step::Input::Answered { result: Box::new(result), reads });
        }
    }

    /// A step is begun again when what its call lacked can be seen. Nothing has come of it.
    fn put_off(&mut self, key: &Key) {
        let Some(step) = self.steps.remove(key) else { return };
        self.workers.leave(key);
        for cause in self.echoes.ended(key) {
            self.queue.wake(key, Urgency::Fresh, cause);
        }
        let uid = step.object().meta.uid.clone();
        self.memories.insert(key.clone(), (uid, step.give_up()));
        let causes = self.causes.remove(key).unwrap_or_default();
        self.queue.put_back(key, causes);
    }

    fn step_outputs(&mut self, key: &Key, outputs: Vec<step::Output>) {
        for output in outputs {
            match output {
                step::Output::Ask(request, world) => self.ask(key, request, world),
                step::Output::Resolve(kinds) => {
                    self.workers.leave(key);
                    self.resolve(key, kinds);
                }
                step::Output::Ensure(needs) => {
                    self.workers.leave(key);
                    self.ensure(key, needs);
                }
                step::Output::Act(id, action) => {
                    self.act_for(Asked { object: key.clone(), id, action, for_room: false });
                }
                step::Output::FindRoom(id, at) => {
                    self.act_for(Asked { object: key.clone(), id, action: Action::Look(at), for_room: true });
                }
                step::Output::Wrote(write) => self.wrote(key, &write),
                step::Output::End(ended) => self.ended(key, ended),
            }
        }
    }

    fn ask(&mut self, key: &Key, request: Box<crate::contract::Request>, world: crate::world::World) {
        let Some(step) = self.steps.get(key) else { return };
        let binding = step.binding();
        let Some(module) = &binding.module else { return };
        self.next_id += 1;
        self.workers.ask(key);
        self.calls.insert(self.next_id, (key.clone(), world.picture().clone()));
        self.out.push(Output::Ask {
            call: self.next_id,
            digest: module.digest.clone(),
            object: key.clone(),
            request,
            world,
            limits: binding.limits.clone(),
        });
    }

    fn resolve(&mut self, key: &Key, kinds: BTreeSet<Kind>) {
        let unknown: Vec<Kind> = kinds.into_iter().filter(|kind| self.catalog.should_ask(kind)).collect();
        if unknown.is_empty() {
            self.step_input(key, step::Input::Resolved(Ok(())));
            return;
        }
        for kind in unknown {
            let waiting = self.resolving.entry(kind.clone()).or_default();
            if waiting.is_empty() {
                self.out.push(Output::Resolve(kind));
            }
            waiting.insert(key.clone());
        }
    }

    /// Discovery answered.
    pub(super) fn resolved(&mut self, kind: &Kind, result: Result<Option<Arc<Resource>>, String>) {
        let failed = result.as_ref().err().map(String::as_str);
        self.troubles.set_discovery(self.now.mono_ms, &kind.group_kind(), failed);
        match &result {
            Ok(found) => {
                Arc::make_mut(&mut self.catalog).discovered(kind, found.clone());
                self.arrange();
            }
            // A recorded kind must be known before its controller may start: ask again, but not at once.
            Err(_) => self.ask_again(),
        }
        let answer = result.map(|_| ()).map_err(|e| format!("where {kind} is served cannot be found out: {e}"));
        for key in self.resolving.remove(kind).unwrap_or_default() {
            if answer.is_err() || !self.resolving.values().any(|waiting| waiting.contains(&key)) {
                self.step_input(&key, step::Input::Resolved(answer.clone()));
            }
        }
    }

    /// A step wrote something, or saw what an earlier one wrote: the stores that the next step of the object
    /// looks into must show it first.
    fn wrote(&mut self, key: &Key, write: &Write) {
        let Some(controller) = self.controllers.get(&key.kind.group_kind()) else { return };
        if let Write::Version { key: written, version, .. } = write
            && written == key
        {
            self.echoes.wrote(key, version);
        }
        self.breaker.wrote(key, write.key());
        let kind = write.key().kind.group_kind();
        let needed = controller.needs_of(&kind, &self.catalog).map(|need| need.resource);
        let read = self.readers.kinds_of(key).into_iter().filter(|read| read.is_of(&kind));
        let read = read.filter_map(|kind| self.catalog.resource(&kind));
        let resources: BTreeSet<_> = needed.chain(read).collect();
        for resource in resources {
            self.stores.wrote(write, key, &resource, &mut self.pending);
        }
    }

    fn ended(&mut self, key: &Key, ended: Box<Ended>) {
        let Some(step) = self.steps.remove(key) else { return };
        self.workers.leave(key);
        self.targets.set(key, &ended.memory.targets);
        let again = ended.again.paced();
        let memory = self.kept(step.object(), step.binding(), again, ended.memory.clone());
        self.memories.insert(key.clone(), (step.object().meta.uid.clone(), memory));
        for cause in self.echoes.ended(key) {
            self.queue.wake(key, Urgency::Fresh, cause);
        }
        if ended.owes_a_word {
            self.queue.wake(key, Urgency::Echo, Cause::Time(Due::Word));
        }
        let causes = self.causes.remove(key).unwrap_or_default();
        let quiet = ended.changes.is_empty() && ended.trouble.is_none();
        let held_ms = self.judge(key, &causes, &step.binding().manager, quiet);
        // At the end of a pause it is looked at, so that it can be seen to settle.
        let again = held_ms.map_or(again, |ms| again.no_later_than((ms, Due::Recheck)));
        self.queue.done(key, again, self.now.mono_ms);
        let digest = step.binding().module.as_ref().map(|m| m.digest.clone());
        if let Some(digest) = &digest {
            self.rolled(&step.binding().reconciler, digest, step.object(), ended.health.clone());
        }
        let due = self.queue.due(key, self.now.mono_ms);
        self.out.push(Output::Ended { object: key.clone(), digest, causes, due, held_ms, ended });
    }

    /// Forgets everything in work for a kind: its controller ends or begins anew.
    pub(super) fn drop_steps(&mut self, kind: &GroupKind) {
        let of_kind = |key: &Key| key.kind.group_kind() == *kind;
        self.steps.retain(|key, _| !of_kind(key));
        self.causes.retain(|key, _| !of_kind(key));
        self.calls.retain(|_, (key, _)| !of_kind(key));
        self.memories.retain(|key, _| !of_kind(key));
        self.actions.retain(|_, owner| !matches!(owner, Owner::Step(key, _) if of_kind(key)));
        self.resolving.values_mut().for_each(|waiting| waiting.retain(|key| !of_kind(key)));
        self.queue.forget(of_kind);
        self.workers.forget(kind);
        self.breaker.forget_all(of_kind);
        self.echoes.forget(of_kind);
        self.orphaning.forget_all(of_kind);
        self.targets.forget(of_kind);
        self.claims.forget(of_kind);
        self.forget_reads(of_kind);
    }

    /// Every object of a kind is looked at once, behind fresh changes.
    pub(super) fn sweep(&mut self, kind: &GroupKind, cause: &Cause) {
        let Some(controller) = self.controllers.get(kind) else { return };
        let Some(store) = self.stores.get(&controller.objects) else { return };
        let keys: Vec<Key> = store.all().map(|object| object.key.clone()).collect();
        keys.iter().for_each(|key| self.look_anew(key, cause.clone()));
    }

    /// Those objects of a kind are looked at for which something else decides than before.
    pub(super) fn hand_over(&mut self, kind: &GroupKind, (old, next): &(Arc<Binding>, Option<(Arc<Binding>, Share)>)) {
        let Some(controller) = self.controllers.get(kind) else { return };
        let Some(store) = self.stores.get(&controller.objects) else { return };
        let name = controller.binding.reconciler.clone();
        let same = match (next, &controller.next) {
            (None, None) => true,
            (Some((_, before)), Some((_, now))) => before == now,
            _ => false,
        };
        let settings = |now: &Arc<Binding>, before: &Arc<Binding>| decides_otherwise(before, now).is_some();
        if same
            && !settings(&controller.binding, old)
            && !next.iter().zip(&controller.next).any(|(a, b)| settings(&b.0, &a.0))
        {
            return;
        }
        let mut all = Vec::new();
        for object in store.all() {
            let before = next.as_ref().filter(|(_, share)| share.takes(object)).map_or(old, |(binding, _)| binding);
            if let Some(cause) = decides_otherwise(before, controller.decider(object)) {
                // Where nothing decided before, nobody knows whose doing it is.
                all.push((object.clone(), cause, before.module.is_some()));
            }
        }
        for (object, cause, changes_hands) in all {
            if let Cause::Module(Some(digest)) = &cause
                && changes_hands
            {
                self.is_handed_to(&name, digest, &object);
            }
            self.look_anew(&object.key, cause);
        }
    }

    /// A person wants something else for an object, so that what went wrong before says nothing any more.
    fn look_anew(&mut self, key: &Key, cause: Cause) {
        self.unsettle(key);
        self.breaker.forget(key);
        self.queue.forgive(key);
        self.queue.release(key);
        self.queue.wake(key, Urgency::Sweep, cause);
    }
}

fn resources(catalog: &super::Catalog) -> impl Fn(&Kind) -> Option<Arc<Resource>> + '_ {
    |kind| catalog.resource(kind)
}
