//! An API server that asks to wait, is slow, crashes, or says that somebody else was faster.

use std::time::Duration;

use crate::street;

/// What is in force while people do their things, and for a while afterwards.
fn survives(fault: impl FnOnce(&innkeeper_controlplane::Proxy)) {
    let house = street::house();
    let proxy = house.start_host_behind_a_proxy();
    street::before(&house);
    fault(&proxy);
    street::meanwhile(&house);
    std::thread::sleep(Duration::from_secs(3));
    proxy.forward();
    proxy.delay(Duration::ZERO);
    street::after(&house);
}

#[test]
fn an_api_server_that_has_too_much_to_do_is_waited_for() {
    survives(|proxy| proxy.answer(429, Some(Duration::from_secs(1))));
}

#[test]
fn an_api_server_that_is_not_available_is_waited_for() {
    survives(|proxy| {
        proxy.cut();
        proxy.answer(503, Some(Duration::from_secs(1)));
    });
}

#[test]
fn an_api_server_with_an_internal_error_is_tried_again() {
    survives(|proxy| proxy.answer_where(500, None, |sent| sent.is_write()));
}

#[test]
fn an_api_server_that_is_slow_is_no_trouble() {
    survives(|proxy| proxy.delay(Duration::from_millis(300)));
}

#[test]
fn an_api_server_that_crashes_in_the_middle_of_it_is_waited_for() {
    let house = street::house();
    house.start_host();
    street::before(&house);
    street::meanwhile(&house);
    house.while_the_api_server_is_away(|| assert!(house.host().exited().is_none(), "{}", house.host().last_words()));
    street::after(&house);
}
