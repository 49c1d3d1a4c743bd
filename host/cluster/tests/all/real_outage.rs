//! A watch outlives the API server.

use std::time::Duration;

use innkeeper_cluster::{Cluster, Connect};
use innkeeper_controlplane::{ControlPlane, NAMED_CLUSTER, Options};
use innkeeper_core::action::{Action, Done};
use innkeeper_core::store::Event;
use innkeeper_core::watch::Watch;
use serde_json::json;
use tokio::sync::mpsc::channel;
use tokio::time::{sleep, timeout};

use crate::real::namespace;
use crate::things::{config_map, config_maps, object};

#[tokio::test(flavor = "multi_thread")]
async fn a_watch_and_its_connection_outlive_a_crash_of_the_api_server() {
    if std::env::var_os(NAMED_CLUSTER).is_some() {
        return;
    }
    // Its own: other tests would not like to lose theirs.
    let control_plane = ControlPlane::start_with(&Options::api_server_only()).expect("a control plane");
    let kubeconfig = Some(control_plane.kubeconfig());
    let cluster = Cluster::connect(Connect { kubeconfig, context: None }).await.expect("a connection");
    let ns = namespace(&cluster, "outage").await;
    let create = |name: &str| {
        let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": ns}});
        Action::Create { at: config_map(&ns, name), manifest }
    };
    let (sink, mut events) = channel(100);
    let handle = cluster.watch(Watch::all(config_maps()), sink);
    let mut seen = async |wanted: &str| {
        let found = async {
            while let Some((_, event)) = events.recv().await {
                if matches!(event, Event::Seen(o) if o.key.name == wanted) {
                    return true;
                }
            }
            false
        };
        timeout(Duration::from_secs(60), found).await.expect("in time")
    };
    object(cluster.act(&create("before")).await);
    assert!(seen("before").await);
    control_plane.kill_api_server().expect("it is killed");
    timeout(Duration::from_secs(30), async {
        while handle.healthy() {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the watch notices");
    let done = cluster.act(&create("during")).await;
    assert!(matches!(&done, Done::Unknown(why) if why.contains("refused")), "{done:?}");
    control_plane.start_api_server().expect("it starts again");
    object(cluster.act(&create("after")).await);
    assert!(seen("after").await);
    assert!(handle.healthy(), "{:?}", handle.trouble());
}
