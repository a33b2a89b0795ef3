//! Reading requests: required members, filters, paging.

use serde_json::{Map, Value, json};

use super::fault::{Answer, Fault};
use super::kind::Kind;
use super::store::Resource;

/// Body of a request.
pub(super) struct Input(pub(super) Value);

impl Input {
    /// Returns a required member.
    pub(super) fn text(&self, member: &str) -> Answer<&str> {
        self.optional(member).ok_or_else(|| Fault::parameter(format!("{member} must not be empty")))
    }

    pub(super) fn optional(&self, member: &str) -> Option<&str> {
        self.0[member].as_str().filter(|text| !text.is_empty())
    }

    /// Returns a new resource's name: letters, digits and hyphens; starts with a letter, no two hyphens together, none
    /// at the end.
    pub(super) fn identifier(&self, member: &str) -> Answer<String> {
        let name = self.text(member)?;
        let fine = name.len() <= 255
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !name.contains("--")
            && !name.ends_with('-');
        match fine {
            true => Ok(name.to_owned()),
            false => Err(Fault::parameter(format!(
                "The parameter {member} is not a valid identifier: it must begin with a letter, hold only ASCII \
                 letters, digits and hyphens, and neither end with a hyphen nor hold two in a row"
            ))),
        }
    }

    /// Copies the given members that are present, unchanged.
    pub(super) fn copy(&self, members: &[&str], to: &mut Map<String, Value>) {
        for member in members {
            if !self.0[*member].is_null() {
                to.insert((*member).to_owned(), self.0[*member].clone());
            }
        }
    }

    /// Returns the `Tags` member.
    pub(super) fn tags(&self) -> std::collections::BTreeMap<String, String> {
        let tags = self.0["Tags"].as_array().into_iter().flatten();
        tags.filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str().unwrap_or("").to_owned())))
            .collect()
    }

    /// Returns the name and values of each filter.
    pub(super) fn filters(&self) -> Vec<(&str, Vec<&str>)> {
        let filters = self.0["Filters"].as_array().into_iter().flatten();
        filters.filter_map(|filter| Some((filter["Name"].as_str()?, texts(&filter["Values"])))).collect()
    }

    /// Returns the resources that match every filter.
    pub(super) fn filtered(&self, kind: Kind, resources: Vec<Resource>) -> Answer<Vec<Resource>> {
        let names = kind.names();
        let mut resources = resources;
        for (filter, values) in self.filters() {
            let members: Vec<_> = names.filters.iter().filter(|(name, _)| *name == filter).map(|(_, m)| *m).collect();
            if members.is_empty() {
                return Err(Fault::parameter(format!("Unrecognized filter name: {filter}")));
            }
            resources.retain(|r| members.iter().any(|member| values.contains(&r.text(member))));
        }
        Ok(resources)
    }

    /// Returns one page of `items` under `member`, with a `Marker` if more follow. A page has 20 to `most` items ("MaxRecords"
    /// in the API reference).
    pub(super) fn page(&self, member: &str, items: Vec<Value>, most: u64) -> Answer<Value> {
        let size = match &self.0["MaxRecords"] {
            Value::Null => most.min(100),
            value => value
                .as_u64()
                .filter(|n| (20..=most).contains(n))
                .ok_or_else(|| Fault::parameter(format!("MaxRecords must be at least 20 and at most {most}")))?,
        };
        let from = match self.optional("Marker") {
            None => 0,
            Some(marker) => marker.parse::<usize>().map_err(|_| Fault::parameter("The marker is not valid"))?,
        };
        let end = from.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        let more = items.len() > end;
        let page: Vec<Value> = items.into_iter().skip(from).take(end - from).collect();
        let mut answer = json!({ member: page });
        if more {
            answer["Marker"] = end.to_string().into();
        }
        Ok(answer)
    }
}

fn texts(values: &Value) -> Vec<&str> {
    values.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_at_least_20_items() {
        let items: Vec<Value> = (0..45).map(Value::from).collect();
        let page = |input: Value| Input(input).page("Items", items.clone(), 100);
        let first = page(json!({"MaxRecords": 20})).expect("a page");
        assert_eq!((first["Items"].as_array().map(Vec::len), &first["Marker"]), (Some(20), &json!("20")));
        let last = page(json!({"MaxRecords": 100, "Marker": "40"})).expect("a page");
        assert_eq!((&last["Items"], &last["Marker"]), (&json!([40, 41, 42, 43, 44]), &Value::Null));
        for size in [0, 19, 101] {
            assert!(page(json!({"MaxRecords": size})).is_err(), "{size}");
        }
    }
}
