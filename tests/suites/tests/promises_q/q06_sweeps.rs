//! Q06: in a sweep, such as a start brings, the children of all objects go before what is told of each.

use innkeeper_controlplane::Request;
use innkeeper_suites::{House, condition};

use crate::bench::{KIND, apply, bench, children, config_map};

/// How many objects there are before the host is: many times what is in work at once.
const OBJECTS: usize = 240;

#[test]
fn q06_a_host_that_finds_many_objects_makes_the_children_of_all_before_it_tells_of_each() {
    let house = House::alone(&["workbench"]);
    let name = |n: usize| format!("found-{n}");
    let found: Vec<_> = (0..OBJECTS).map(|n| bench(KIND, &name(n), &children(&[config_map(&name(n), "x")]))).collect();
    apply(&house, &found);

    let mark = house.mark();
    house.start_host();
    house.wait_until_quiet();

    let asked = house.requests_since(&mark);
    let writes = |request: &Request, resource: &str| request.is_write() && request.resource == resource;
    let last_child = asked.iter().rposition(|r| writes(r, "configmaps")).expect("children were made");
    let told: Vec<usize> = (0..asked.len()).filter(|at| writes(&asked[*at], "workbenches")).collect();
    let before = told.iter().filter(|at| **at < last_child).count();
    assert_eq!(told.len(), OBJECTS, "each is told once");
    // Every eighth turn goes to what is less urgent, and when the last children are in work, nobody else waits for a first look.
    assert!(before <= OBJECTS / 3, "{before} of {OBJECTS} were told before the last child was made");
    for object in house.list(KIND, "") {
        assert_eq!(condition(&object, "Ready").expect("it is told")["status"], "True");
    }
}
