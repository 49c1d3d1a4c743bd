//! A watch whose place the API server has forgotten (410 Gone) begins with a new list, a quorum read (promise W04).

use innkeeper_controlplane::Request;
use innkeeper_suites::House;

use crate::street;

/// A list that may be answered from the API server's cache as it was at some time, not by etcd.
fn is_stale(list: &Request) -> bool {
    let version = list.uri.split(['?', '&']).find_map(|part| part.strip_prefix("resourceVersion="));
    version.is_some_and(|version| !version.is_empty())
}

fn lists(house: &House, mark: &innkeeper_controlplane::Mark) -> Vec<Request> {
    let all = house.requests_everywhere_since(mark);
    all.into_iter().filter(|request| request.verb == "list" && request.code == 200).collect()
}

#[test]
fn w04_a_watch_that_has_expired_begins_with_a_new_quorum_list() {
    let house = street::house();
    let mark = house.mark();
    let proxy = house.start_host_behind_a_proxy();
    street::before(&house);
    let at_the_start = lists(&house, &mark);
    assert!(at_the_start.iter().any(|list| list.resource == "kindcustomhttps"), "{at_the_start:#?}");

    proxy.refuse().unwrap();
    street::meanwhile(&house);
    house.eventually("the children of the one that went are gone", || house.find("Service", "leaving").is_none());
    let mark = house.mark();
    house.while_the_api_server_is_away_and_forgets();
    proxy.accept().unwrap();
    street::after(&house);

    let again = lists(&house, &mark);
    for resource in ["kindcustomhttps", "deployments", "services", "configmaps"] {
        assert!(again.iter().any(|list| list.resource == resource), "{resource} was listed again: {again:#?}");
    }
    let stale: Vec<_> = at_the_start.iter().chain(&again).filter(|list| is_stale(list)).collect();
    assert!(stale.is_empty(), "lists are quorum reads: {stale:#?}");
}
