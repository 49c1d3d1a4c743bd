//! A set of fields, as an entry of managedFields tells it (structured-merge-diff's fieldsV1).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

use crate::json;
use crate::pool::Pool;

/// A set of fields. It is kept as text: of most objects nobody ever asks what is in it, and as a tree it takes
/// ten times the room.
///
/// Sets that differ in nothing but the uid of an owner have their text in common; the uid is kept apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldSet {
    text: Arc<str>,
    owner: Option<Uuid>,
}

/// Stands in the text where the owner's uid does. No JSON text has this character in it.
const OWNER: &str = "\u{1}";
/// What is before the uid of an owner.
const BEFORE: &str = r#"k:{\"uid\":\""#;

impl FieldSet {
    /// Its text, as the API server wrote it.
    pub fn text(&self) -> Cow<'_, str> {
        match self.owner {
            Some(owner) => {
                Cow::Owned(self.text.replace(OWNER, owner.hyphenated().encode_lower(&mut Uuid::encode_buffer())))
            }
            None => Cow::Borrowed(&self.text),
        }
    }

    /// What tells it from every other one.
    pub(crate) fn words(&self) -> [&[u8]; 2] {
        [self.text.as_bytes(), self.owner.as_ref().map_or(&[], |owner| owner.as_bytes())]
    }

    /// Holds its text in common with others.
    pub(crate) fn share(&mut self, pool: &mut Pool) {
        pool.share(&mut self.text);
    }

    /// The set as a tree, made anew each time.
    pub fn tree(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or(Value::Null)
    }
}

/// The uid of the first owner that a text names.
fn owner(text: &str) -> Option<(&str, Uuid)> {
    let at = text.find(BEFORE)? + BEFORE.len();
    let written = text.get(at..at + Hyphenated::LENGTH)?;
    let uid = Uuid::try_parse(written).ok()?;
    // As it is written is how it must be given back.
    (*uid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == *written).then_some((written, uid))
}

impl From<&str> for FieldSet {
    fn from(text: &str) -> Self {
        match owner(text).filter(|_| !text.contains(OWNER)) {
            Some((uid, owner)) => Self { text: text.replace(uid, OWNER).into(), owner: Some(owner) },
            None => Self { text: text.into(), owner: None },
        }
    }
}

impl From<Value> for FieldSet {
    fn from(tree: Value) -> Self {
        json::text(&tree).as_str().into()
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Box::<RawValue>::deserialize(deserializer)?.get().into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn owned_by(uid: &str) -> Value {
        json!({"f:data": {"f:a": {}}, "f:metadata": {"f:ownerReferences": {(format!("k:{{\"uid\":\"{uid}\"}}")): {}}}})
    }

    #[test]
    fn sets_of_different_owners_have_their_text_in_common_and_are_as_they_were_written() {
        let uids = ["0b7e8f3a-41c2-4d5e-9f60-718293a4b5c6", "ffffffff-0000-4d5e-9f60-718293a4b5c6"];
        let [one, other] = uids.map(|uid| FieldSet::from(owned_by(uid)));
        assert!(one.text == other.text && one != other && one.words() != other.words());
        for (set, uid) in [one, other].iter().zip(uids) {
            assert_eq!(set.tree(), owned_by(uid));
            assert_eq!(*set.text(), json::text(&owned_by(uid)));
        }
    }

    #[test]
    fn what_is_no_uid_as_the_api_server_writes_it_is_left_as_it_is() {
        for uid in ["uid-4", "", "0B7E8F3A-41C2-4D5E-9F60-718293A4B5C6", "0b7e8f3a41c24d5e9f60718293a4b5c6----", "é"] {
            let set = FieldSet::from(owned_by(uid));
            assert_eq!((set.tree(), set.owner), (owned_by(uid), None), "{uid}");
        }
        let none = json!({"f:data": {}});
        assert_eq!(FieldSet::from(none.clone()).tree(), none);
    }
}
