//! Reads the fields of a body, and collects all their errors.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::problem::{FieldError, Problem};

pub struct Fields {
    /// JSON Pointer of the object; "" for the body itself.
    path: String,
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    pub fn new(object: Map<String, Value>) -> Self {
        Self { path: String::new(), object, errors: Vec::new() }
    }

    /// Records an invalid field.
    pub fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        self.errors.push(FieldError::new(&self.path, name, detail));
    }

    /// Reads as [`Self::text`]; `None` if the field is absent or null.
    pub fn optional_text(&mut self, name: &str, longest: usize) -> Option<String> {
        self.is_given(name).then(|| self.text(name, longest))
    }

    /// Reads as [`Self::integer`]; `None` if the field is absent or null.
    pub fn optional_integer(&mut self, name: &str, range: RangeInclusive<i32>) -> Option<i32> {
        self.is_given(name).then(|| self.integer(name, range))
    }

    fn is_given(&mut self, name: &str) -> bool {
        if self.object.get(name).is_some_and(Value::is_null) {
            self.object.remove(name);
        }
        self.object.contains_key(name)
    }

    /// Takes a field, and reads its value; records an error if it is missing or invalid.
    fn take<T>(&mut self, name: &str, read: impl FnOnce(&mut Self, Value) -> Result<T, String>) -> Option<T> {
        let read = match self.object.remove(name) {
            Some(value) => read(self, value),
            None => Err("is missing".to_owned()),
        };
        read.map_err(|problem| self.wrong(name, problem)).ok()
    }

    /// Reads a list whose length is in `count`, each object by `read`. If it is invalid, records an error and returns
    /// an empty list.
    pub fn list<T>(
        &mut self,
        name: &str,
        count: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let list = self.take(name, |fields, value| {
            let Value::Array(list) = value else { return Err("must be a list".to_owned()) };
            if !count.contains(&list.len()) {
                return Err(format!("has {} elements; {} to {} are allowed", list.len(), count.start(), count.end()));
            }
            let path = format!("{}/{name}", fields.path);
            let mut taken = Vec::with_capacity(list.len());
            for (index, element) in list.into_iter().enumerate() {
                let Value::Object(object) = element else {
                    fields.errors.push(FieldError::new(&path, &index.to_string(), "must be an object"));
                    continue;
                };
                let mut inner = Self { path: format!("{path}/{index}"), object, errors: Vec::new() };
                taken.push(read(&mut inner));
                inner.end();
                fields.errors.append(&mut inner.errors);
            }
            Ok(taken)
        });
        list.unwrap_or_default()
    }

    /// Reads text of 1 to `longest` characters without control characters (PostgreSQL accepts no NUL); surrounding
    /// white space is dropped. If it is invalid, records an error and returns "".
    pub fn text(&mut self, name: &str, longest: usize) -> String {
        let text = self.take(name, |_, value| {
            let Value::String(text) = value else { return Err("must be text".to_owned()) };
            let text = text.trim();
            match text.chars().count() {
                0 => Err("must not be empty".to_owned()),
                length if length > longest => Err(format!("has {length} characters; at most {longest} are allowed")),
                _ if text.chars().any(char::is_control) => Err("must not contain control characters".to_owned()),
                _ => Ok(text.to_owned()),
            }
        });
        text.unwrap_or_default()
    }

    /// Reads an e-mail address of at most `longest` characters: a local part and a domain, with one `@` between them and
    /// without white space. If it is invalid, records an error and returns "".
    pub fn email(&mut self, name: &str, longest: usize) -> String {
        let before = self.errors.len();
        let text = self.text(name, longest);
        let is_part = |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
        let is_address = text.split_once('@').is_some_and(|(local, domain)| is_part(local) && is_part(domain));
        if self.errors.len() > before || is_address {
            return text;
        }
        self.wrong(name, "must be an e-mail address");
        String::new()
    }

    /// Reads an integer (`2024.0` is one, as in JSON Schema). If it is invalid, records an error and returns 0.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<i32>) -> i32 {
        let integer = self.take(name, |_, value| {
            let Value::Number(number) = value else { return Err("must be a number".to_owned()) };
            let whole = number.as_f64().filter(|value| value.fract() == 0.0).ok_or("must be a whole number")?;
            if !(f64::from(*range.start())..=f64::from(*range.end())).contains(&whole) {
                return Err(format!("must be from {} to {}", range.start(), range.end()));
            }
            #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of an i32")]
            let integer = whole as i32;
            Ok(integer)
        });
        integer.unwrap_or_default()
    }

    /// # Errors
    /// The problem that names every invalid field, unknown ones included.
    pub fn finish(mut self) -> Result<(), Problem> {
        self.end();
        if self.errors.is_empty() { Ok(()) } else { Err(Problem::invalid(self.errors)) }
    }

    fn end(&mut self) {
        let unknown: Vec<_> = self.object.keys().cloned().collect();
        unknown.iter().for_each(|name| self.wrong(name, "is not a known field"));
    }
}
