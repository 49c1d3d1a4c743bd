//! What the engine wants, carried out.

use std::collections::VecDeque;

use innkeeper_core::action::{Action, Done};
use innkeeper_core::contract::{Failure, Outcome, Request};
use innkeeper_core::engine::{Input, Output};
use innkeeper_core::world::{Read, World};

use super::House;

impl House {
    /// Carries out what the engine wants, and what follows from that.
    pub fn run(&mut self, outputs: Vec<Output>) {
        let mut todo: VecDeque<Output> = outputs.into();
        while let Some(output) = todo.pop_front() {
            let input = match output {
                Output::Watch(number, watch) => {
                    self.api.watch(number, watch);
                    continue;
                }
                Output::Unwatch(number) => {
                    self.api.unwatch(number);
                    continue;
                }
                Output::Resolve(kind) => {
                    let answer = Input::Resolved(kind.clone(), Ok(self.api.resolve(&kind)));
                    if self.holds_discovery {
                        self.held.push(answer);
                        continue;
                    }
                    answer
                }
                Output::Find(kind) if self.api.holds_finds => {
                    self.held.push(Input::Found(kind.clone(), Ok(self.api.find(&kind))));
                    continue;
                }
                Output::Find(kind) => Input::Found(kind.clone(), Ok(self.api.find(&kind))),
                Output::Ask { call, request, object, world, digest, .. } if self.holds_calls => {
                    self.deciders.push(digest);
                    self.called.push(object.name.clone());
                    self.unanswered.push((call, request, world));
                    continue;
                }
                Output::Ask { call, request, object, world, digest, .. } => {
                    self.calls += 1;
                    self.deciders.push(digest);
                    self.called.push(object.name.clone());
                    let (result, reads) = self.asked(&request, world);
                    Input::Answered { call, result: Box::new(result), reads }
                }
                Output::Act { id, action, .. } => match self.act(&action) {
                    Some(done) if self.holds == Some(format!("{} {}", action.verb(), action.key())) => {
                        self.held.push(Input::Done { id, done });
                        continue;
                    }
                    Some(_) if self.loses == Some(format!("{} {}", action.verb(), action.key())) => {
                        self.loses = None;
                        Input::Done { id, done: Done::Unknown("the connection was cut".into()) }
                    }
                    Some(done) => Input::Done { id, done },
                    None => continue,
                },
                Output::Pretend { id, action, done, .. } => {
                    self.pretended.push(format!("{} {}", action.verb(), action.key()));
                    assert!(self.pretended.len() < 1_000, "it asks in circles");
                    Input::Done { id, done }
                }
                Output::Ended { object, ended, causes, held_ms, .. } => {
                    self.pauses.extend(held_ms);
                    self.causes.push(causes.to_string());
                    self.insisted.push(causes.insist());
                    self.ended.push((object.to_string(), *ended));
                    continue;
                }
                Output::Note { trouble, text } => {
                    self.notes.push((trouble, text));
                    continue;
                }
                Output::Follow(at) => {
                    self.followed.insert(at.to_string());
                    continue;
                }
                Output::Leave(at) => {
                    assert!(self.followed.remove(&at.to_string()), "{at} was followed");
                    continue;
                }
                Output::Plan { reconciler, digest } => {
                    self.plans.push((reconciler, digest));
                    continue;
                }
                Output::Upgrade { reconciler, digest, .. } => {
                    self.upgrades.push((reconciler, digest));
                    continue;
                }
                Output::Fetch(digest) => {
                    self.fetches.push(digest);
                    continue;
                }
                Output::Keep(digest) => {
                    self.keeps.push(digest);
                    continue;
                }
                Output::Discard(digest) => {
                    self.discards.push(digest);
                    continue;
                }
                Output::LetGo(_) => continue,
                Output::Began { .. } => continue,
            };
            todo.extend(self.handle(input));
        }
    }

    /// What the guest answers, and what it looked at.
    pub(super) fn asked(&mut self, request: &Request, mut world: World) -> (Result<Outcome, Failure>, Vec<Read>) {
        match &mut self.reader {
            Some(reader) => (reader(request, &mut world), world.into_reads()),
            None => ((self.guest)(request), self.reads.clone()),
        }
    }

    /// Carries out an action, unless the process has died.
    fn act(&mut self, action: &Action) -> Option<Done> {
        assert!(self.requests.len() < 10_000, "it asks in circles");
        let write = !matches!(action, Action::Look(_));
        match &mut self.dies {
            Some((0, _)) => return None,
            Some((1, false)) if write => {
                self.dies = Some((0, false));
                return None;
            }
            Some((left, _)) if write => *left -= 1,
            _ => {}
        }
        self.requests.push(format!("{} {}", action.verb(), action.key()));
        if let Action::Event { about, event, .. } = action
            && about.key.kind.kind == "Reconciler"
        {
            self.news.push((event.reason.clone(), event.message.clone()));
        } else if let Action::Event { event, related, .. } = action {
            let related = related.as_ref().map(ToString::to_string);
            self.events.push((event.reason.clone(), event.message.clone(), related));
        }
        if let Action::Merge { patch, .. } = action {
            self.patches.push(patch.clone());
            if self.refuses_kinds > 0 && patch["status"]["kinds"].is_array() {
                self.refuses_kinds -= 1;
                return Some(Done::Forbidden("no kinds today".into()));
            }
        }
        if matches!(action, Action::Create { .. }) && !self.refusals.is_empty() {
            return Some(self.refusals.remove(0));
        }
        let done = self.api.act(action);
        (self.dies != Some((0, true))).then_some(done)
    }
}
