//! The host killed at every write of its very first start that is about the Reconciler: making it, saying
//! how it stands and of what kinds its children are, and the rest. Which comes first differs from start to start, and
//! what is one write in one may be two in another: so those of one sort are counted on their own.

use innkeeper_controlplane::{Fault, Sent};
use innkeeper_suites::{House, OBJECT_UID, condition};

const OBJECT: &str = include_str!("last.yaml");
const CHILDREN: &str = include_str!("last.children.yaml");

/// Everything that a first start comes to.
fn look(house: &House) -> Result<(), String> {
    house.compare(OBJECT_UID, CHILDREN)?;
    let reconciler = house.find("Reconciler", "final-bench").ok_or("there is no Reconciler")?;
    let kinds = serde_json::json!([{"group": "", "version": "v1", "kind": "ConfigMap"}]);
    let told = |object: &serde_json::Value| condition(object, "Ready").is_some_and(|ready| ready["status"] == "True");
    let object = house.find("FinalBench", "last").ok_or("there is no object")?;
    let is_so = reconciler["status"]["kinds"] == kinds && told(&reconciler) && told(&object);
    if is_so { Ok(()) } else { Err(format!("not all is ready: {}", reconciler["status"])) }
}

/// What a write to a Reconciler is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    /// That there is one.
    Making,
    /// How it stands, and the kinds of its children.
    Standing,
    /// Anything else of it: its finalizer.
    Itself,
}

impl About {
    fn of(sent: &Sent) -> Self {
        match (sent.method.as_str(), sent.subresource()) {
            ("POST", _) => Self::Making,
            (_, Some("status")) => Self::Standing,
            _ => Self::Itself,
        }
    }
}

/// Starts the first host with a fault, and a second one where it strikes. Says at which write it struck.
fn start_with(house: &House, about: About, fault: Fault) -> Option<Sent> {
    house.delete_reconcilers();
    house.apply(OBJECT);
    let proxy = house.proxy();
    proxy.count_only(move |sent| {
        sent.changes_the_cluster() && sent.group() == "innkeeper.dev" && About::of(sent) == about
    });
    let caught = proxy.arm(fault);
    let first = house.begin_host_on(house.modules().path(), proxy.kubeconfig());
    let mut struck = None;
    house.eventually("the first host is done or killed", || {
        struck = caught.now();
        if struck.is_some() { Ok(()) } else { look(house) }
    });
    first.kill();
    proxy.disarm();
    house.begin_host_on(house.modules().path(), proxy.kubeconfig());
    house.eventually("everything is as written down", || look(house));
    house.delete("finalbench", "last");
    house.eventually("nothing is left", || house.compare(OBJECT_UID, ""));
    house.host().kill();
    struck
}

fn is_killed_at_every_write(fault: fn(u64) -> Fault) {
    let house = House::alone(&["final-bench"]);
    house.garbage_collection_knows_every_kind();
    for about in [About::Making, About::Standing, About::Itself] {
        let struck: Vec<Sent> = (1..40).map_while(|number| start_with(&house, about, fault(number))).collect();
        let told: Vec<String> = struck.iter().map(ToString::to_string).collect();
        println!("{about:?}: killed at\n{}", told.join("\n"));
        assert!(!struck.is_empty(), "{about:?}: a first start has a write of this sort");
    }
}

#[test]
fn the_first_start_the_host_killed_before_each_write() {
    is_killed_at_every_write(Fault::BeforeWrite);
}

#[test]
fn the_first_start_the_host_killed_before_each_answer() {
    is_killed_at_every_write(Fault::AfterWrite);
}
