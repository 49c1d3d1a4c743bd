//! Who changed an object last, as its managedFields tell.

use serde_json::Value;

use crate::object::ManagedFields;

/// The field manager that made `after` of `before`; none where managedFields do not tell.
///
/// It is the manager whose entry is new or newer. managedFields count whole seconds: of several in one second
/// it is the one that took fields, since who only lost them did nothing.
pub fn author<'a>(before: &[ManagedFields], after: &'a [ManagedFields]) -> Option<&'a str> {
    let earlier = |entry: &ManagedFields| {
        before.iter().find(|b| {
            (&b.manager, &b.operation, &b.subresource, &b.api_version)
                == (&entry.manager, &entry.operation, &entry.subresource, &entry.api_version)
        })
    };
    let rank = |entry: &ManagedFields| {
        let before = earlier(entry);
        let is_newer = before.is_none_or(|b| b.time < entry.time);
        let has_more = |b: &ManagedFields| has_more(&entry.fields_v1.tree(), &b.fields_v1.tree());
        let took = before.is_none_or(|b| entry.fields_v1 != b.fields_v1 && has_more(b));
        (is_newer, took)
    };
    let newest = after.iter().max_by(|a, b| (rank(a), &a.time).cmp(&(rank(b), &b.time)))?;
    Some(&newest.manager)
}

/// Whether a set of fields holds one that another lacks.
fn has_more(these: &Value, those: &Value) -> bool {
    let Value::Object(these) = these else { return false };
    these.iter().any(|(field, below)| those.get(field).is_none_or(|other| has_more(below, other)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry(manager: &str, time: &str, fields: Value) -> ManagedFields {
        let (manager, operation, time) = (manager.into(), "Update".into(), time.into());
        ManagedFields { manager, operation, time, fields_v1: fields.into(), ..ManagedFields::default() }
    }

    #[test]
    fn the_newest_entry_names_who_changed_an_object() {
        let before = [entry("us", "2026-01-01T00:00:01Z", json!({"f:data": {"f:x": {}}}))];
        let after = [
            entry("us", "2026-01-01T00:00:01Z", json!({"f:data": {"f:x": {}}})),
            entry("them", "2026-01-01T00:00:02Z", json!({"f:data": {"f:y": {}}})),
        ];
        assert_eq!(author(&before, &after), Some("them"));
        assert_eq!(author(&[], &after), Some("them"));
        assert_eq!(author(&[], &[]), None);
    }

    #[test]
    fn within_one_second_it_is_who_took_a_field_and_not_who_lost_it() {
        let time = "2026-01-01T00:00:01Z";
        let ours = [entry("them", time, json!({"f:data": {}})), entry("us", time, json!({"f:data": {"f:x": {}}}))];
        let theirs = [entry("them", time, json!({"f:data": {"f:x": {}}})), entry("us", time, json!({"f:data": {}}))];
        assert_eq!(author(&ours, &theirs), Some("them"));
        assert_eq!(author(&theirs, &ours), Some("us"));
    }

    #[test]
    fn within_one_second_a_value_changed_by_its_owner_is_not_laid_to_others_that_are_older() {
        let fields = json!({"f:data": {"f:x": {}}});
        let all =
            [entry("owner", "2026-01-01T00:00:05Z", fields.clone()), entry("older", "2026-01-01T00:00:01Z", fields)];
        assert_eq!(author(&all, &all), Some("owner"));
    }

    #[test]
    fn within_one_second_it_is_who_wrote_in_it_and_not_who_had_written_in_it_before() {
        let entries = |theirs: &str| {
            let them = entry("them", theirs, json!({"f:data": {"f:y": {}}}));
            [them, entry("us", "2026-01-01T00:00:02Z", json!({"f:data": {"f:x": {}}}))]
        };
        let (before, after) = (entries("2026-01-01T00:00:01Z"), entries("2026-01-01T00:00:02Z"));
        assert_eq!(author(&before, &after), Some("them"));
    }
}
