//! How many things an answer holds. What takes a guest a few bytes to say can take the host a request to do, or
//! a search among all the others: so numbers are bounded beside the size.

use innkeeper_core::contract::{Failure, Limits, Outcome};

/// Events of one outcome. Each may be a request.
pub(crate) const EVENTS: usize = 100;
/// Conditions of one outcome.
pub(crate) const CONDITIONS: usize = 100;
/// Labels and annotations of the object itself, counted together.
pub(crate) const LABELS: usize = 200;
/// Paths of one child (`exclusive` and `release`) or of one contribution (`take`).
pub(crate) const PATHS: usize = 100;

/// Whether an outcome holds no more of anything than it may.
pub(crate) fn outcome(outcome: &Outcome, limits: &Limits) -> Result<(), Failure> {
    let Outcome { children, contributions, replace, remove, conditions, labels, annotations, events, .. } = outcome;
    let wishes = children.len() + contributions.len() + replace.len() + remove.len();
    let most = usize::try_from(limits.children).unwrap_or(usize::MAX);
    within("children", "children, contributions and removals", wishes, most)?;
    within("events", "events", events.len(), EVENTS)?;
    within("conditions", "conditions", conditions.len(), CONDITIONS)?;
    within("labels", "labels and annotations", labels.len() + annotations.len(), LABELS)?;
    let of_children = children.iter().map(|child| child.exclusive.len() + child.release.len());
    let paths = of_children.chain(contributions.iter().map(|one| one.take.len())).max();
    within("paths", "paths in one child or contribution", paths.unwrap_or(0), PATHS)
}

fn within(bound: &'static str, what: &str, count: usize, most: usize) -> Result<(), Failure> {
    if count <= most {
        return Ok(());
    }
    Err(Failure::Limit { bound, detail: format!("the answer has {count} {what}, the limit is {most}") })
}

#[cfg(test)]
mod tests {
    use innkeeper_core::contract::{Adopt, Child, Event, EventType, Policy};

    use super::*;

    fn child(paths: usize) -> Child {
        let exclusive = vec![String::from("data"); paths];
        let (policy, adopt) = (Policy::Apply, Adopt::Never);
        Child { manifest: "{}".into(), wave: 0, policy, exclusive, release: Vec::new(), adopt }
    }

    fn bound(answer: &Outcome) -> Option<&'static str> {
        match outcome(answer, &Limits { children: 2, ..Limits::default() }) {
            Ok(()) => None,
            Err(Failure::Limit { bound, .. }) => Some(bound),
            Err(other) => Some(if other.to_string().is_empty() { "nothing" } else { "another" }),
        }
    }

    #[test]
    fn each_number_has_its_bound() {
        let event = Event { kind: EventType::Normal, reason: "A".into(), action: "B".into(), message: String::new() };
        let label = (String::from("a"), String::from("b"));
        let of = |children: Vec<Child>| Outcome { children, ..Outcome::default() };
        assert_eq!(bound(&of(vec![child(PATHS), child(0)])), None);
        assert_eq!(bound(&of(vec![child(0), child(0), child(0)])), Some("children"));
        assert_eq!(bound(&of(vec![child(0), child(PATHS + 1)])), Some("paths"));
        assert_eq!(bound(&Outcome { events: vec![event.clone(); EVENTS], ..Outcome::default() }), None);
        assert_eq!(bound(&Outcome { events: vec![event; EVENTS + 1], ..Outcome::default() }), Some("events"));
        let both = Outcome { labels: vec![label.clone(); LABELS], annotations: vec![label], ..Outcome::default() };
        assert_eq!(bound(&both), Some("labels"));
    }
}
