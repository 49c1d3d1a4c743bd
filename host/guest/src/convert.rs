//! Between the types that are generated from `wit/` and core's: the only file that names both. It is compiled twice, here
//! and in `guests/story`, where `bindings` are those of guests: only the generated types differ.

use innkeeper_core::contract as core;
use innkeeper_core::kind;
use innkeeper_core::world::{Listing, Scope};

use crate::bindings::innkeeper::guest::{about, cluster, reconcile_types as wit, types};

pub(crate) fn request(from: core::Request) -> wit::Request {
    let verdicts = |all: Vec<core::Verdict>| all.into_iter().map(verdict).collect();
    wit::Request {
        phase: match from.phase {
            core::Phase::Apply => wit::Phase::Apply,
            core::Phase::Finalize => wit::Phase::Finalize,
        },
        object: from.object,
        config: from.config,
        children: verdicts(from.children),
        contributions: verdicts(from.contributions),
        removals: verdicts(from.removals),
    }
}

fn verdict(from: core::Verdict) -> wit::Verdict {
    let kind::Kind { group, version, kind } = &from.key.kind;
    wit::Verdict {
        key: types::Key {
            kind: types::Kind { group: group.to_string(), version: version.to_string(), kind: kind.to_string() },
            namespace: from.key.namespace.clone(),
            name: from.key.name.clone(),
        },
        state: match from.state {
            core::State::Absent => wit::State::Absent,
            core::State::Applied => wit::State::Applied,
            core::State::Waiting => wit::State::Waiting,
            core::State::Current => wit::State::Current,
            core::State::Failed => wit::State::Failed,
            core::State::Conflict => wit::State::Conflict,
            core::State::Deleting => wit::State::Deleting,
        },
        message: from.message,
    }
}

pub(crate) fn kind(from: types::Kind) -> kind::Kind {
    kind::Kind::new(&from.group, &from.version, &from.kind)
}

pub(crate) fn key(from: types::Key) -> kind::Key {
    kind::Key::new(kind(from.kind), from.namespace, from.name)
}

pub(crate) fn view(from: types::View) -> core::View {
    match from {
        types::View::Names => core::View::Names,
        types::View::Metadata => core::View::Metadata,
        types::View::Spec => core::View::Spec,
        types::View::Status => core::View::Status,
        types::View::Full => core::View::Full,
        types::View::Digest => core::View::Digest,
    }
}

pub(crate) fn listing(from: cluster::Query) -> Listing {
    let scope = match from.area {
        cluster::Area::OwnNamespace => Scope::Own,
        cluster::Area::Namespace(name) => Scope::Namespace(name),
        cluster::Area::All => Scope::All,
    };
    let (kind, view) = (kind(from.kind), view(from.view));
    Listing { kind, scope, labels: from.labels, fields: from.fields, view }
}

pub(crate) fn manifest(from: about::Manifest) -> core::Manifest {
    let wishes = |all: Vec<about::Wish>| all.into_iter().map(wish).collect();
    core::Manifest {
        name: from.name,
        version: from.version,
        serves: kind(from.serves),
        crd: from.crd,
        applies: wishes(from.applies),
        contributes: wishes(from.contributes),
        reads: wishes(from.reads),
        deletes: wishes(from.deletes),
        finalizes: from.finalizes,
        ordered_deletion: from.ordered_deletion,
    }
}

fn wish(from: about::Wish) -> core::Wish {
    core::Wish {
        group: from.group,
        kinds: from.kinds,
        scope: match from.scope {
            about::Scope::OwnNamespace => core::Scope::Own,
            about::Scope::Named(names) => core::Scope::Named(names),
            about::Scope::All => core::Scope::All,
            about::Scope::Cluster => core::Scope::Cluster,
        },
    }
}

pub(crate) fn failure(from: wit::Failure) -> core::Failure {
    match from {
        wit::Failure::Retry(wit::Retry { message, after }) => core::Failure::Retry { message, after },
        wit::Failure::Invalid(wit::Invalid { message, field }) => core::Failure::Invalid { message, field },
    }
}

pub(crate) fn outcome(from: wit::Outcome) -> core::Outcome {
    let contribution = |c: wit::Contribution| core::Contribution { manifest: c.manifest, take: c.take };
    core::Outcome {
        children: from.children.into_iter().map(child).collect(),
        contributions: from.contributions.into_iter().map(contribution).collect(),
        replace: from.replace.into_iter().map(removal).collect(),
        remove: from.remove.into_iter().map(removal).collect(),
        status: from.status,
        conditions: from.conditions.into_iter().map(condition).collect(),
        hold: from.hold.map(|h| core::Hold { reason: h.reason, message: h.message }),
        labels: from.labels,
        annotations: from.annotations,
        events: from.events.into_iter().map(event).collect(),
        requeue_after: from.requeue_after,
        finished: from.finished,
    }
}

fn child(from: wit::Child) -> core::Child {
    core::Child {
        manifest: from.manifest,
        wave: from.wave,
        policy: match from.policy {
            wit::Policy::Apply => core::Policy::Apply,
            wit::Policy::CreateOnly => core::Policy::CreateOnly,
            wit::Policy::Recreate => core::Policy::Recreate,
            wit::Policy::Keep => core::Policy::Keep,
        },
        exclusive: from.exclusive,
        release: from.release,
        adopt: match from.adopt {
            wit::Adopt::Never => core::Adopt::Never,
            wit::Adopt::Unowned => core::Adopt::Unowned,
            wit::Adopt::Earlier => core::Adopt::Earlier,
        },
    }
}

fn removal(from: wit::Removal) -> core::Removal {
    core::Removal { key: key(from.key), uid: from.uid, before_wave: from.before_wave }
}

fn condition(from: wit::Condition) -> core::Condition {
    core::Condition {
        kind: from.type_,
        status: match from.status {
            wit::ConditionStatus::True => core::ConditionStatus::True,
            wit::ConditionStatus::False => core::ConditionStatus::False,
            wit::ConditionStatus::Unknown => core::ConditionStatus::Unknown,
        },
        reason: from.reason,
        message: from.message,
    }
}

fn event(from: wit::Event) -> core::Event {
    core::Event {
        kind: match from.type_ {
            wit::EventType::Normal => core::EventType::Normal,
            wit::EventType::Warning => core::EventType::Warning,
        },
        reason: from.reason,
        action: from.action,
        message: from.message,
    }
}
