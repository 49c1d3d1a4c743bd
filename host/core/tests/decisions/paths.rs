//! Paths as guests write them.

use innkeeper_core::paths::{Path, Segment, select};
use serde_json::json;

fn field(name: &str) -> Segment {
    Segment::Field(name.into())
}

fn entry(key: &str, value: &str) -> Segment {
    Segment::Entry { key: key.into(), value: value.into() }
}

#[test]
fn a_path_is_read_and_written_back() {
    let cases = [
        ("spec.ports", vec![field("spec"), field("ports")]),
        ("spec.c[name=app].env", vec![field("spec"), field("c"), entry("name", "app"), field("env")]),
        ("c[*].ports[port=80]", vec![field("c"), Segment::All, field("ports"), entry("port", "80")]),
        ("c[name=example.com/x]", vec![field("c"), entry("name", "example.com/x")]),
        ("a.\"example.com/owner\"", vec![field("a"), field("example.com/owner")]),
        ("data.\"a\\\"b\\\\c.d\"", vec![field("data"), field("a\"b\\c.d")]),
        ("data.\"\"", vec![field("data"), field("")]),
        ("l[k=\"a]b\"]", vec![field("l"), entry("k", "a]b")]),
        ("l[k=a=b]", vec![field("l"), entry("k", "a=b")]),
        ("l[\"k=\"=\"\"]", vec![field("l"), entry("k=", "")]),
    ];
    for (text, segments) in cases {
        let path = Path::parse(text).expect(text);
        assert_eq!(path.segments(), segments, "{text}");
        assert_eq!(path.to_string(), text);
    }
    assert_eq!(Path::parse("\"spec\".\"ports\"").expect("a path").to_string(), "spec.ports");
}

#[test]
fn what_is_no_path_is_told_where_and_why() {
    let cases = [
        ("", 1, "a name was expected"),
        ("spec.", 6, "a name was expected"),
        ("spec..ports", 6, "a name was expected"),
        (".spec", 1, "a name was expected"),
        ("[name=app]", 1, "a name was expected"),
        ("spec.ports[name", 16, "a list entry is chosen by"),
        ("spec.ports[0]", 13, "a list entry is chosen by"),
        ("spec.ports[name=a", 18, "`[` is never closed"),
        ("spec.ports[*", 13, "must be closed"),
        ("spec.ports[name=a]x", 19, "a dot, a `[` or the end"),
        ("spec]", 5, "closes nothing"),
        ("sp\"ec", 3, "a dot, a `[` or the end"),
        ("ä.\"b", 5, "the quote is never closed"),
        ("a.\"b\\n\"", 6, "may follow a backslash"),
    ];
    for (text, at, problem) in cases {
        let error = Path::parse(text).expect_err(text);
        assert_eq!(error.at, at, "{error}");
        assert!(error.problem.contains(problem), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn a_path_selects_what_is_there() {
    let object = json!({
        "metadata": {"annotations": {"example.com/owner": "me"}},
        "spec": {"c": [{"name": "a", "ports": [{"port": 80, "on": true}]}, {"name": "b", "ports": [{"port": 81}]}, {"name": "c"}]},
    });
    let cases = [
        ("metadata.annotations.\"example.com/owner\"", json!(["me"])),
        ("spec.c[name=b].ports", json!([[{"port": 81}]])),
        ("spec.c[*].ports[*].port", json!([80, 81])),
        ("spec.c[*].ports[port=80].on", json!([true])),
        ("spec.c[*].ports[on=true].port", json!([80])),
        ("spec.c.name", json!([])),
        ("spec[*]", json!([])),
        ("status", json!([])),
    ];
    for (text, expected) in cases {
        let path = Path::parse(text).expect(text);
        assert_eq!(json!(select(&path, &object)), expected, "{text}");
    }
}
