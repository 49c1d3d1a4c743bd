//! An API server that is away: at the start it is waited for, later nothing is lost by it.

use innkeeper_suites::{House, uid};

use crate::{KIND, WEB, WEB_CHILDREN, a_change_arrives, custom_http_goes_on};

#[test]
fn an_api_server_that_is_away_at_the_start_is_waited_for() {
    let house = House::alone(&["custom-http"]);
    house.apply(WEB);
    house.while_the_api_server_is_away(|| {
        house.begin_host();
        house.host_says(&["API server", "trying again"]);
        assert!(!house.host().is_ready(), "it is not ready");
        assert!(house.host().is_healthy(), "nor is it a reason to restart it");
        assert!(house.host().exited().is_none(), "{}", house.host().last_words());
    });
    house.host().wait_until_ready();
    custom_http_goes_on(&house);
}

#[test]
fn an_api_server_that_goes_away_later_costs_nothing() {
    let house = House::alone(&["custom-http"]);
    house.start_host();
    custom_http_goes_on(&house);
    let uids = || {
        [("Deployment", "web"), ("Service", "web"), ("ConfigMap", "web-configmap")].map(|(k, n)| uid(&house.get(k, n)))
    };
    let before = uids();
    let mark = house.mark();

    house.while_the_api_server_is_away(|| {
        house.host_says(&["WARN", "watch"]);
        assert!(house.host().exited().is_none(), "{}", house.host().last_words());
        assert!(house.host().is_healthy());
    });

    a_change_arrives(&house, 3);
    a_change_arrives(&house, 2);
    house.wait_for_children(KIND, "web", WEB_CHILDREN);
    house.wait_for_condition(KIND, "web", "Ready", "True");
    assert_eq!(uids(), before, "nothing was deleted and made again");
    let deletes: Vec<_> = house.requests_since(&mark).into_iter().filter(|r| r.verb.starts_with("delete")).collect();
    assert!(deletes.is_empty(), "{deletes:?}");
    assert!(house.host().is_ready());
}
