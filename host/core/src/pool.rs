//! Texts that many objects have in common, held once: objects that one hand made have the same fields.

use std::collections::HashSet;
use std::sync::Arc;

/// How many texts are held at least before those are looked for that nobody has any more.
const SWEPT_FROM: usize = 64;

/// The texts of one store.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    texts: HashSet<Arc<str>>,
    /// How many of them were in use when that was looked at last.
    used: usize,
}

impl Pool {
    /// Puts the text that others have in the place of one that says the same.
    pub(crate) fn share(&mut self, text: &mut Arc<str>) {
        match self.texts.get(text) {
            Some(known) => *text = known.clone(),
            None => {
                if self.texts.len() >= SWEPT_FROM.max(2 * self.used) {
                    self.texts.retain(|text| Arc::strong_count(text) > 1);
                    self.used = self.texts.len();
                }
                self.texts.insert(text.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_have_is_held_once_and_let_go_with_the_last() {
        let mut pool = Pool::default();
        let mut shared = |text: &str| {
            let mut text: Arc<str> = text.into();
            pool.share(&mut text);
            text
        };
        let (one, other) = (shared("fields"), shared("fields"));
        assert!(Arc::ptr_eq(&one, &other) && !Arc::ptr_eq(&one, &shared("others")));
        (0..1000).for_each(|n| drop(shared(&n.to_string())));
        assert!(Arc::ptr_eq(&one, &shared("fields")), "what is in use is kept");
        assert!(pool.texts.len() <= SWEPT_FROM, "{}", pool.texts.len());
    }
}
