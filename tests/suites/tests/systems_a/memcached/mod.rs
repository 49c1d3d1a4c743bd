//! Memcached: a cache of one, three or five servers.

mod behaviours;
mod general;

use innkeeper_suites::House;

use crate::everywhere::Sample;

const KIND: &str = "Memcached";
const HOT: &str = include_str!("hot.yaml");
const HOT_CHILDREN: &str = include_str!("hot.children.yaml");

const SAMPLE: Sample = Sample {
    kind: KIND,
    crd: "memcacheds.cache.example.com",
    app: "memcached",
    name: "hot",
    yaml: HOT,
    children: &[("Deployment", "hot")],
};

/// A house with the object `hot` in it, ready.
fn house_with_hot() -> House {
    let house = crate::house();
    SAMPLE.lives_in(&house);
    house
}
