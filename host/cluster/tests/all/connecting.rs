//! A configuration that cannot work is told in one sentence: which file, why, what to do.

use innkeeper_cluster::{Cluster, Connect};

use crate::fake::kubeconfig_for;

async fn error(kubeconfig: &str, context: Option<&str>) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), kubeconfig).expect("written");
    let connect = Connect { kubeconfig: Some(file.path().to_owned()), context: context.map(str::to_owned) };
    let error = Cluster::connect(connect).await.expect_err("it cannot work").to_string();
    assert!(error.contains(&file.path().display().to_string()), "it names its file: {error}");
    assert!(!error.contains('\n'), "it is one line: {error:?}");
    error
}

#[tokio::test]
async fn what_is_wrong_with_a_kubeconfig_is_said_with_what_to_do() {
    let good = kubeconfig_for("http://127.0.0.1:1");
    for (kubeconfig, context, why, advice) in [
        (good.as_str(), Some("there"), "it has no context there, only here", "--context"),
        (&good.replace("current-context: here\n", ""), None, "no current-context", "--context"),
        (&good.replace("current-context: here\n", "current-context: gone\n"), None, "no context gone", "--context"),
        (&good.replace("cluster: c", "cluster: d"), None, "a cluster d that it does not describe", "correct it"),
        (&good.replace("server:", "sorver:"), None, "has no server", "correct it"),
        ("a: [", None, "YAML", "correct it"),
        (&good.replace("server:", "certificate-authority: /no/ca.crt, server:"), None, "/no/ca.crt", "correct it"),
        (&good.replace("token: t", "client-key-data: '!', client-certificate-data: '!'"), None, "base64", "correct"),
        (
            &good.replace("server:", "proxy-url: 'ftp://p', server:").replace("127.0.0.1", "10.0.0.1"),
            None,
            "ftp",
            "correct",
        ),
    ] {
        let said = error(kubeconfig, context).await;
        assert!(said.contains(why) && said.contains(advice), "{why}: {said}");
    }
}

#[tokio::test]
async fn a_kubeconfig_that_is_not_there_is_never_passed_over() {
    let connect = Connect { kubeconfig: Some("/no/such/file".into()), context: None };
    let said = Cluster::connect(connect).await.expect_err("there is none").to_string();
    assert!(said.contains("/no/such/file") && said.contains("--kubeconfig"), "{said}");
}
