//! The life of one object, with the host killed at its writes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use innkeeper_controlplane::{Caught, Fault, Proxy, Sent};
use innkeeper_suites::{Host, House, OBJECT_UID, condition, uid};

/// What is done to an object, and the children that it must have then.
pub(crate) struct Life {
    pub(crate) guest: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) created: &'static str,
    pub(crate) created_children: &'static str,
    pub(crate) changed: &'static str,
    pub(crate) changed_children: &'static str,
    /// What else must be so at the end of a stage.
    pub(crate) besides: fn(&House, Stage) -> Result<(), String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Created,
    Changed,
    Deleted,
}

const STAGES: [Stage; 3] = [Stage::Created, Stage::Changed, Stage::Deleted];
/// No write for so long after everything is as it should be: there is none to come.
const REST: Duration = Duration::from_millis(700);
/// More writes than any stage has.
const TOO_MANY: u64 = 40;
/// Every write (`make soak`), and not every second one.
const EVERY: &str = "INNKEEPER_KILL_AT_EVERY_WRITE";

/// From one number of a write to the next. A host that dies before the answer to the first write leaves the cluster
/// as one that dies before the second is sent. So both faults at every second write leave it in each of the states
/// that there are.
fn step() -> usize {
    if std::env::var_os(EVERY).is_some() { 1 } else { 2 }
}

/// A life as it is lived: once for each number of a write.
struct Lived<'a> {
    life: &'a Life,
    house: &'a House,
    proxy: &'a Proxy,
    host: Arc<Host>,
    killed_at: Vec<(Stage, Sent)>,
}

impl Life {
    /// Lives it again and again: the host is killed at the first write of each stage, then at the third (with
    /// [`EVERY`] at the second), and so on until no stage has so many writes.
    pub(crate) fn is_killed_at_every_write(&self, fault: fn(u64) -> Fault, prepare: fn(&House)) {
        let house = House::alone(&[self.guest]);
        house.garbage_collection_knows_every_kind();
        let proxy = house.proxy();
        // The life of an object, and not that of a Reconciler and its module.
        let is_of_a_life =
            |sent: &Sent| sent.group() != "innkeeper.dev" && !sent.path.contains("/namespaces/innkeeper/");
        proxy.count_only(move |sent| sent.changes_the_cluster() && is_of_a_life(sent));
        let host = house.begin_host_on(house.modules().path(), proxy.kubeconfig());
        host.wait_until_ready();
        prepare(&house);
        let mut lived = Lived { life: self, house: &house, proxy: &proxy, host, killed_at: Vec::new() };

        let undisturbed: Vec<u64> = STAGES.iter().map(|stage| lived.writes_of(*stage)).collect();
        assert!(undisturbed[0] > 0 && undisturbed[1] > 0, "a life without writes proves nothing: {undisturbed:?}");
        for number in (1..TOO_MANY).step_by(step()) {
            let before = lived.killed_at.len();
            for stage in STAGES {
                lived.is_killed_at(stage, fault(number));
            }
            if lived.killed_at.len() == before {
                break;
            }
        }
        let killed: Vec<String> = lived.killed_at.iter().map(|(stage, sent)| format!("{stage:?}: {sent}")).collect();
        println!("undisturbed, the stages have {undisturbed:?} writes; killed at\n{}", killed.join("\n"));
        for (stage, writes) in STAGES.iter().zip(undisturbed) {
            let kills = lived.killed_at.iter().filter(|(at, _)| at == stage).count() * step();
            assert!(kills as u64 >= writes, "{stage:?} has {writes} writes, but the host was killed at {kills}");
        }
        house.wait_until_quiet();
        house.compare(OBJECT_UID, "").unwrap();
    }
}

impl Lived<'_> {
    /// Does what begins a stage.
    fn begin(&self, stage: Stage) {
        match stage {
            Stage::Created => self.house.apply(self.life.created),
            Stage::Changed => self.house.apply(self.life.changed),
            Stage::Deleted => drop(self.house.kubectl(&["delete", self.life.plural, "--all", "--wait=false"])),
        }
    }

    /// Whether everything is as it must be at the end of a stage: the children as they are written down, and no
    /// other object anywhere that carries our label.
    fn look(&self, stage: Stage) -> Result<(), String> {
        let objects = self.house.list(self.life.kind, "");
        let children = match stage {
            Stage::Created => self.life.created_children,
            Stage::Changed => self.life.changed_children,
            Stage::Deleted => "",
        };
        self.house.compare(OBJECT_UID, children)?;
        let wanted = usize::from(stage != Stage::Deleted);
        if objects.len() != wanted {
            return Err(format!("there are {} objects, not {wanted}", objects.len()));
        }
        for object in &objects {
            let ready = condition(object, "Ready").unwrap_or_default();
            let is_current = ready["observedGeneration"] == object["metadata"]["generation"];
            if ready["status"] != "True" || !is_current {
                return Err(format!("the object {} is not ready: {ready}", uid(object)));
            }
        }
        (self.life.besides)(self.house, stage)
    }

    /// Waits until the stage is over, and then until no more writes come. With a fault that may strike:
    /// until that.
    fn until_over(&self, stage: Stage, caught: Option<&Caught>) -> Option<Sent> {
        let mut struck = None;
        let mut rest = (self.proxy.writes_seen(), Instant::now());
        self.house.eventually(&format!("{stage:?}: everything is as written down"), || {
            struck = caught.and_then(Caught::now);
            if struck.is_some() {
                return Ok(());
            }
            self.look(stage)?;
            let seen = self.proxy.writes_seen();
            if seen != rest.0 {
                rest = (seen, Instant::now());
            }
            if rest.1.elapsed() > REST { Ok(()) } else { Err("the host still writes".to_owned()) }
        });
        struck
    }

    /// How many writes a stage has when nothing disturbs it.
    fn writes_of(&self, stage: Stage) -> u64 {
        let before = self.proxy.writes_seen();
        self.begin(stage);
        self.until_over(stage, None);
        self.proxy.writes_seen() - before
    }

    /// Lives a stage with the host killed at that write, and carried on by a new host. A stage that has fewer
    /// writes is just lived.
    fn is_killed_at(&mut self, stage: Stage, fault: Fault) {
        let caught = self.proxy.arm(fault);
        self.begin(stage);
        let struck = self.until_over(stage, Some(&caught));
        if let Some(sent) = struck {
            self.host.kill();
            self.proxy.disarm();
            self.host = self.house.begin_host_on(self.house.modules().path(), self.proxy.kubeconfig());
            self.killed_at.push((stage, sent));
            self.until_over(stage, None);
        } else {
            self.proxy.disarm();
        }
        assert!(self.host.exited().is_none(), "{}", self.host.last_words());
    }
}
