//! M09: a half-written file never becomes a module. (A truncated push, a wrong digest and a wrong signature
//! come with those ways of loading.)

use innkeeper_suites::{House, condition, guest, rebuilt};

use crate::bench::{A_WHILE, Bench, config_map};

/// Where files may break off: nothing, a part of the header, the header, within the code, in its last byte;
/// and at the end of each section, where what is there is WebAssembly. Not before the last section: it says
/// again what the one before it said, and without it the module is whole.
fn breaks(whole: &[u8]) -> Vec<usize> {
    let mut places = vec![0, 3, 8, whole.len() / 2, whole.len() - 1];
    let mut at = 8;
    while at < whole.len() {
        at += 1;
        let (mut size, mut shift) = (0_usize, 0);
        loop {
            size |= usize::from(whole[at] & 0x7f) << shift;
            shift += 7;
            at += 1;
            if whole[at - 1] & 0x80 == 0 {
                break;
            }
        }
        at += size;
        places.push(at);
    }
    assert_eq!(places.pop(), Some(whole.len()), "the last section ends with the file");
    places.pop();
    places.sort_unstable();
    places.dedup();
    places
}

/// How often the host's log says that the file was not taken.
fn refusals(house: &House) -> usize {
    house.host().log().lines().filter(|line| line.contains("WARN") && line.contains("workbench.wasm")).count()
}

#[test]
fn m09_a_half_written_file_never_becomes_a_module_and_the_whole_one_does() {
    let house = House::alone(&[]);
    house.start_host();
    Bench::new("early").child(config_map("early", "one")).apply(&house);
    let whole = guest("workbench");
    for place in breaks(&whole) {
        let before = refusals(&house);
        house.modules().write("workbench.wasm", &whole[..place]);
        house.eventually(&format!("the file of {place} of {} bytes is refused", whole.len()), || {
            refusals(&house) > before
        });
        assert!(house.find("Reconciler", "workbench").is_none(), "{place} of {} bytes became a module", whole.len());
    }
    std::thread::sleep(A_WHILE);
    assert!(house.find("Reconciler", "workbench").is_none());
    assert!(house.find("ConfigMap", "early").is_none(), "no part of a module decided anything");
    house.modules().write("workbench.wasm", &whole);
    house.wait_for_condition(crate::bench::KIND, "early", "Ready", "True");
    assert_eq!(house.get("ConfigMap", "early")["data"]["word"], "one");
}

#[test]
fn m09_a_half_written_file_does_not_take_over_and_the_whole_one_does() {
    let house = House::alone(&["workbench"]);
    house.start_host();
    Bench::new("kept").child(config_map("kept", "one")).apply_ready(&house);
    let digest = || house.get("Reconciler", "workbench")["status"]["digest"].clone();
    let loaded = || condition(&house.get("Reconciler", "workbench"), "Loaded").unwrap_or_default();
    let (first, newer) = (digest(), rebuilt(&guest("workbench")));
    for place in [0, 8, newer.len() / 2, newer.len() - 1] {
        house.modules().write("workbench.wasm", &newer[..place]);
        house.eventually("the Reconciler says so", || loaded()["reason"] == "ModuleRejected");
        assert_eq!(digest(), first, "{place} of {} bytes took over", newer.len());
        let word = format!("with {place} bytes");
        Bench::new("kept").child(config_map("kept", &word)).apply_ready(&house);
        assert_eq!(house.get("ConfigMap", "kept")["data"]["word"], word.as_str());
    }
    house.modules().write("workbench.wasm", &newer);
    house.eventually("the whole one takes over", || digest() != first && loaded()["status"] == "True");
    Bench::new("kept").child(config_map("kept", "whole")).apply_ready(&house);
    assert_eq!(house.get("ConfigMap", "kept")["data"]["word"], "whole");
}
