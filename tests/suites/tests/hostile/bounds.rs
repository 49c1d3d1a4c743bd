//! G03: each call is bounded. Exceeding a bound fails that object with the bound's name; other objects and kinds do
//! not notice.

use innkeeper_suites::forge;
use serde_json::json;

use crate::inn::{Inn, KIND, config_map, misdeed};

/// The object exceeds the bound of that name.
fn exceeds(inn: &Inn, name: &str, amount: u32, bound: &str, detail: &str) {
    let words = [&format!("exceeded its limit of {bound}"), detail];
    let neighbour = inn.good("neighbour");
    inn.turns(&name.to_lowercase(), &misdeed(name, amount), "GuestLimitExceeded", &words);
    assert_eq!(inn.good("neighbour"), neighbour, "another object of the kind does not notice");
}

#[test]
fn g03_cpu_time_is_bounded() {
    exceeds(&Inn::open(), "Loop", 0, "time", "100 ms of CPU time");
}

#[test]
fn g03_memory_is_bounded() {
    exceeds(&Inn::open(), "Hog", 0, "memory", "the limit is 67108864");
}

#[test]
fn g03_the_stack_is_bounded() {
    exceeds(&Inn::open(), "Recurse", 0, "stack", "its call stack is full");
}

#[test]
fn g03_a_table_is_bounded() {
    let inn = Inn::open();
    let before = inn.good("tables");
    let grow = "(loop $l (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $l))";
    inn.house.modules().put("hostile.wasm", &forge::guest("(table $t 0 funcref)", grow));
    inn.is_told("tables", "GuestLimitExceeded", &["exceeded its limit of table", "the limit is 100000"]);
    inn.others_are_kept();
    inn.house.modules().put("hostile.wasm", &innkeeper_suites::guest("hostile"));
    assert_eq!(inn.good("tables"), before);
}

#[test]
fn g03_the_size_of_an_outcome_is_bounded() {
    let inn = Inn::with_limits(json!({"time": "5s", "memory": "256Mi"}));
    exceeds(&inn, "Outcome", 1 << 21, "outcome", "bytes");
    exceeds(&inn, "Outcome", 64 << 20, "outcome", "bytes");
}

#[test]
fn g03_the_numbers_in_an_outcome_are_bounded() {
    let inn = Inn::with_limits(json!({"time": "5s"}));
    exceeds(&inn, "Children", 10_000, "children", "the limit is 1000");
    exceeds(&inn, "Events", 101, "events", "the limit is 100");
    exceeds(&inn, "Conditions", 101, "conditions", "the limit is 100");
    exceeds(&inn, "Labels", 201, "labels", "the limit is 200");
    exceeds(&inn, "Paths", 101, "paths", "the limit is 100");
}

#[test]
fn g03_the_number_of_reads_is_bounded() {
    exceeds(&Inn::open(), "Reads", 1001, "reads", "1000 times");
}

#[test]
fn g03_the_size_of_reads_is_bounded() {
    let inn = Inn::with_limits(json!({"time": "10s", "memory": "8Mi"}));
    let large = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "large"}, "data": {"word": "x".repeat(200_000)},
    });
    let children = json!([config_map("readsall"), large.to_string()]);
    let mut spec = json!({"children": children, "status": r#"{"word":"good"}"#});
    inn.apply("readsall", &spec);
    inn.house.wait_for_condition(KIND, "readsall", "Ready", "True");
    // Ten looks at 200 kB are no harm, forty take more than its memory holds.
    spec["misdeed"] = "ReadsAll".into();
    spec["amount"] = 10.into();
    inn.apply("readsall", &spec);
    inn.house.wait_for_condition(KIND, "readsall", "Ready", "True");
    spec["amount"] = 60.into();
    inn.apply("readsall", &spec);
    inn.is_told("readsall", "GuestLimitExceeded", &["exceeded its limit of reads", "8388608"]);
    assert!(inn.house.find("ConfigMap", "large").is_some());
    inn.others_are_kept();
}

#[test]
fn g03_what_reads_ask_with_is_bounded() {
    exceeds(&Inn::with_limits(json!({"time": "5s"})), "Asks", 300_000, "reads", "the limit is 262144");
}

#[test]
fn g03_the_log_is_bounded() {
    let inn = Inn::with_limits(json!({"time": "5s"}));
    // A flood of lines is cut, and the call goes on.
    let mut spec = misdeed("Chatter", 5000);
    spec["children"] = json!([config_map("chatter")]);
    inn.apply("chatter", &spec);
    inn.house.wait_for_condition(KIND, "chatter", "Ready", "True");
    inn.house.host_says(&["chatter", "4800 more lines were not kept"]);
    let log = inn.house.host().log();
    assert!(log.contains("line 199") && !log.contains("line 200"), "200 lines of a call are kept, and no more");
    // One line of megabytes is not even copied.
    exceeds(&inn, "Shout", 4 << 20, "arguments", "one call of the host");
    inn.others_are_kept();
}
