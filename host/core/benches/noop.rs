//! What a reconcile costs the host in which nothing has to change, for an object with four children, among a
//! thousand: `cargo bench -p innkeeper-core --bench noop`. The guest is a closure whose time is not in these figures,
//! and so is the API server.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub, dead_code, reason = "as the tests' house")]

#[path = "../tests/decisions/house/mod.rs"]
mod house;

use std::time::Duration;

use house::{House, config_map, inn, wants};
use serde_json::{Value, json};

/// As the host has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const OBJECTS: usize = 1_000;
const ROUNDS: usize = 2_000;

fn house() -> House {
    let mut house = House::new(|request| {
        let object: Value = serde_json::from_str(&request.object).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        wants((0..4).map(|n| config_map(&format!("{name}-{n}"), &"x".repeat(400))).collect())
    });
    for n in 0..OBJECTS {
        house.put(inn(&format!("inn-{n}"), json!({"rooms": ["a", "b"], "text": "y".repeat(300)})));
    }
    house.requests();
    house.ended.clear();
    house
}

/// The median and the 99th percentile of the engine's time for all that follows from a change of an object.
fn measured(house: &mut House, calls: usize, mut change: impl FnMut(&mut Value, usize)) -> (Duration, Duration) {
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let mut object = house.api.get("Inn", Some("a"), &format!("inn-{}", round * 7 % OBJECTS)).unwrap().clone();
        change(&mut object, round);
        let before = house.calls;
        house.took = Duration::ZERO;
        house.put(object);
        times.push(house.took);
        assert_eq!(house.calls - before, calls, "{:?}", house.causes.last());
        assert_eq!(house.requests(), Vec::<String>::new());
        house.ended.clear();
        house.causes.clear();
    }
    times.sort_unstable();
    (times[ROUNDS / 2], times[ROUNDS * 99 / 100])
}

fn main() {
    let mut house = house();
    let unseen = measured(&mut house, 0, |object, round| {
        object["metadata"]["managedFields"] = json!([{"manager": format!("m{}", round % 2)}]);
    });
    let answered = measured(&mut house, 1, |object, round| {
        object["metadata"]["labels"] = json!({"round": format!("{round}")});
    });
    println!("| nothing that the guest is shown has changed | the guest is called and wants what it wanted |");
    println!("|---|---|");
    println!("| {:.1?}, p99 {:.1?} | {:.1?}, p99 {:.1?} |", unseen.0, unseen.1, answered.0, answered.1);
}
