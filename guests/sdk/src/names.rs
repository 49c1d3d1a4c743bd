//! Names and labels as Kubernetes recommends them.
//!
//! Children carry [`NAME`], [`INSTANCE`] and [`MANAGED_BY`]. A selector is made of name and instance:
//! two objects of one kind in a namespace never mix their Pods.

use std::collections::BTreeMap;
use std::fmt::Write;

use sha2::{Digest, Sha256};

/// The label for what a child belongs to: the name of the application.
pub const NAME: &str = "app.kubernetes.io/name";
/// The label for whose child it is: the name of the object, cut to 63.
pub const INSTANCE: &str = "app.kubernetes.io/instance";
/// The label for who keeps it: `innkeeper`.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The longest label value and the longest name of a Service, in bytes.
pub const LONGEST: usize = 63;

/// The labels that select the Pods of one object of an application.
pub fn selector(app: &str, instance: &str) -> BTreeMap<String, String> {
    [(NAME.to_owned(), cut(app, LONGEST)), (INSTANCE.to_owned(), cut(instance, LONGEST))].into()
}

/// The labels that every child of one object of an application carries.
pub fn labels(app: &str, instance: &str) -> BTreeMap<String, String> {
    let mut labels = selector(app, instance);
    labels.insert(MANAGED_BY.to_owned(), "innkeeper".to_owned());
    labels
}

/// A name of at most so many bytes. A longer one is cut and ends in `-` and eight digits of its digest,
/// so that two long names that begin alike stay apart. `most` should be at least 10.
pub fn cut(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let kept = &name[..name.floor_char_boundary(most.saturating_sub(9))];
    format!("{}-{}", kept.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()), &digest(name)[..8])
}

/// The sha256 of a text in hexadecimal digits: for names that follow from content.
pub fn digest(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, cut, digest};

    #[test]
    fn a_short_name_stays_as_it_is() {
        assert_eq!(cut("web", LONGEST), "web");
        assert_eq!(cut(&"a".repeat(63), LONGEST), "a".repeat(63));
    }

    #[test]
    fn long_names_that_begin_alike_stay_apart() {
        let (a, b) = (cut(&"a".repeat(64), LONGEST), cut(&"a".repeat(65), LONGEST));
        assert_ne!(a, b);
        assert_eq!(a.len(), LONGEST);
    }

    #[test]
    fn a_cut_name_has_one_dash_before_its_digest() {
        let name = format!("{}.-tail that is cut off", "a".repeat(52));
        assert_eq!(cut(&name, LONGEST), format!("{}-{}", "a".repeat(52), &digest(&name)[..8]));
    }
}
