//! One reconcile of one object, as a machine without I/O: what happened goes in, what to do comes out.
//!
//! ```text
//! observe ─▶ ask ─▶ plan ─▶ act ─▶ report ─▶ end          one file per phase, no call from phase to phase
//!    └──────▶ finish ───────┘         ▲
//!                 └───────────────────┘
//! ```
//!
//! A step holds nothing that must survive: dropped in the middle and begun again from what the stores
//! show then, it ends in the same place. Results may come in any order; each may be *unknown*.

mod act;
mod anew;
mod ask;
mod cascade;
mod child;
mod claim;
mod contribute;
mod doubts;
mod events;
mod finalizers;
mod finish;
mod leave;
mod observe;
mod ours;
mod own;
mod plan;
mod release;
mod remove;
mod report;
mod seen;
mod settled;
mod tell;
mod unanswered;

pub(crate) use cascade::{is_noted, is_orphaning};
pub(crate) use observe::{is_asked_about, question};
pub use seen::{Memory, Seen};
pub use settled::Settled;
pub(crate) use tell::Told;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::action::{Action, Done};
use crate::binding::Binding;
use crate::conditions::Health;
use crate::contract::{Failure, Outcome, Request};
use crate::kind::{Key, Kind};
use crate::names::OBJECT_UID;
use crate::object::Object;
use crate::pending::Write;
use crate::print::Print;
use crate::queue::Again;
use crate::resource::{Address, Resource};
use crate::world::{Read, World};

/// What happens to a step.
#[derive(Debug)]
pub enum Input {
    /// The guest answered.
    Answered {
        /// What it said, or why not.
        result: Box<Result<Outcome, Failure>>,
        /// What it looked at.
        reads: Vec<Read>,
    },
    /// Every kind that was to be resolved is known, or known not to be served. The error is for people.
    Resolved(Result<(), String>),
    /// Every kind that was to be ensured is recorded and watched: what is there of the targets. The error is for
    /// people.
    Ensured(Result<Vec<Arc<Object>>, String>),
    /// An action is done.
    Done {
        /// Its id.
        id: u32,
        /// What came of it.
        done: Done,
    },
}

/// What must be recorded and watched before the first write.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Kinds of children.
    pub children: BTreeSet<Kind>,
    /// Objects that fields are contributed to.
    pub targets: BTreeSet<Key>,
}

impl Needs {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.children.is_empty() && self.targets.is_empty()
    }

    /// The kinds of the targets.
    pub fn target_kinds(&self) -> BTreeSet<Kind> {
        self.targets.iter().map(|target| target.kind.clone()).collect()
    }
}

/// What a step wants.
#[derive(Debug)]
pub enum Output {
    /// Call the guest.
    Ask(Box<Request>, World),
    /// Find out where these kinds are served.
    Resolve(BTreeSet<Kind>),
    /// Record these kinds on the Reconciler, and watch them until the stores are filled.
    Ensure(Needs),
    /// Send a request.
    Act(u32, Action),
    /// Find out whether a name is free, to claim it: "not found", or the object that has it. What is known of
    /// names may answer.
    FindRoom(u32, Address),
    /// Something was written, or seen, that the stores will show: the next reconcile waits for that.
    Wrote(Write),
    /// The reconcile is over.
    End(Box<Ended>),
}

/// How a reconcile ended.
#[derive(Debug)]
pub struct Ended {
    /// When to look again.
    pub again: Again,
    /// For the next reconcile.
    pub memory: Memory,
    /// What was done, a line each, for people.
    pub changes: Vec<String>,
    /// What went wrong, for people.
    pub trouble: Option<String>,
    /// How the object stands; none where that is as it was, or a person asked for it to be left alone.
    pub health: Option<Health>,
    /// The guest was not called: nothing that it is shown had changed (promise G07).
    pub skipped: bool,
    /// How the object stands was not told yet: it is looked at once more for that.
    pub owes_a_word: bool,
}

/// Where kinds are served.
pub type Resources<'a> = &'a dyn Fn(&Kind) -> Option<Arc<Resource>>;

/// Where a step stands.
#[derive(Debug)]
enum Phase {
    Observe,
    Looking(unanswered::Looks),
    Asking,
    Resolving(Box<Outcome>),
    Ensuring(Box<act::Acting>),
    Acting(Box<act::Acting>),
    Finishing(finish::Finishing),
    Reporting(Box<report::Reporting>),
    Over,
}

/// What a phase answers: stay and wait, or go on.
enum Next {
    Wait(Phase),
    Go(Phase),
}

/// One reconcile of one object.
#[derive(Debug)]
pub struct Step {
    desk: Desk,
    phase: Phase,
}

/// What every phase works with: the picture, and what has been asked for and learned so far.
#[derive(Debug)]
struct Desk {
    seen: Seen,
    reads: Vec<Read>,
    changes: Vec<String>,
    outputs: Vec<Output>,
    next_id: u32,
    /// The object as the guest was shown it, if it was asked.
    asked: Option<Arc<Object>>,
    /// What it answered.
    answer: Print,
    /// What was written, as the API server answered: its marks, and how far it is.
    written: HashMap<Key, [Print; 2]>,
    /// Something was written of which only the stores can tell what it led to.
    at_work: bool,
    /// How long the API server asked to wait, in milliseconds.
    wait_ms: u64,
    /// Names whose writes were not answered have been looked at; why in vain, if it was.
    looked: Option<String>,
}

impl Desk {
    /// Whether the guest says by this outcome that the object may go.
    fn is_finished_by(&self, outcome: &Outcome) -> bool {
        self.seen.is_going() && outcome.finished
    }

    /// Asks for an action and returns its id.
    fn act(&mut self, action: Action) -> u32 {
        self.next_id += 1;
        self.outputs.push(Output::Act(self.next_id, action));
        self.next_id
    }

    /// Asks whether a name is free and returns the action's id.
    fn find_room(&mut self, at: Address) -> u32 {
        self.next_id += 1;
        self.outputs.push(Output::FindRoom(self.next_id, at));
        self.next_id
    }

    /// Remembers that an object was written and how, unless the write changed nothing.
    fn wrote(&mut self, before: Option<&Object>, after: &Object, what: &str) {
        if before.is_some_and(|b| b.meta.resource_version == after.meta.resource_version) {
            return;
        }
        self.changes.push(format!("{what} {}", after.key));
        self.written.insert(after.key.clone(), [after.marks_print(), after.readiness_print()]);
        self.saw(after);
    }

    /// Remembers that an object is there which its store may not show yet.
    fn saw(&mut self, there: &Object) {
        let labelled = there.meta.labels.contains_key(OBJECT_UID);
        let version = there.meta.resource_version.clone();
        self.outputs.push(Output::Wrote(Write::Version { key: there.key.clone(), version, labelled }));
    }

    /// Remembers that our fields are withdrawn from a stranger's object: watches of children see it go.
    fn withdrew(&mut self, object: &Object) {
        self.seen.memory.strangers.remove(&object.meta.uid);
        self.at_work = true;
        self.seen.memory.doubted.remove(&object.meta.uid);
        self.changes.push(format!("withdrew from {}", object.key));
        let version = object.meta.resource_version.clone();
        self.outputs.push(Output::Wrote(Write::Version { key: object.key.clone(), version, labelled: true }));
    }

    /// Remembers that the deletion of an object was accepted.
    fn deleted(&mut self, object: &Object) {
        self.accepted("deleted", object.key.clone(), object.meta.uid.clone());
    }

    /// Remembers that a deletion was accepted, and in which words it is told.
    fn accepted(&mut self, what: &str, key: Key, uid: String) {
        self.changes.push(format!("{what} {key}"));
        self.at_work = true;
        self.outputs.push(Output::Wrote(Write::Deletion { key, uid }));
    }
}

impl Step {
    /// Begins a reconcile. The outputs are what it wants first.
    pub fn begin(mut seen: Seen, resources: Resources<'_>) -> (Self, Vec<Output>) {
        doubts::look_at_stores(&mut seen);
        seen.memory.targets.extend(seen.contributed.iter().map(|there| there.key.clone()));
        let desk = Desk {
            seen,
            reads: Vec::new(),
            changes: Vec::new(),
            outputs: Vec::new(),
            next_id: 0,
            asked: None,
            answer: Print::NONE,
            written: HashMap::new(),
            at_work: false,
            wait_ms: 0,
            looked: None,
        };
        let mut step = Self { desk, phase: Phase::Observe };
        step.advance(None, resources);
        let outputs = std::mem::take(&mut step.desk.outputs);
        (step, outputs)
    }

    /// Takes in what happened. An input that the phase does not wait for changes nothing.
    pub fn on(&mut self, input: Input, resources: Resources<'_>) -> Vec<Output> {
        self.advance(Some(input), resources);
        std::mem::take(&mut self.desk.outputs)
    }

    /// The object.
    pub fn object(&self) -> &Arc<Object> {
        &self.desk.seen.object
    }

    /// What is known of its kind.
    pub fn binding(&self) -> &Arc<Binding> {
        &self.desk.seen.binding
    }

    /// Gives up before anything was done: what is remembered stays as it was.
    pub fn give_up(self) -> Memory {
        self.desk.seen.memory
    }

    fn advance(&mut self, mut input: Option<Input>, resources: Resources<'_>) {
        let desk = &mut self.desk;
        if let Some(Input::Done { done: Done::Throttled { after_ms, .. }, .. }) = &input {
            desk.wait_ms = desk.wait_ms.max(*after_ms);
        }
        loop {
            let next = match (std::mem::replace(&mut self.phase, Phase::Over), input.take()) {
                (Phase::Observe, None) => observe::begin(desk, resources),
                (Phase::Looking(looks), Some(Input::Done { id, done })) => unanswered::done(desk, looks, id, done),
                (Phase::Asking, Some(Input::Answered { result, reads })) => ask::answered(desk, *result, reads),
                (Phase::Resolving(outcome), Some(Input::Resolved(result))) => {
                    plan::plan(desk, *outcome, result, resources)
                }
                (Phase::Ensuring(acting), Some(Input::Ensured(result))) => act::ensured(desk, *acting, result),
                (Phase::Acting(acting), None) => act::act(desk, *acting),
                (Phase::Acting(acting), Some(Input::Done { id, done })) => act::done(desk, *acting, id, done),
                (Phase::Finishing(finishing), None) => finish::begin(desk, finishing, resources),
                (Phase::Finishing(finishing), Some(Input::Done { id, done })) => {
                    finish::done(desk, finishing, id, done)
                }
                (Phase::Reporting(reporting), None) => report::begin(desk, *reporting),
                (Phase::Reporting(reporting), Some(Input::Done { id, done })) => {
                    report::done(desk, *reporting, id, done)
                }
                (phase, _) => Next::Wait(phase),
            };
            match next {
                Next::Wait(phase) => {
                    self.phase = phase;
                    return;
                }
                Next::Go(phase) => self.phase = phase,
            }
        }
    }
}
