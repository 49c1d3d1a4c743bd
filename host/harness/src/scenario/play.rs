//! A scenario is played: in a laboratory of its own, step by step, until something is otherwise than expected.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{Deed, Given, Scenario, Snapshots, Step};
use crate::guest::Guest;
use crate::lab::{Broken, Fate, Lab};
use crate::server::{How, Refused};
use crate::yaml::{self, Wrong};

/// What came of a scenario.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// All is as expected.
    Passed,
    /// Something is not: in which lines what, and what happened in that step.
    Failed {
        /// Line and text.
        why: Vec<(usize, Vec<String>)>,
        /// What happened in the step, a line each.
        happened: Vec<String>,
    },
    /// The scenario makes no sense.
    Wrong(Wrong),
}

/// Loads the module of a file.
pub type Loads<'a> = &'a dyn Fn(&Path) -> Result<Guest, String>;

/// A laboratory with what one scenario remembers of it.
pub struct Player {
    /// The laboratory.
    pub lab: Lab,
    /// The uids of the objects that were there before this step.
    pub(super) before: BTreeSet<String>,
    /// What was refused in this step.
    pub(super) refused: Option<Refused>,
    /// Where its snapshots are.
    pub snapshots: Snapshots,
}

/// Plays a scenario. `folder` is where its file is; `modules` are those that the host has. What could not be checked is
/// added to `unchecked`.
pub fn play(
    scenario: &Scenario,
    (folder, snapshots): (&Path, Snapshots),
    modules: Vec<Guest>,
    load: Loads<'_>,
    unchecked: &mut Vec<String>,
) -> Verdict {
    match begun(scenario, folder, modules) {
        Ok(mut player) => {
            player.snapshots = snapshots;
            player.steps(scenario, folder, load, unchecked)
        }
        Err(verdict) => verdict,
    }
}

/// What is given is there, and nothing was done yet.
pub fn begun(scenario: &Scenario, folder: &Path, modules: Vec<Guest>) -> Result<Player, Verdict> {
    let mut wrong = None;
    let lab = Lab::with(modules, |lab| {
        lab.workloads_are_automatic(scenario.automatic);
        lab.in_namespace(&scenario.namespace);
        for (line, given) in &scenario.given {
            let all = objects(given, folder).map_err(Broken);
            let put = all.and_then(|all| all.iter().try_for_each(|object| lab.given(object)));
            if let Err(Broken(why)) = put {
                wrong = Some(Wrong::at(*line, why.clone()));
                return Err(Broken(why));
            }
        }
        Ok(())
    });
    let lab = match (lab, wrong) {
        (_, Some(wrong)) => return Err(Verdict::Wrong(wrong)),
        (Err(Broken(why)), None) => return Err(failed(1, why, Vec::new())),
        (Ok(lab), None) => lab,
    };
    let mut player = Player::new(lab);
    if let Err(Broken(why)) = player.lab.pass(crate::lab::deeds::DEED_MS) {
        return Err(failed(1, why, happened(&player.lab)));
    }
    Ok(player)
}

impl Player {
    /// Somebody in that laboratory.
    pub fn new(lab: Lab) -> Self {
        Self { lab, before: BTreeSet::new(), refused: None, snapshots: Snapshots::default() }
    }

    /// A new step begins: what happened so far belongs to the ones before.
    pub(crate) fn begin(&mut self) {
        self.lab.take_happened();
        self.refused = None;
        self.remember();
    }

    /// What was refused in this step.
    pub fn refused(&self) -> Option<&Refused> {
        self.refused.as_ref()
    }

    /// What somebody sees of a cluster elsewhere: the uids that were there before the step, and what was refused in it.
    pub fn seeing(lab: Lab, before: BTreeSet<String>, refused: Option<Refused>) -> Self {
        Self { lab, before, refused, snapshots: Snapshots::default() }
    }

    /// Every step, until something is otherwise than expected.
    pub fn steps(
        &mut self,
        scenario: &Scenario,
        folder: &Path,
        load: Loads<'_>,
        unchecked: &mut Vec<String>,
    ) -> Verdict {
        for (n, step) in scenario.steps.iter().enumerate() {
            let verdict = self.step(step, n == 0, folder, load);
            unchecked.extend(self.lab.take_unchecked());
            if !matches!(verdict, Verdict::Passed) {
                return verdict;
            }
        }
        Verdict::Passed
    }

    fn step(&mut self, step: &Step, first: bool, folder: &Path, load: Loads<'_>) -> Verdict {
        // What followed from what is given belongs to a first step in which nobody does anything.
        if !first || !step.when.is_empty() {
            self.lab.take_happened();
        }
        self.refused = None;
        self.remember();
        for (line, deed) in &step.when {
            match self.does(deed, folder, load) {
                Ok(()) => {}
                Err(Broken(why)) if self.lab.is_endless() => return failed(*line, why, last(happened(&self.lab))),
                Err(Broken(why)) => return Verdict::Wrong(Wrong::at(*line, why)),
            }
            if let (Some(refused), false) = (&self.refused, step.expects_refusal()) {
                let hint = self.hint(deed, folder).unwrap_or_default();
                return failed(*line, format!("the API server refused: {refused}{hint}"), happened(&self.lab));
            }
        }
        let mut why = Vec::new();
        for wish in &step.then {
            match self.meets(&wish.expected) {
                Ok(lines) if lines.is_empty() => {}
                Ok(lines) => why.push((wish.line, lines)),
                Err(Broken(text)) => return Verdict::Wrong(Wrong::at(wish.line, text)),
            }
        }
        if why.is_empty() { Verdict::Passed } else { Verdict::Failed { why, happened: happened(&self.lab) } }
    }

    /// What may have been meant by an object that was refused.
    fn hint(&self, deed: &Deed, folder: &Path) -> Option<String> {
        let Deed::Apply(given) = deed else { return None };
        objects(given, folder).ok()?.iter().find_map(|object| self.lab.hint(object))
    }

    /// Somebody does something.
    pub fn does(&mut self, deed: &Deed, folder: &Path, load: Loads<'_>) -> Result<(), Broken> {
        let mut come = |done: Result<(), Refused>| self.refused = done.err();
        match deed {
            Deed::Apply(given) => {
                for object in objects(given, folder).map_err(Broken)? {
                    if let Err(refused) = self.lab.apply(&object)? {
                        self.refused = Some(refused);
                    }
                }
            }
            Deed::Patch { what, with, by, status } => {
                let how = How { status: *status, ..How::by(by).lenient() };
                come(match with {
                    Value::Array(_) => self.lab.patch_json(what, with, &how)?,
                    _ => self.lab.patch(what, with, &how)?,
                });
            }
            Deed::Delete(what, propagation) => come(self.lab.delete(what, *propagation)?),
            Deed::Wait(ms) => self.lab.wait(*ms)?,
            Deed::Ready(what) => self.lab.becomes(what, Fate::Ready)?,
            Deed::Waiting(what) => self.lab.becomes(what, Fate::Waits)?,
            Deed::Fail(what, reason, message) => {
                self.lab.becomes(what, Fate::Fails { reason: reason.clone(), message: message.clone() })?;
            }
            Deed::Restart => self.lab.restart()?,
            Deed::Watches(link) => self.lab.watches(*link)?,
            Deed::Swap(file) => self.lab.swap(load(&folder.join(file)).map_err(Broken)?)?,
        }
        Ok(())
    }
}

impl Step {
    /// Whether what is done in it is to be refused.
    pub fn expects_refusal(&self) -> bool {
        self.then.iter().any(|wish| matches!(wish.expected, super::Expected::Refused(_)))
    }
}

/// The objects that are meant.
pub fn objects(given: &Given, folder: &Path) -> Result<Vec<Value>, String> {
    match given {
        Given::Object(object) => Ok(vec![object.clone()]),
        Given::File(file) => {
            let path = folder.join(file);
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let documents = yaml::documents(&text).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
            Ok(documents.iter().map(yaml::Node::value).collect())
        }
    }
}

fn happened(lab: &Lab) -> Vec<String> {
    lab.happened().iter().map(ToString::to_string).collect()
}

/// The last of very many.
fn last(mut happened: Vec<String>) -> Vec<String> {
    happened.split_off(happened.len().saturating_sub(20))
}

fn failed(line: usize, why: String, happened: Vec<String>) -> Verdict {
    Verdict::Failed { why: vec![(line, vec![why])], happened }
}
