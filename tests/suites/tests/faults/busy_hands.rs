//! Somebody who changes objects and children all the time: 409 conflicts, and no update of theirs is lost.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::street::{self, KIND};

#[test]
fn somebody_who_writes_all_the_time_loses_nothing_and_stops_nothing() {
    let house = street::house();
    house.start_host();
    street::before(&house);
    let over = AtomicBool::new(false);
    let rounds = std::thread::scope(|scope| {
        let busy = scope.spawn(|| {
            let mut rounds = 0;
            while !over.load(Ordering::Relaxed) {
                rounds += 1;
                let note = format!("round={rounds}");
                // A finalizer of theirs on the object, which the host's own writes must not undo.
                house.kubectl(&["label", "kindcustomhttp", "steady", &note, "--overwrite"]);
                house.kubectl(&["annotate", "deployment", "steady", &note, "--overwrite"]);
                house.kubectl(&["annotate", "configmap", "steady-configmap", &note, "--overwrite"]);
                let word = format!(r#"{{"data": {{"greeting": "{note}"}}}}"#);
                house.patch("configmap", "steady-configmap", &word);
            }
            rounds.to_string()
        });
        street::meanwhile(&house);
        house.eventually("the one that came is kept", || house.find("Service", "coming").is_some());
        over.store(true, Ordering::Relaxed);
        busy.join().unwrap()
    });
    street::after(&house);
    for (kind, name, field) in [
        (KIND, "steady", "labels"),
        ("Deployment", "steady", "annotations"),
        ("ConfigMap", "steady-configmap", "annotations"),
    ] {
        assert_eq!(
            house.get(kind, name)["metadata"][field]["round"],
            rounds.as_str(),
            "the last word of theirs: {kind}"
        );
    }
}
