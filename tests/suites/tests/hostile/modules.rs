//! Modules that are hostile before any object is looked at: each is rejected, its Reconciler says why, and the one
//! before it serves on.

use innkeeper_suites::{condition, forge, guest};

use crate::inn::Inn;

/// Puts a module in the place of one that serves: the Reconciler says these words, and the old one serves on.
fn is_rejected(inn: &Inn, name: &str, module: &[u8], words: &[&str]) {
    let before = inn.good("before");
    inn.house.modules().put("hostile.wasm", module);
    inn.house.eventually(&format!("the Reconciler says of {name}: {words:?}"), || {
        let loaded = condition(&inn.house.get("Reconciler", "hostile"), "Loaded").unwrap_or_default();
        let message = loaded["message"].as_str().unwrap_or_default();
        let all = words.iter().chain(&["hostile.wasm", "stays in service"]).all(|word| message.contains(word));
        if loaded["status"] == "False" && all { Ok(()) } else { Err(loaded.to_string()) }
    });
    assert_eq!(inn.good("before"), before);
    inn.good(name);
    inn.others_are_kept();
}

#[test]
fn a_module_that_may_not_be_is_rejected_and_the_one_before_serves_on() {
    let inn = Inn::open();
    for (name, module, words) in forge::refused() {
        is_rejected(&inn, name, &module, words);
    }
}

#[test]
fn text_that_is_no_utf8_is_a_trap() {
    let inn = Inn::open();
    let before = inn.good("bytes");
    let (tag, address, length) = (forge::STATUS, forge::STATUS + 4, forge::STATUS + 8);
    let code = format!(
        "(i32.store8 (i32.const {tag}) (i32.const 1)) (i32.store (i32.const {address}) (i32.const 4096))
         (i32.store (i32.const {length}) (i32.const 2))"
    );
    inn.house.modules().put("hostile.wasm", &forge::guest(r#"(data (i32.const 4096) "\ff\fe")"#, &code));
    inn.is_told("bytes", "GuestTrapped", &["utf-8"]);
    inn.others_are_kept();
    inn.house.modules().put("hostile.wasm", &guest("hostile"));
    assert_eq!(inn.good("bytes"), before);
}
