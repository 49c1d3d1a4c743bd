//! What core decides, in one program: it links once. The promises' proofs against a real API server are the suites
//! under `tests/`.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail by panicking")]
#![allow(unreachable_pub, dead_code, reason = "the house serves several tests")]

mod house;

mod adopting;
mod asking_for_more;
mod cascade;
mod catalog;
mod causes;
mod child_kinds;
mod contributions;
mod declared;
mod dry_run;
mod echoes;
mod engine;
mod events;
mod exclusive;
mod fields;
mod finishing;
mod frozen;
mod gifts;
mod handing_over;
mod hot_loops;
mod keeping;
mod kstatus;
mod last_words;
mod leaving;
mod left;
mod modules;
mod news;
mod on_time;
mod outcomes;
mod own_labels;
mod paths;
mod pending;
mod permissions;
mod planned;
mod plans;
mod pushed;
mod reads;
mod reconcilers;
mod removing;
mod reports;
mod rollouts;
mod rollouts_between;
mod same_answer;
mod skips;
mod standing;
mod strangers;
mod stubs;
mod sweeps;
mod timers;
mod turns;
mod two_kinds;
mod unanswered;
mod unseen;
mod upgrades;
mod verdicts;
mod waves;
mod words;
mod words_of_watches;
