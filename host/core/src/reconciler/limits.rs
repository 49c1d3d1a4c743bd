//! Bounds of calls, as a Reconciler says them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract;

/// Bounds of one call. What is left out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    /// CPU time, as `100ms` or `2s`. Default 100ms, at most 10s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(ms|s)$"))]
    pub time: Option<String>,
    /// Linear memory, as `64Mi`. Default 64Mi, at most 256Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(Ki|Mi)$"))]
    pub memory: Option<String>,
    /// All text of an outcome, as `1Mi`. Default 1Mi, at most 16Mi.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[0-9]+(Ki|Mi)$"))]
    pub outcome: Option<String>,
    /// Number of reads. Default 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100_000))]
    pub reads: Option<u32>,
    /// Children, contributions and removals of an outcome, counted together. Default 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub children: Option<u32>,
}

/// The longest time that a Reconciler may allow, in milliseconds.
pub const MOST_TIME_MS: u64 = 10_000;
/// The most memory that a Reconciler may allow, in bytes.
pub const MOST_MEMORY: u64 = 256 << 20;
/// The largest outcome that a Reconciler may allow, in bytes.
pub const MOST_OUTCOME: u64 = 16 << 20;

impl Limits {
    /// What the limits mean; the error names the field that makes no sense.
    pub fn resolve(&self) -> Result<contract::Limits, String> {
        let default = contract::Limits::default();
        let time = quantity(self.time.as_deref(), "spec.limits.time", &[("ms", 1), ("s", 1000)], default.time_ms)?;
        let sizes = [("Ki", 1 << 10), ("Mi", 1 << 20)];
        let memory = quantity(self.memory.as_deref(), "spec.limits.memory", &sizes, default.memory)?;
        let outcome = quantity(self.outcome.as_deref(), "spec.limits.outcome", &sizes, default.outcome)?;
        Ok(contract::Limits {
            time_ms: within(time, "spec.limits.time", MOST_TIME_MS, "ms")?,
            memory: within(memory, "spec.limits.memory", MOST_MEMORY, " bytes")?,
            outcome: within(outcome, "spec.limits.outcome", MOST_OUTCOME, " bytes")?,
            reads: self.reads.unwrap_or(default.reads),
            children: self.children.unwrap_or(default.children),
        })
    }
}

/// A number with one of these units behind it, each with its factor; the error names the field.
pub(super) fn quantity(text: Option<&str>, field: &str, units: &[(&str, u64)], default: u64) -> Result<u64, String> {
    let Some(text) = text else { return Ok(default) };
    units
        .iter()
        .find_map(|(unit, factor)| text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(*factor))
        .ok_or_else(|| {
            let known: Vec<&str> = units.iter().map(|(unit, _)| *unit).collect();
            format!("{field}: {text:?} is not a whole number followed by {}", known.join(" or "))
        })
}

fn within(value: u64, field: &str, most: u64, unit: &str) -> Result<u64, String> {
    if value == 0 || value > most {
        return Err(format!("{field}: {value}{unit} is not between 1 and {most}{unit}"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_that_make_no_sense_are_refused_by_the_name_of_their_field() {
        let bad = |time: &str| Limits { time: Some(time.into()), ..Limits::default() }.resolve();
        assert!(bad("1h").is_err_and(|e| e.contains("spec.limits.time")));
        assert!(bad("0ms").is_err());
        assert!(bad("11s").is_err());
        assert_eq!(bad("2s").map(|l| l.time_ms), Ok(2000));
    }
}
