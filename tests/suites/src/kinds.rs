//! The kinds of this project's own CRDs and of the guests for tests: found by the files of their CRDs.

use std::sync::LazyLock;

use serde_json::Value;

use crate::cluster::repository;
use crate::expected;

/// A kind, where it is served, its names in paths and for kubectl, and whether it has a namespace.
pub(crate) struct Kind {
    pub(crate) kind: String,
    pub(crate) prefix: String,
    pub(crate) plural: String,
    pub(crate) short: Vec<String>,
    pub(crate) namespaced: bool,
}

/// The kinds of every guest of this project, and of those for tests.
pub(crate) static OURS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let folders = ["crds", "tests/guests/crds"].map(|folder| repository().join(folder));
    let files =
        folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("there is a folder with CRDs").flatten());
    let texts = files.map(|file| std::fs::read_to_string(file.path()).expect("a CRD can be read"));
    let mut all: Vec<Kind> = texts.flat_map(|text| expected::documents(&text)).map(|crd| kind(&crd)).collect();
    all.sort_by(|a, b| a.kind.cmp(&b.kind));
    all
});

fn kind(crd: &Value) -> Kind {
    let text = |value: &Value| value.as_str().expect("a CRD names its kind").to_owned();
    let spec = &crd["spec"];
    Kind {
        kind: text(&spec["names"]["kind"]),
        prefix: format!("/apis/{}/{}", text(&spec["group"]), text(&spec["versions"][0]["name"])),
        plural: text(&spec["names"]["plural"]),
        short: spec["names"]["shortNames"].as_array().into_iter().flatten().map(text).collect(),
        namespaced: spec["scope"] == "Namespaced",
    }
}
