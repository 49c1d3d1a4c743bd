//! What somebody does in a step.

use std::path::PathBuf;

use serde_json::Value;

use super::Given;
use super::read::{fields, object, text_of, unknown};
use crate::lab::{Link, PERSON};
use crate::server::Propagation;
use crate::yaml::{Is, Node, Wrong};

/// What somebody does.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Applies this.
    Apply(Given),
    /// Changes an object.
    Patch {
        /// Which.
        what: String,
        /// A merge patch, or the operations of a JSON patch.
        with: Value,
        /// The field manager.
        by: String,
        /// Whether it goes to the status.
        status: bool,
    },
    /// Deletes an object.
    Delete(String, Propagation),
    /// Lets so many milliseconds pass.
    Wait(u64),
    /// A child becomes ready.
    Ready(String),
    /// A child is not ready any more.
    Waiting(String),
    /// A child fails: which, the reason, the message.
    Fail(String, String, String),
    /// The host ends and starts again.
    Restart,
    /// Another module takes over.
    Swap(PathBuf),
    /// Something becomes of the host's watches.
    Watches(Link),
}

const DEEDS: &[&str] = &["apply", "patch", "delete", "wait", "ready", "waiting", "fail", "restart", "swap", "watches"];

/// Reads one.
pub(super) fn deed(node: &Node) -> Result<Deed, Wrong> {
    let Is::Map(all) = &node.is else {
        return Err(Wrong::at(node.line, format!("what somebody does is a mapping, and this is {}", node.name())));
    };
    let verb = all.first().map(|(name, ..)| name.as_str()).unwrap_or_default();
    let only = |more: &[&'static str]| {
        let known: Vec<&str> = std::iter::once(verb).chain(more.iter().copied()).collect();
        fields(node, &format!("`{verb}`"), &known).map(drop)
    };
    let Some((_, line, of)) = all.first() else { return Err(Wrong::at(node.line, "nothing is done here")) };
    let text = |name: &str| node.get(name).map(|node| text_of(node, name)).transpose();
    let own = || text_of(of, verb).map(str::to_owned);
    match verb {
        "apply" => {
            only(&[])?;
            Ok(Deed::Apply(match of.text() {
                Some(file) => Given::File(file.into()),
                None => Given::Object(object(of)?),
            }))
        }
        "patch" => {
            only(&["with", "by", "status"])?;
            let with = node.get("with").ok_or_else(|| {
                Wrong::at(*line, "a patch needs `with`: the fields to change, or a list of JSON patch operations")
            })?;
            let status = node.get("status").is_some_and(|node| node.value() == true);
            Ok(Deed::Patch { what: own()?, with: with.value(), by: text("by")?.unwrap_or(PERSON).to_owned(), status })
        }
        "delete" => {
            only(&["propagation"])?;
            let propagation = match text("propagation")?.unwrap_or("background") {
                "background" => Propagation::Background,
                "foreground" => Propagation::Foreground,
                "orphan" => Propagation::Orphan,
                other => {
                    return Err(unknown(node.line, "a propagation", other, &["background", "foreground", "orphan"]));
                }
            };
            Ok(Deed::Delete(own()?, propagation))
        }
        "wait" => {
            only(&[])?;
            let time: Result<jiff::SignedDuration, _> = own()?.parse();
            let ms = time.ok().and_then(|time| u64::try_from(time.as_millis()).ok());
            Ok(Deed::Wait(ms.ok_or_else(|| Wrong::at(of.line, "this is no time: write it as 30s, 5m or 500ms"))?))
        }
        "ready" => only(&[]).and_then(|()| Ok(Deed::Ready(own()?))),
        "waiting" => only(&[]).and_then(|()| Ok(Deed::Waiting(own()?))),
        "fail" => {
            only(&["reason", "message"])?;
            let word = |name| {
                Ok::<_, Wrong>(text(name)?.unwrap_or(if name == "reason" { "Failed" } else { "it failed" }).to_owned())
            };
            Ok(Deed::Fail(own()?, word("reason")?, word("message")?))
        }
        "restart" => match own()?.as_str() {
            "host" => only(&[]).map(|()| Deed::Restart),
            other => Err(unknown(of.line, "something to restart", other, &["host"])),
        },
        "watches" => {
            only(&[])?;
            match own()?.as_str() {
                "break" => Ok(Deed::Watches(Link::Break)),
                "resume" => Ok(Deed::Watches(Link::Resume)),
                "expire" => Ok(Deed::Watches(Link::Expire)),
                other => Err(unknown(of.line, "what becomes of watches", other, &["break", "resume", "expire"])),
            }
        }
        "swap" => only(&[]).and_then(|()| Ok(Deed::Swap(own()?.into()))),
        other => Err(unknown(*line, "a deed", other, DEEDS)),
    }
}
