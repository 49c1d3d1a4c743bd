//! Plans that the engine asks for: both modules are asked the same about every object, and nothing is written.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use innkeeper_core::contract::Failure;
use innkeeper_core::engine::{Asked, Found, Input, Output, Survey};
use innkeeper_core::kind::Kind;
use innkeeper_core::plan::{self, Difference, Said};
use innkeeper_core::resource::Resource;
use innkeeper_core::watch::Form;

use super::{Broken, Lab};
use crate::guest::Guest;

/// What came of asking.
enum Came {
    /// Not everything is seen yet.
    Later,
    /// Calls read kinds that are not watched yet.
    Lacks(BTreeMap<Kind, Option<Form>>),
    Done(Result<Found, String>),
}

impl Lab {
    /// Makes the plans for which everything is seen. Says whether it did anything.
    pub(super) fn make_plans(&mut self) -> Result<bool, Broken> {
        let mut any = false;
        for (reconciler, digest) in std::mem::take(&mut self.plans) {
            self.turn()?;
            match self.planned(&reconciler, &digest) {
                Came::Later => self.plans.push((reconciler, digest)),
                Came::Lacks(kinds) => {
                    any = true;
                    for (kind, form) in kinds {
                        let now = self.now();
                        let outputs: Vec<Output> = self.core.want(now, &reconciler, &kind, form);
                        self.carry_out(outputs)?;
                    }
                    self.plans.push((reconciler, digest));
                }
                Came::Done(result) => {
                    any = true;
                    self.input(Input::Planned { reconciler, digest, result })?;
                }
            }
        }
        Ok(any)
    }

    fn planned(&self, reconciler: &str, digest: &str) -> Came {
        let survey = match self.core.survey(reconciler) {
            Ok(Some(survey)) => survey,
            Ok(None) => return Came::Later,
            Err(why) => return Came::Done(Err(why)),
        };
        let serving = self.core.serving(reconciler).and_then(|module| self.loaded.get(&module.digest));
        let Some((serving, new)) = serving.zip(self.loaded.get(digest)) else {
            return Came::Done(Err("one of both modules is not loaded any more".to_owned()));
        };
        let said = both(&survey, [serving, new]);
        let mut lacks: BTreeMap<Kind, Option<Form>> = BTreeMap::new();
        for one in said.iter().flat_map(|(before, after)| [before, after]) {
            if let Err(Failure::Unwatched { kind, form }) = one {
                let known = lacks.entry(kind.clone()).or_default();
                *known = (*known).max(*form);
            }
        }
        if !lacks.is_empty() {
            return Came::Lacks(lacks);
        }
        Came::Done(Ok(self.found(&survey, &said)))
    }

    /// As the status of a Reconciler tells it.
    fn found(&self, survey: &Survey, said: &[(Said, Said)]) -> Found {
        let spoken = said.iter().flat_map(|(before, after)| [before, after]).flat_map(plan::kinds);
        let served: HashMap<Kind, Arc<Resource>> =
            spoken.filter_map(|kind| Some((kind.clone(), self.server.resolve(&kind)?))).collect();
        let resource = |kind: &Kind| served.get(kind).cloned();
        let all: Vec<Difference> = survey
            .asked
            .iter()
            .zip(said)
            .map(|(asked, (before, after))| {
                let about = (asked.object().as_ref(), &*survey.binding, asked.children());
                plan::compare(about, Some(before), after, &resource)
            })
            .collect();
        survey.found(&all)
    }
}

/// What both guests say of each object: of the same question, in the same world.
fn both(survey: &Survey, [serving, new]: [&Guest; 2]) -> Vec<(Said, Said)> {
    let ask = |guest: &Guest, request, world| guest.call(request, world, &survey.binding.limits).result;
    let of = |asked: &Asked| {
        let (request, world) = asked.question();
        (ask(serving, request.clone(), world.clone()), ask(new, request, world))
    };
    survey.asked.iter().map(of).collect()
}
