//! Anything, in any order: people's doings and faults as a seed has them. After each round the street is as a small
//! model of the system says, which shares nothing with the host and its guests.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use innkeeper_controlplane::{Fault, Proxy};
use innkeeper_suites::{House, OBJECT_UID};

use crate::street::{self, KIND};

/// Rounds of one run: few by default, many by `make soak`.
const ROUNDS: &str = "INNKEEPER_SOAK_ROUNDS";
/// The seed of one run; by default another one each time. It is printed.
const SEED: &str = "INNKEEPER_SOAK_SEED";

/// What people want: of each object by name, its port and its greeting.
type Model = BTreeMap<String, (u16, String)>;

/// The objects as YAML.
fn objects(model: &Model) -> String {
    let one = |(name, (port, greeting)): (&String, &(u16, String))| {
        format!(
            "apiVersion: groupsp.measutosh.dev/v1\nkind: {KIND}\nmetadata: {{name: {name}}}\n\
             spec: {{replicaCount: 0, port: {port}, configMapData: {{greeting: {greeting}}}}}\n"
        )
    };
    model.iter().map(one).collect::<Vec<_>>().join("---\n")
}

/// Their children as YAML.
fn children(model: &Model) -> String {
    let of = |(name, (port, greeting)): (&String, &(u16, String))| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec: {{replicas: 0}}\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{ports: [{{name: http, port: {port}}}]}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}-configmap}}\n\
             data: {{greeting: {greeting}, intruder: null}}\n"
        )
    };
    model.iter().map(of).collect::<Vec<_>>().join("---\n")
}

/// One thing that somebody does.
fn something(random: &mut Rng, model: &mut Model, house: &House) -> String {
    let name = format!("house-{}", random.u8(0..5));
    let patch = |kind: &str, name: &str, patch: &str| {
        let said = house.try_kubectl(&["patch", kind, name, "--type=merge", "-p", patch]);
        format!("edit {kind} {name}: {}", if said.is_ok() { "done" } else { "not there" })
    };
    match random.u8(0..10) {
        0..=4 => {
            let wanted = (random.u16(8000..8100), format!("word{}", random.u8(0..50)));
            let said = format!("apply {name} {wanted:?}");
            model.insert(name, wanted);
            house.apply(&objects(model));
            said
        }
        5 => {
            model.remove(&name);
            house.kubectl(&["delete", "kindcustomhttp", &name, "--ignore-not-found", "--wait=false"]);
            format!("delete {name}")
        }
        6 => {
            house.kubectl(&["delete", "deployment,service,configmap", "--all", "--wait=false"]);
            "delete every child by hand".into()
        }
        7 => patch("configmap", &format!("{name}-configmap"), r#"{"data": {"greeting": "mine", "intruder": "me"}}"#),
        8 => patch("deployment", &name, r#"{"spec": {"replicas": 2}}"#),
        _ => patch("service", &name, r#"{"metadata": {"labels": {"innkeeper.dev/object-uid": null}}}"#),
    }
}

/// One thing that goes wrong, for a moment.
fn trouble(random: &mut Rng, house: &House, proxy: &Proxy) -> &'static str {
    match random.u8(0..9) {
        0 => {
            house.host().kill();
            house.begin_host_on(house.modules().path(), proxy.kubeconfig());
            "the host is killed"
        }
        1 => {
            proxy.cut();
            "connections are cut"
        }
        2 => {
            proxy.refuse().unwrap();
            std::thread::sleep(Duration::from_millis(random.u64(0..1500)));
            proxy.accept().unwrap();
            "the API server cannot be reached"
        }
        3 => {
            proxy.delay(Duration::from_millis(random.u64(10..300)));
            "the API server is slow"
        }
        4 => {
            proxy.answer(429, Some(Duration::from_secs(1)));
            "the API server asks to wait"
        }
        5 => {
            proxy.answer_where(500, None, |sent| sent.is_write());
            "writes fail"
        }
        6 | 7 => {
            // Nobody waits for it to strike: what is held is let go at the end of the round.
            drop(proxy.arm(Fault::AfterWrite(random.u64(1..6))));
            "answers are lost"
        }
        _ => "nothing goes wrong",
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text:?} is no number")))
}

#[test]
fn whatever_happens_in_any_order_is_survived() {
    let seed = number(SEED).unwrap_or_else(|| fastrand::u64(..));
    let rounds = number(ROUNDS).unwrap_or(8);
    println!("{rounds} rounds of seed {seed}; the same again: {SEED}={seed} {ROUNDS}={rounds}");
    let mut random = Rng::with_seed(seed);
    let house = street::house();
    let proxy = house.start_host_behind_a_proxy();
    let mut model = Model::new();
    for round in 1..=rounds {
        let mut told = Vec::new();
        for _ in 0..random.u8(1..4) {
            told.push(something(&mut random, &mut model, &house));
            told.push(trouble(&mut random, &house, &proxy).to_owned());
        }
        println!("round {round}: {}", told.join(", "));
        std::thread::sleep(Duration::from_millis(random.u64(0..1000)));
        proxy.forward();
        proxy.delay(Duration::ZERO);
        proxy.disarm();
        house.eventually(&format!("after round {round} of seed {seed} the street is as the model says"), || {
            house.compare(OBJECT_UID, &children(&model))?;
            let there = house.list(KIND, "").len();
            if there == model.len() { Ok(()) } else { Err(format!("{there} objects, not {}", model.len())) }
        });
    }
    house.wait_until_quiet();
    house.compare(OBJECT_UID, &children(&model)).unwrap();
}
