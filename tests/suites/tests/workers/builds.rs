//! Builds that end as a test says: the test is the kubelet of their Pods, which no node runs.

use innkeeper_suites::House;
use serde_json::Value;

/// No node is of this kind, so a Pod of a build stays Pending until a test says what became of it.
const CONFIG: &str = r#"{"spec": {"config": {"nodeSelector": {"builds": "by-hand"}}}}"#;

/// From now on builds wait for the test.
pub(crate) fn by_hand(house: &House) {
    house.eventually("the build has its Reconciler", || house.find("Reconciler", "job-builder").is_some());
    house.patch("reconciler", "job-builder", CONFIG);
}

/// The image that is to be built for an account.
pub(crate) fn wanted_image(house: &House, account: &str) -> String {
    house.get("JobBuilder", account)["spec"]["targetImage"].as_str().unwrap_or_default().to_owned()
}

/// The names of the Jobs of an account's builds.
pub(crate) fn jobs(house: &House, account: &str) -> Vec<String> {
    let jobs = house.list("Job", &format!("app.kubernetes.io/instance={account}"));
    jobs.iter().map(|job| job["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Waits until the build of exactly these scripts is at work, in any version. Returns its Job.
pub(crate) fn begun_with(house: &House, account: &str, scripts: &[&str]) -> String {
    let mut wanted: Vec<&str> = scripts.to_vec();
    wanted.sort_unstable();
    begun_where(house, account, &format!("{scripts:?} are built"), |spec| {
        let mut names: Vec<&str> =
            spec["scriptNames"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        names.sort_unstable();
        names == wanted
    })
}

/// Waits until a build that has this url is at work. Returns its Job.
pub(crate) fn begun_of(house: &House, account: &str, url: &str) -> String {
    begun_where(house, account, &format!("{url} is built"), |spec| {
        spec["scriptUrls"].as_array().is_some_and(|urls| urls.iter().any(|one| one == url))
    })
}

fn begun_where(house: &House, account: &str, sentence: &str, so: impl Fn(&Value) -> bool) -> String {
    let mut job = String::new();
    house.eventually(sentence, || {
        let Some(builder) = house.find("JobBuilder", account) else { return Err("there is no JobBuilder".to_owned()) };
        let status = &builder["status"];
        let of_now = status["observedGeneration"] == builder["metadata"]["generation"]
            && status["image"] == builder["spec"]["targetImage"];
        if !so(&builder["spec"]) || !of_now || status["phase"] != "Building" {
            return Err(builder.to_string());
        }
        job = status["job"].as_str().unwrap_or_default().to_owned();
        if pods(house, &job, "Pending").is_empty() { Err(format!("Job {job} has no Pod yet")) } else { Ok(()) }
    });
    job
}

fn pods(house: &House, job: &str, phase: &str) -> Vec<String> {
    let pods = house.list("Pod", &format!("batch.kubernetes.io/job-name={job}"));
    let there =
        pods.iter().filter(|pod| pod["status"]["phase"] == phase && pod["metadata"]["deletionTimestamp"].is_null());
    there.map(|pod| pod["metadata"]["name"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The Pods of a Job end so.
pub(crate) fn pods_end(house: &House, job: &str, phase: &str) {
    for pod in pods(house, job, "Pending") {
        let status = format!(r#"{{"status": {{"phase": "{phase}"}}}}"#);
        house.kubectl(&["patch", "pod", &pod, "--subresource=status", "--type=merge", "-p", &status]);
    }
}

/// The Job succeeds.
pub(crate) fn succeeds(house: &House, job: &str) {
    pods_end(house, job, "Succeeded");
    ends(house, job, "Complete");
}

/// The build of exactly these scripts succeeds.
pub(crate) fn succeed_with(house: &House, account: &str, scripts: &[&str]) {
    succeeds(house, &begun_with(house, account, scripts));
}

/// The build that has this url succeeds, and is served.
pub(crate) fn succeed_of(house: &House, account: &str, url: &str) {
    succeeds(house, &begun_of(house, account, url));
    let image = wanted_image(house, account);
    house
        .eventually("its image is served", || house.get("WorkerAccount", account)["status"]["image"] == image.as_str());
}

/// Waits until what was built last is served: by the account, and by the bundle, whose name is the account's.
pub(crate) fn are_served(house: &House, account: &str) {
    house.eventually("what was built last is served", || {
        let image = house.get("WorkerAccount", account)["status"]["image"].clone();
        image.is_string() && image == wanted_image(house, account).as_str()
    });
    house.wait_for_condition("WorkerAccount", account, "Ready", "True");
    house.wait_for_condition("WorkerBundle", account, "Ready", "True");
}

/// The Job fails for good: no further Pod is tried.
pub(crate) fn fails(house: &House, job: &str) {
    house.patch("job", job, r#"{"spec": {"backoffLimit": 0}}"#);
    pods_end(house, job, "Failed");
    ends(house, job, "Failed");
}

fn ends(house: &House, job: &str, condition: &str) {
    house.eventually(&format!("the Job {job} is {condition}"), || {
        // Who waits for it may have dropped it already.
        house.find("Job", job).is_none_or(|job| {
            innkeeper_suites::condition(&job, condition).is_some_and(|condition| condition["status"] == "True")
        })
    });
}
