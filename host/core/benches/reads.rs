//! What a reconcile costs the host in which nothing changed, and what a change costs that concerns one object of
//! many: `cargo bench -p innkeeper-core`. The guest is a closure, so no wasm is in these figures.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub, dead_code, reason = "as the tests' house")]

#[path = "../tests/decisions/house/mod.rs"]
mod house;

use std::time::{Duration, Instant};

use house::{House, inn, wants};
use innkeeper_core::contract::View;
use innkeeper_core::engine::Input;
use innkeeper_core::kind::{Key, Kind};
use innkeeper_core::world::{Listing, Scope};
use serde_json::{Value, json};

/// As the host has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 300;

fn config_map(name: &str, text: &str) -> Value {
    let children = json!({"name": name, "namespace": "a", "labels": {"app": name}});
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": children, "data": {"text": text, "more": "x".repeat(1000)}})
}

/// Objects that each read a ConfigMap by its name, and list by a label that only it carries.
fn house(objects: usize) -> House {
    let mut house = House::reading(|request, world| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let kind = Kind::new("", "v1", "ConfigMap");
        let labels = format!("app={name}");
        let (scope, fields, view) = (Scope::All, vec![], View::Names);
        world.list(&Listing { kind: kind.clone(), scope, labels, fields, view })?.unwrap();
        world.get(Key::new(kind, None, name), View::Spec)?.unwrap();
        wants(vec![])
    });
    for n in 0..objects {
        house.put(config_map(&format!("x{n}"), "0"));
        house.put(inn(&format!("x{n}"), json!({})));
        house.requests();
        house.ended.clear();
    }
    house
}

/// What the engine takes for the event that is due; what follows from it is done too.
fn taken(house: &mut House) -> Duration {
    let (number, event) = house.api.next_event().unwrap();
    let now = house.at();
    let began = Instant::now();
    let outputs = house.engine.handle(now, Input::Watched(number, event));
    let took = began.elapsed();
    house.run(outputs);
    house.settle();
    house.requests();
    took
}

/// The median of what the engine takes for an event, everything that follows from it included.
fn measured(house: &mut House, mut change: impl FnMut(&mut House, usize)) -> Duration {
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..ROUNDS {
        change(house, round);
        times.push(taken(house));
        house.ended.clear();
    }
    times.sort_unstable();
    times[ROUNDS / 2]
}

fn main() {
    println!(
        "| objects that read other things | a change that concerns nobody | a change that wakes one | a reconcile with unchanged inputs |"
    );
    println!("|---|---|---|---|");
    for objects in [100, 1_000, 10_000] {
        let mut house = house(objects);
        let nobody = measured(&mut house, |house, round| {
            house.api.put(config_map("nobodys", &round.to_string()));
        });
        let one = measured(&mut house, |house, round| {
            house.api.put(config_map("x50", &format!("{round}")));
        });
        let rest = at_rest(&mut house);
        println!("| {objects} | {nobody:.1?} | {one:.1?} | {rest:.1?} |");
    }
}

/// What a reconcile costs in which nothing changed: its wake-up, the comparison, its end.
fn at_rest(house: &mut House) -> Duration {
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..ROUNDS {
        // The same but for its resourceVersion: that concerns nobody, and the object is woken all the same.
        let mut object = house.api.get("Inn", Some("a"), "x50").unwrap().clone();
        object["metadata"]["managedFields"] = json!([{"manager": format!("m{}", round % 2)}]);
        house.api.put(object);
        times.push(taken(house));
        let skipped = house.ended.drain(..).filter(|(_, ended)| ended.skipped).count();
        assert_eq!(skipped, 1, "it is woken, and not called");
    }
    times.sort_unstable();
    times[ROUNDS / 2]
}
