//! Which fields a kind has at a place, so that for one that it does not have another can be proposed.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Which field may have been meant by a path that the kind does not have: by its schema, or where it is built in by its
/// type.
pub(crate) fn meant(kind: &str, schema: Option<&Value>, path: &str) -> Option<String> {
    let (place, word) = path.rsplit_once('.').unwrap_or(("", path));
    let known = match schema {
        Some(schema) => of_schema(schema, place),
        None => super::typed::fields(kind, place),
    };
    let meant = crate::meant(word, known.iter().map(String::as_str))?;
    Some(if place.is_empty() { meant.to_owned() } else { format!("{place}.{meant}") })
}

fn of_schema(schema: &Value, place: &str) -> Vec<String> {
    let mut here = schema;
    for step in steps(place) {
        here = match step {
            Step::Field(name) => &here["properties"][name],
            Step::Item => &here["items"],
        };
    }
    here["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
}

/// The fields of a type at a place.
pub(crate) fn of_type<T: DeserializeOwned>(place: &str) -> Vec<String> {
    let (all, found) = (steps(place), RefCell::new(Vec::new()));
    // It always ends in an error: nothing is there to be read but the way to the place.
    let _ = T::deserialize(Probe { way: &all, found: &found });
    found.into_inner().into_iter().map(str::to_owned).collect()
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Item,
}

/// `spec.ports[0]` as steps.
fn steps(place: &str) -> Vec<Step<'_>> {
    let fields = place.split('.').filter(|part| !part.is_empty());
    let each = fields.flat_map(|part| {
        let (name, items) =
            part.split_once('[').map_or((part, 0), |(name, rest)| (name, 1 + rest.matches('[').count()));
        std::iter::once(Step::Field(name)).chain(std::iter::repeat_n(Step::Item, items))
    });
    each.collect()
}

/// Pretends that exactly what leads to the place is there, and notes which fields the type at its end asks for.
struct Probe<'a> {
    way: &'a [Step<'a>],
    found: &'a RefCell<Vec<&'static str>>,
}

#[derive(Debug)]
struct End;

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the place is reached")
    }
}

impl std::error::Error for End {}

impl de::Error for End {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = End;

    fn deserialize_any<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, End> {
        match self.way.first() {
            Some(Step::Field(_)) => visitor.visit_map(&mut self),
            Some(Step::Item) => visitor.visit_seq(&mut self),
            None => Err(End),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, End> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, End> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, End> {
        if self.way.is_empty() {
            self.found.borrow_mut().extend(fields);
        }
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct
        map enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for &mut Probe<'_> {
    type Error = End;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, End> {
        let Some(Step::Field(name)) = self.way.first() else { return Err(End) };
        seed.deserialize(StrDeserializer::<End>::new(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, End> {
        seed.deserialize(Probe { way: &self.way[1..], found: self.found })
    }
}

impl<'de> SeqAccess<'de> for &mut Probe<'_> {
    type Error = End;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, End> {
        seed.deserialize(Probe { way: &self.way[1..], found: self.found }).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_meant_is_found_in_types_and_in_schemas() {
        let of = |kind: &str, path: &str| meant(kind, None, path);
        assert_eq!(of("Deployment", "spec.replcas").as_deref(), Some("spec.replicas"));
        assert_eq!(of("Service", "spec.ports[0].prot").as_deref(), Some("spec.ports[0].port"));
        assert_eq!(
            of("Deployment", "spec.template.spec.containers[0].imag").as_deref(),
            Some("spec.template.spec.containers[0].image")
        );
        assert_eq!(of("ConfigMap", "dta").as_deref(), Some("data"));
        assert_eq!(of("ConfigMap", "metadata.labls").as_deref(), Some("metadata.labels"));
        assert_eq!(of("ConfigMap", "somethingElseAltogether"), None);
        let schema = json!({"properties": {"spec": {"properties": {"beds": {"items": {"properties": {"wide": {}}}}}}}});
        assert_eq!(meant("Inn", Some(&schema), "spec.beds[2].wode").as_deref(), Some("spec.beds[2].wide"));
    }
}
