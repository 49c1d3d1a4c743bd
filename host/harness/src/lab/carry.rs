//! What the engine wants, carried out: as the host's pump does, but one thing after the other and without waiting.

use std::collections::VecDeque;

use innkeeper_core::contract::{Failure, Limits, Request};
use innkeeper_core::engine::{Input, NotUpgraded, Output, Unfit};
use innkeeper_core::kind::Key;
use innkeeper_core::object::short;
use innkeeper_core::world::World;

use super::happened::{Call, Happened};
use super::{Broken, Lab};
use crate::guest::Guest;

impl Lab {
    pub(super) fn carry_out(&mut self, outputs: Vec<Output>) -> Result<(), Broken> {
        let mut todo: VecDeque<Output> = outputs.into();
        while let Some(output) = todo.pop_front() {
            let Some(input) = self.one(output) else { continue };
            self.turn()?;
            let now = self.now();
            todo.extend(self.core.handle(now, input));
        }
        Ok(())
    }

    /// One thing, and what comes of it.
    fn one(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Watch(number, watch) => self.watching.begin(number, watch, &mut self.server),
            Output::Unwatch(number) => self.watching.end(number, &mut self.server),
            Output::Resolve(kind) => {
                let found = self.server.resolve(&kind);
                return Some(Input::Resolved(kind, Ok(found)));
            }
            Output::Find(kind) => {
                let found = self.server.find(&kind);
                return Some(Input::Found(kind, Ok(found)));
            }
            Output::Ask { call, digest, object, request, world, limits } => {
                return Some(self.call(call, &digest, &object, *request, world, &limits));
            }
            Output::Act { id, object: _, action } => return Some(Input::Done { id, done: self.act(&action) }),
            Output::Pretend { id, done, .. } => return Some(Input::Done { id, done }),
            // The cluster keeps every module here: what was loaded once can be had again.
            Output::Keep(digest) => return Some(Input::Kept(digest, Ok(()))),
            Output::Fetch(digest) => {
                let known = self.loaded.get(&digest).map(Guest::bound);
                let missing = || Unfit::Missing(format!("no module {digest} was ever loaded in this laboratory"));
                return Some(Input::Fetched(digest.clone(), known.ok_or_else(missing)));
            }
            Output::Follow(at) => {
                let why = "a module in a ConfigMap or at a URL is not loaded in a laboratory: name its file instead";
                return Some(Input::Followed(at, Err(Unfit::Missing(why.to_owned()))));
            }
            Output::Upgrade { reconciler, digest, .. } => {
                let why = "a module brings no CustomResourceDefinition in a laboratory: give it".to_owned();
                return Some(Input::Upgraded { reconciler, digest, result: Err(NotUpgraded::Failed(why)) });
            }
            Output::Plan { reconciler, digest } => self.plans.push((reconciler, digest)),
            Output::Leave(_) | Output::LetGo(_) | Output::Discard(_) | Output::Began { .. } => {}
            Output::Ended { object, ended, .. } => {
                if let Some(trouble) = ended.trouble {
                    self.happened.push(Happened::Trouble(format!("{object}: {trouble}")));
                }
            }
            Output::Note { trouble: true, text } => self.happened.push(Happened::Trouble(text)),
            Output::Note { trouble: false, .. } => {}
        }
        None
    }

    fn call(
        &mut self,
        call: u64,
        digest: &str,
        object: &Key,
        request: Request,
        world: World,
        limits: &Limits,
    ) -> Input {
        let phase = request.phase;
        let Some(module) = self.loaded.get(digest).cloned() else {
            let result = Err(Failure::Refused(format!("the module {digest} is not loaded any more")));
            return Input::Answered { call, result: Box::new(result), reads: Vec::new() };
        };
        let kind = object.kind.group_kind();
        self.asked.insert(kind.clone(), (request.clone(), world.clone(), limits.clone()));
        self.asked_last = Some(kind);
        let answer = module.call(request, world, limits);
        // It is made again when that is watched: the guest cannot notice, and neither should who reads a trace.
        if !matches!(answer.result, Err(Failure::Unwatched { .. })) {
            self.happened.push(Happened::Call(Box::new(Call {
                object: object.clone(),
                module: format!("{} {}", module.manifest().name, short(digest)),
                phase,
                result: answer.result.clone(),
                log: answer.log,
                cpu: answer.cpu,
                memory: answer.memory,
            })));
        }
        Input::Answered { call, result: Box::new(answer.result), reads: answer.reads }
    }
}
