//! How large an answer is: all its text added up.

use innkeeper_core::contract::{self, Failure, Manifest, Outcome, Removal, Request, Wish};
use innkeeper_core::kind::{Key, Named};
use innkeeper_core::world::{Listing, Scope};

/// Bytes of a request's text.
pub(crate) fn request(request: &Request) -> u64 {
    let Request { phase: _, object, config, children, contributions, removals } = request;
    let verdicts = children.iter().chain(contributions).chain(removals).map(|v| key(&v.key) + text(&v.message));
    text(object) + text(config) + verdicts.sum::<u64>()
}

/// Bytes of an outcome's text.
pub(crate) fn outcome(outcome: &Outcome) -> u64 {
    let Outcome {
        children,
        contributions,
        replace,
        remove,
        status,
        conditions,
        hold,
        labels,
        annotations,
        events,
        requeue_after: _,
        finished: _,
    } = outcome;
    let children = children.iter().map(|c| text(&c.manifest) + texts(&c.exclusive) + texts(&c.release));
    let contributions = contributions.iter().map(|c| text(&c.manifest) + texts(&c.take));
    let removals = replace.iter().chain(remove).map(removal);
    let conditions = conditions.iter().map(|c| text(&c.kind) + text(&c.reason) + text(&c.message));
    let hold = hold.iter().map(|h| text(&h.reason) + text(&h.message));
    let own = labels.iter().chain(annotations).map(|(k, v)| text(k) + text(v));
    let events = events.iter().map(|e| text(&e.reason) + text(&e.action) + text(&e.message));
    let status = status.iter().map(|s| text(s));
    children
        .chain(contributions)
        .chain(removals)
        .chain(conditions)
        .chain(hold)
        .chain(own)
        .chain(events)
        .chain(status)
        .sum()
}

/// Bytes of the text of what a guest says when it has no outcome.
pub(crate) fn failure(failure: &Failure) -> u64 {
    match failure {
        Failure::Retry { message, after: _ } => text(message),
        Failure::Invalid { message, field } => text(message) + field.as_deref().map_or(0, text),
        Failure::Trap(message) | Failure::Refused(message) | Failure::Unseen(message) => text(message),
        Failure::Limit { detail, .. } => text(detail),
        Failure::Unwatched { .. } => 0,
    }
}

fn removal(removal: &Removal) -> u64 {
    key(&removal.key) + text(&removal.uid)
}

/// Bytes of the text of an address.
pub(crate) fn key(key: &Key) -> u64 {
    let Named { kind, namespace, name, .. } = &**key;
    let kind = text(&kind.group) + text(&kind.version) + text(&kind.kind);
    kind + namespace.as_deref().map_or(0, text) + text(name)
}

/// Bytes of the text of a question for a list.
pub(crate) fn listing(listing: &Listing) -> u64 {
    let Listing { kind, scope, labels, fields, view: _ } = listing;
    let scope = if let Scope::Namespace(name) = scope { text(name) } else { 0 };
    let kind = text(&kind.group) + text(&kind.version) + text(&kind.kind);
    kind + scope + text(labels) + fields.iter().map(|(path, value)| text(path) + text(value)).sum::<u64>()
}

/// Bytes of the text of what a module says of itself.
pub(crate) fn manifest(manifest: &Manifest) -> u64 {
    let Manifest { name, version, serves, crd, applies, contributes, reads, deletes, .. } = manifest;
    let serves = text(&serves.group) + text(&serves.version) + text(&serves.kind);
    let wishes = applies.iter().chain(contributes).chain(reads).chain(deletes).map(|wish| {
        let Wish { group, kinds, scope } = wish;
        let names = if let contract::Scope::Named(names) = scope { texts(names) } else { 0 };
        text(group) + texts(kinds) + names
    });
    text(name) + text(version) + serves + crd.as_deref().map_or(0, text) + wishes.sum::<u64>()
}

/// Bytes of a text.
pub(crate) fn text(text: &str) -> u64 {
    text.len() as u64
}

/// Bytes of several texts.
pub(crate) fn texts(all: &[String]) -> u64 {
    all.iter().map(|one| text(one)).sum()
}

#[cfg(test)]
mod tests {
    use innkeeper_core::contract::{Adopt, Child, Policy};

    use super::*;

    #[test]
    fn it_counts_every_text() {
        let child = Child {
            manifest: "12345".into(),
            wave: 0,
            policy: Policy::Apply,
            exclusive: vec!["ab".into(), "c".into()],
            release: vec!["d".into()],
            adopt: Adopt::Never,
        };
        let labels = vec![("k".into(), "vv".into())];
        let all = Outcome { children: vec![child], status: Some("{}".into()), labels, ..Outcome::default() };
        assert_eq!(outcome(&all), 5 + 3 + 1 + 2 + 3);
    }
}
