//! A client behind the proxy sees the cluster, or no cluster, as the test wants.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use innkeeper_controlplane::Proxy;

use super::{SHARED, namespace};

/// A proxy for a user of this name, who may do everything.
pub(crate) fn proxy_for(user: &str) -> Proxy {
    SHARED.proxy(&SHARED.user(user, &["system:masters"]).unwrap()).unwrap()
}

/// Runs kubectl through the proxy: what it printed, or what it complained about.
pub(crate) fn kubectl_through(proxy: &Proxy, arguments: &[&str]) -> Result<String, String> {
    let mut command = SHARED.kubectl().unwrap();
    let output = command.env("KUBECONFIG", proxy.kubeconfig()).args(arguments).output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

const GET: [&str; 3] = ["get", "--raw", "/api/v1/namespaces/default"];

#[test]
fn the_api_server_sees_the_user_for_whom_the_proxy_is() {
    let proxy = proxy_for("frank");
    let mark = SHARED.audit().unwrap().mark().unwrap();
    kubectl_through(&proxy, &GET).unwrap();
    let requests = SHARED.audit().unwrap().since(&mark).unwrap().by("frank");
    assert_eq!(requests.len(), 1, "{requests}");
    assert!(requests[0].user_agent.starts_with("kubectl"), "{}", requests[0].user_agent);
}

#[test]
fn an_api_server_that_is_gone_refuses_connections_and_comes_back() {
    let proxy = proxy_for("grace");
    proxy.refuse().unwrap();
    let error = kubectl_through(&proxy, &GET).unwrap_err();
    assert!(error.contains("refused"), "{error}");
    proxy.accept().unwrap();
    kubectl_through(&proxy, &GET).unwrap();
}

#[test]
fn an_answer_takes_the_place_of_the_api_server() {
    let proxy = proxy_for("heidi");
    proxy.answer(503, None);
    let error = kubectl_through(&proxy, &GET).unwrap_err();
    assert!(error.contains("answered by the test proxy"), "{error}");
    proxy.answer_where(503, None, |sent| sent.resource() == Some("secrets"));
    kubectl_through(&proxy, &GET).unwrap();
}

#[test]
fn retry_after_is_heeded_by_clients() {
    let proxy = proxy_for("ivan");
    proxy.answer(429, Some(Duration::from_secs(2)));
    let began = Instant::now();
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| kubectl_through(&proxy, &GET));
        std::thread::sleep(Duration::from_millis(1500));
        proxy.forward();
        asking.join().unwrap().unwrap();
    });
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
}

#[test]
fn a_delay_is_kept() {
    let proxy = proxy_for("judy");
    proxy.delay(Duration::from_millis(700));
    let began = Instant::now();
    kubectl_through(&proxy, &GET).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(700));
}

#[test]
fn a_watch_is_streamed_until_it_is_cut() {
    let ns = namespace("proxy-watch");
    let proxy = proxy_for("kim");
    // kubectl would open another watch; this request is one answer that goes on.
    let path = format!("/api/v1/namespaces/{ns}/configmaps?watch=true");
    let mut command = SHARED.kubectl().unwrap();
    command.env("KUBECONFIG", proxy.kubeconfig()).args(["get", "--raw", &path]);
    let mut watching = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let (tell, told) = channel();
    let output = BufReader::new(watching.stdout.take().unwrap());
    let reading = std::thread::spawn(move || output.lines().try_for_each(|line| tell.send(line.unwrap())));
    let next = |name: &str| {
        SHARED.run(&["create", "configmap", name, "-n", ns]).unwrap();
        while !told.recv_timeout(Duration::from_secs(10)).unwrap().contains(&format!("\"name\":\"{name}\"")) {}
    };
    next("first");
    next("second");
    proxy.cut();
    watching.wait().unwrap();
    drop(told);
    let _ = reading.join().unwrap();
    kubectl_through(&proxy, &GET).unwrap();
}
