//! What several guests say of Pods.

use k8s_openapi::api::core::v1::{Capabilities, SeccompProfile, SecurityContext};

/// What a container may that needs no rights at all: it runs as this user, not as root, without
/// capabilities, gains no privileges, and is held to the runtime's usual system calls. Kubernetes calls
/// this restricted (Pod Security Standards).
///
/// The user is a number, since a kubelet cannot tell whether a name is root.
pub fn restricted(user: i64) -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), ..Default::default() }),
        run_as_non_root: Some(true),
        run_as_user: Some(user),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".to_owned(), ..Default::default() }),
        ..Default::default()
    }
}

/// A text for `command`, `args` or the value of an `env` that reaches the container as it is.
///
/// Kubernetes puts variables there: `$(NAME)` becomes the value of NAME, and `$$` becomes `$`. Dollars that
/// would be read so are doubled.
pub fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches('$');
        let dollars = &from[..from.len() - after.len()];
        literal.push_str(before);
        literal.push_str(dollars);
        if dollars.len() > 1 || after.starts_with('(') {
            literal.push_str(dollars);
        }
        rest = after;
    }
    literal.push_str(rest);
    literal
}

#[cfg(test)]
mod tests {
    use super::literal;

    #[test]
    fn what_kubernetes_would_read_as_a_variable_is_written_so_that_it_does_not() {
        for (text, wanted) in [
            ("", ""),
            ("echo 'hello' \"$HOME\"; ✓", "echo 'hello' \"$HOME\"; ✓"),
            ("$(date)", "$$(date)"),
            ("costs 5$", "costs 5$"),
            ("$$", "$$$$"),
            ("a$$(b) $c", "a$$$$(b) $c"),
        ] {
            assert_eq!(literal(text), wanted);
        }
    }
}
