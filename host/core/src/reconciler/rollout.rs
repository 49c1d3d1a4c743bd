//! How another module takes over, as a Reconciler says it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::quantity;
use crate::rollout::Step;

/// How another module takes over from the one that serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rollout {
    /// Whether a plan over every live object is made before.
    #[serde(default)]
    pub plan: PlanFirst,
    /// With `Auto`: so many children may be deleted or made anew without anybody's approval. Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_deletions: Option<u32>,
    /// On so many objects the new module may fail: in a plan with `Auto`, more than the one before it, else it waits for
    /// approval; in a step, else it is left for the one before. Default 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_failures: Option<u32>,
    /// The steps by which the new module takes over: each a percentage of the objects (`10%`), or a label selector as kubectl
    /// takes it (`tier=canary`). Each adds to those before; the last step of all is every object. Default: all at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20), inner(length(min = 1, max = 1000)))]
    pub steps: Vec<String>,
    /// How long each step lasts at least, as `30s`, `10m` or `1h`. Default 30s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(ms|s|m|h)$"))]
    pub pause: Option<String>,
    /// Within which time an object has to be ready with the new module, as `5m`. Default 5m.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(ms|s|m|h)$"))]
    pub ready_within: Option<String>,
    /// While true no further step is taken. The new module is left all the same where it fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}

/// Whether a plan is made before another module takes over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PlanFirst {
    /// It takes over at once. (Not `Off`, which kubectl reads as a boolean.)
    #[default]
    Never,
    /// One is made. The module takes over by itself if the plan stays within the bounds, else it waits for approval.
    Auto,
    /// One is made, and the module waits for approval.
    Required,
}

/// How long a step lasts, and within which time an object has to be ready, where nobody says so, in milliseconds.
const PAUSE_MS: u64 = 30_000;
const READY_WITHIN_MS: u64 = 300_000;

/// The step that every course ends with.
pub const EVERY_OBJECT: &str = "100%";

/// The steps of a rollout and its times, as they are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The steps, of which the last is [`EVERY_OBJECT`].
    pub steps: Vec<String>,
    /// How long each lasts at least, in milliseconds.
    pub pause_ms: u64,
    /// Within which time an object has to be ready, in milliseconds.
    pub ready_within_ms: u64,
}

impl Default for Course {
    fn default() -> Self {
        let (pause_ms, ready_within_ms) = (PAUSE_MS, READY_WITHIN_MS);
        Self { steps: vec![EVERY_OBJECT.to_owned()], pause_ms, ready_within_ms }
    }
}

impl Course {
    /// The steps that follow after those that are taken. What was taken stays, whatever the steps are by now.
    pub fn left<'a>(&'a self, taken: &'a [String]) -> impl Iterator<Item = &'a str> {
        let last = taken.last();
        let is_over = last.is_some_and(|last| last == EVERY_OBJECT);
        let passed = last.and_then(|last| self.steps.iter().position(|step| step == last)).map_or(0, |at| at + 1);
        let left = self.steps.iter().skip(passed).filter(move |step| !is_over && !taken.contains(step));
        left.map(String::as_str)
    }
}

impl Rollout {
    /// The steps and times; none where all objects are to follow at once. The error names what makes no sense.
    pub fn course(&self) -> Result<Option<Course>, String> {
        let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
        let time = |text: &Option<String>, field, default| quantity(text.as_deref(), field, &units, default);
        let pause_ms = time(&self.pause, "spec.rollout.pause", PAUSE_MS)?;
        let ready_within_ms = time(&self.ready_within, "spec.rollout.readyWithin", READY_WITHIN_MS)?;
        for (n, text) in self.steps.iter().enumerate() {
            Step::parse(text).map_err(|why| format!("spec.rollout.steps[{n}]: {why}"))?;
        }
        let mut steps = self.steps.clone();
        steps.retain(|step| step != EVERY_OBJECT);
        steps.push(EVERY_OBJECT.to_owned());
        Ok((!self.steps.is_empty()).then_some(Course { steps, pause_ms, ready_within_ms }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(steps: &[&str], taken: &[&str]) -> Vec<String> {
        let texts = |all: &[&str]| -> Vec<String> { all.iter().map(|text| (*text).to_owned()).collect() };
        let rollout = Rollout { steps: texts(steps), ..Rollout::default() };
        let course = rollout.course().expect("steps that make sense").expect("steps");
        course.left(&texts(taken)).map(str::to_owned).collect()
    }

    #[test]
    fn what_is_left_follows_from_what_was_taken_whatever_the_steps_are_by_now() {
        assert_eq!(left(&["10%", "50%"], &[]), ["10%", "50%", "100%"]);
        assert_eq!(left(&["10%", "50%", "100%"], &["10%"]), ["50%", "100%"]);
        assert_eq!(left(&["25%"], &["5%", "25%"]), ["100%"], "steps that were taken are gone from the list");
        assert_eq!(
            left(&["20%", "50%"], &["10%"]),
            ["20%", "50%", "100%"],
            "the one that was taken is another one now"
        );
        assert_eq!(left(&["10%", "50%"], &["10%", "100%"]), Vec::<String>::new());
    }
}
