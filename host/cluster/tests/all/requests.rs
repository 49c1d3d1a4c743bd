//! What is sent for an action, and what becomes of answers that a real API server gives only at bad times.

use std::time::Duration;

use innkeeper_core::action::{Action, Done};
use innkeeper_core::kind::Kind;
use innkeeper_core::refusal::Refusal;
use innkeeper_core::resource::{Address, Resource};
use serde_json::{Value, json};

use crate::fake::{self, Fake, Reply};
use crate::things::config_map;

fn status(code: u16, reason: &str, message: &str, details: Value) -> String {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
           "message": message, "details": details})
    .to_string()
}

async fn answered(code: &'static str, headers: Vec<(&'static str, String)>, body: String) -> (Done, usize) {
    let fake = Fake::start(move |_, _| Reply::Answer(code, headers.clone(), body.clone())).await;
    let cluster = fake.cluster().await;
    let done = cluster.act(&apply()).await;
    (done, fake.requests().len())
}

fn apply() -> Action {
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
    Action::Apply { at: config_map("n", "a"), manager: "innkeeper.Site.example.com".into(), manifest, force: true }
}

#[tokio::test]
async fn no_answer_makes_a_write_be_sent_twice() {
    for code in ["429 Too Many Requests", "500 Oh", "502 Bad Gateway", "503 Service Unavailable", "504 Timeout"] {
        let (done, requests) = answered(code, vec![("retry-after", "1".into())], String::new()).await;
        assert_eq!(requests, 1, "{code}: {done:?}");
    }
    let fake = Fake::start(|_, _| Reply::Cut(r#"{"apiVersion":"v1","ki"#.into())).await;
    let done = fake.cluster().await.act(&apply()).await;
    assert!(matches!(&done, Done::Unknown(why) if why.contains("broke off")), "{done:?}");
    assert_eq!(fake.requests().len(), 1);
}

#[tokio::test]
async fn an_answer_that_asks_to_wait_says_how_long() {
    let body = || status(429, "TooManyRequests", "too many requests, please try again later", json!({}));
    let (done, _) = answered("429 Too Many Requests", vec![("retry-after", "7".into())], body()).await;
    let message = "too many requests, please try again later".to_owned();
    assert_eq!(done, Done::Throttled { after_ms: 7000, message });
    let (done, _) = answered("429 Too Many Requests", vec![], body()).await;
    assert!(matches!(done, Done::Throttled { after_ms: 1000, .. }), "{done:?}");
    let body = status(500, "ServerTimeout", "try again", json!({"retryAfterSeconds": 2}));
    let (done, _) = answered("500 Internal Server Error", vec![], body).await;
    assert!(matches!(done, Done::Throttled { after_ms: 2000, .. }), "{done:?}");
}

#[tokio::test]
async fn answers_mean_what_the_api_conventions_say() {
    let refused = |code: u16| async move {
        let line: &'static str = format!("{code} X").leak();
        answered(line, vec![], status(code, "R", "the words", json!({}))).await.0
    };
    let words = || "the words".to_owned();
    for (code, meaning) in [
        (400, Done::Invalid(words().into())),
        (401, Done::Forbidden(words())),
        (403, Done::Forbidden(words())),
        (404, Done::NotFound(words())),
        (409, Done::Conflict(words())),
        (413, Done::Invalid(words().into())),
        (422, Done::Invalid(words().into())),
        (500, Done::Unknown(words())),
        (503, Done::Unknown(words())),
        (504, Done::Unknown(words())),
    ] {
        assert_eq!(refused(code).await, meaning, "{code}");
    }
    let (done, _) = answered("502 Bad Gateway", vec![], "<html>\nno".into()).await;
    assert_eq!(done, Done::Unknown("HTTP 502 Bad Gateway: <html>".into()));
    let (done, _) = answered("200 OK", vec![], "fine".into()).await;
    assert!(matches!(done, Done::Unknown(_)), "{done:?}");
}

#[tokio::test]
async fn causes_are_told_where_the_message_does_not() {
    let causes = json!({"causes": [
        {"field": "spec.a", "message": "told already"},
        {"field": "spec.b", "message": "must be small"},
        {"message": "and so on"},
    ]});
    let body = status(422, "Invalid", "it is told already", causes);
    let (done, _) = answered("422 Unprocessable Entity", vec![], body).await;
    let told = |refusal: &Refusal| {
        let fields: Vec<String> = refusal.causes.iter().map(|cause| cause.field.clone()).collect();
        (refusal.message.clone(), fields)
    };
    let words = "it is told already; and so on; spec.b: must be small".to_owned();
    let fields = ["spec.a", "spec.b", ""].map(str::to_owned).to_vec();
    assert!(matches!(&done, Done::Invalid(refusal) if told(refusal) == (words, fields)), "{done:?}");
}

#[tokio::test]
async fn each_action_is_the_one_request_that_kubernetes_documents() {
    let fake = Fake::start(|_, _| {
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n"}});
        Reply::Answer("200 OK", vec![], body.to_string())
    })
    .await;
    let cluster = fake.cluster().await;
    let at = config_map("n", "a");
    let role = Resource {
        kind: Kind::new("rbac.authorization.k8s.io", "v1", "ClusterRole"),
        plural: "clusterroles".into(),
        namespaced: false,
    };
    let role = Address { resource: role.into(), namespace: None, name: "system:a b".into() };
    for action in [
        Action::Look(role),
        apply(),
        Action::Patch { at: at.clone(), manager: "m".into(), operations: json!([]) },
        Action::Merge { at: at.clone(), status: true, patch: json!({}) },
        Action::Merge { at: at.clone(), status: false, patch: json!({}) },
        Action::Create { at: at.clone(), manifest: json!({}) },
        Action::Rehearse(Box::new(Action::Create { at: at.clone(), manifest: json!({}) })),
        Action::Delete { at, uid: "u-1".into() },
    ] {
        let done = cluster.act(&action).await;
        assert!(matches!(done, Done::Object { created: false, .. } | Done::Accepted), "{action:?}: {done:?}");
    }
    let requests = fake.requests();
    let lines: Vec<&str> = requests.iter().map(|r| r.line.as_str()).collect();
    let map = "/api/v1/namespaces/n/configmaps";
    assert_eq!(
        lines,
        [
            "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aa%20b".to_owned(),
            format!("PATCH {map}/a?fieldManager=innkeeper.Site.example.com&force=true&fieldValidation=Ignore"),
            format!("PATCH {map}/a?fieldManager=m&fieldValidation=Ignore"),
            format!("PATCH {map}/a/status?fieldManager=innkeeper&fieldValidation=Ignore"),
            format!("PATCH {map}/a?fieldManager=innkeeper&fieldValidation=Ignore"),
            format!("POST {map}?fieldManager=innkeeper&fieldValidation=Strict"),
            format!("POST {map}?fieldManager=innkeeper&fieldValidation=Strict&dryRun=All"),
            format!("DELETE {map}/a"),
        ]
    );
    let types: Vec<Option<&str>> =
        requests.iter().map(|r| r.head.lines().find_map(|l| l.strip_prefix("content-type: "))).collect();
    let (json, merge) = (Some("application/json"), Some("application/merge-patch+json"));
    let patch = Some("application/json-patch+json");
    assert_eq!(types, [None, Some("application/apply-patch+yaml"), patch, merge, merge, json, json, json]);
    assert!(requests.iter().all(|r| r.head.contains(concat!("user-agent: innkeeper/", env!("CARGO_PKG_VERSION")))));
    let options: Value = serde_json::from_str(&requests[7].body).expect("DeleteOptions");
    assert_eq!(options["propagationPolicy"], "Background");
    assert_eq!(options["preconditions"], json!({"uid": "u-1"}));
}

#[tokio::test]
async fn a_name_that_would_be_another_path_is_never_sent() {
    let fake = Fake::start(|_, _| Reply::Silence).await;
    let cluster = fake.cluster().await;
    for (namespace, name) in [("n", ""), ("n", ".."), ("n", "a/b"), ("", "a"), ("..", "a")] {
        let done = cluster.act(&Action::Delete { at: config_map(namespace, name), uid: "u".into() }).await;
        assert!(matches!(done, Done::Invalid(_)), "{namespace:?} {name:?}: {done:?}");
    }
    let done = cluster.act(&Action::Look(Address { namespace: None, ..config_map("n", "a") })).await;
    assert!(matches!(done, Done::Invalid(_)), "{done:?}");
    assert!(fake.requests().is_empty());
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_30_seconds() {
    let fake = Fake::start(|_, _| Reply::Silence).await;
    let cluster = fake.cluster().await;
    let acting = tokio::spawn(async move { cluster.act(&apply()).await });
    while fake.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(29)).await;
    assert!(!acting.is_finished());
    tokio::time::advance(Duration::from_secs(2)).await;
    let done = acting.await.expect("it ends");
    assert!(matches!(&done, Done::Unknown(why) if why.contains("within 30 s")), "{done:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_the_reason() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), fake::kubeconfig_for("http://127.0.0.1:1")).expect("written");
    let connect = innkeeper_cluster::Connect { kubeconfig: Some(file.path().to_owned()), context: None };
    let cluster = innkeeper_cluster::Cluster::connect(connect).await.expect("a client");
    let done = cluster.act(&apply()).await;
    assert!(matches!(&done, Done::Unknown(why) if why.contains("Connection refused")), "{done:?}");
    let error = cluster.ping().await.expect_err("nobody is there").to_string();
    assert!(error.contains("http://127.0.0.1:1") && error.contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn kinds_that_one_answer_tells_of_cost_one_request() {
    let served = json!({"kind": "APIResourceList", "resources": [
        {"name": "configmaps", "kind": "ConfigMap", "namespaced": true, "verbs": ["list", "watch"]},
        {"name": "services", "kind": "Service", "namespaced": true, "verbs": ["list", "watch"]},
    ]});
    let fake = Fake::start(move |_, _| Reply::Answer("200 OK", vec![], served.to_string())).await;
    let cluster = fake.cluster().await;
    let resolve =
        async |kind| cluster.resolve(&Kind::new("", "v1", kind)).await.expect("an answer").map(|r| r.plural.clone());
    let found = tokio::join!(resolve("ConfigMap"), resolve("Service"), resolve("Secret"));
    assert_eq!(found, (Some("configmaps".into()), Some("services".into()), None));
    assert_eq!(fake.requests().len(), 1);
    resolve("ConfigMap").await;
    assert_eq!(fake.requests().len(), 2, "an answer that was there before is not taken for one of now");
}
