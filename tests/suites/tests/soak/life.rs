//! The life of the town: round after round, things are done to every system while the host comes and goes.

use std::time::{Duration, Instant};

use fastrand::Rng;
use innkeeper_suites::OBJECT_UID;
use serde_json::Value;

use crate::system::{self, System};
use crate::town::Town;
use crate::{custom_http, goop, memcached, minimart, rocketlab, workers};

/// Rounds of one run: few by default.
const ROUNDS: &str = "INNKEEPER_SOAK_ROUNDS";
/// Instead of rounds: for so many minutes (`make soak`).
const MINUTES: &str = "INNKEEPER_SOAK_MINUTES";
/// The seed of one run; by default another one each time. It is printed.
const SEED: &str = "INNKEEPER_SOAK_SEED";
/// After so many rounds the host must find rest, as after the last.
const REST_AFTER: u64 = 10;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{variable}={text:?} is no number")))
}

#[test]
fn whatever_people_do_every_system_is_as_its_model_says() {
    let seed = number(SEED).unwrap_or_else(|| fastrand::u64(..));
    let minutes = number(MINUTES).map(|minutes| Duration::from_secs(minutes * 60));
    let rounds = number(ROUNDS).unwrap_or(if minutes.is_some() { u64::MAX } else { 3 });
    println!("seed {seed}; the same again: {SEED}={seed}");
    let mut random = Rng::with_seed(seed);
    let mut systems: Vec<Box<dyn System>> = vec![
        Box::new(custom_http::Servers::default()),
        Box::new(memcached::Caches::default()),
        Box::new(rocketlab::Sites::default()),
        Box::new(goop::Goops::default()),
        Box::new(minimart::Shops::default()),
        Box::new(workers::Workers::default()),
    ];
    let town = Town::new(&systems);
    workers::builds_are_by_hand(&town);
    let began = Instant::now();
    let mut done = 0;
    for round in 1..=rounds {
        if minutes.is_some_and(|minutes| began.elapsed() > minutes) {
            break;
        }
        println!("round {round}, after {} s", began.elapsed().as_secs());
        for _ in 0..random.u8(4..16) {
            let at = random.usize(..systems.len());
            println!("  {}", systems[at].act(&mut random, &town));
            println!("  {}", town.trouble(&mut random));
        }
        town.comes_back();
        let said = format!("after round {round} of seed {seed} everything is as the models say");
        town.house.eventually(&said, || is_right(&systems, &town));
        if round % REST_AFTER == 0 {
            rests(&systems, &town);
        }
        done = round;
    }
    rests(&systems, &town);
    println!("{done} rounds of seed {seed} in {} s", began.elapsed().as_secs());
}

/// Every system is right, and there is nothing else.
fn is_right(systems: &[Box<dyn System>], town: &Town) -> Result<(), String> {
    systems.iter().try_for_each(|system| system::objects_are_right(system.as_ref(), &town.house))?;
    let children: Vec<Value> = systems.iter().flat_map(|system| system.children()).collect();
    town.house.compare(OBJECT_UID, &system::yaml(&children))
}

/// The host asks for nothing more, and has left everything right.
fn rests(systems: &[Box<dyn System>], town: &Town) {
    town.house.host().wait_until_ready();
    town.house.wait_until_quiet();
    is_right(systems, town).unwrap();
}
