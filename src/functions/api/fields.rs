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

    /// Reads a list whose length is in `count`, each object by `read`. If it is invalid, records an error and returns
    /// an empty list.
    pub fn list<T>(
        &mut self,
        name: &str,
        count: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        let problem = match self.object.remove(name) {
            None => "is missing".to_owned(),
            Some(Value::Array(list)) if count.contains(&list.len()) => {
                let mut taken = Vec::with_capacity(list.len());
                for (index, element) in list.into_iter().enumerate() {
                    let path = format!("{}/{name}", self.path);
                    let Value::Object(object) = element else {
                        self.errors.push(FieldError::new(&path, &index.to_string(), "must be an object"));
                        continue;
                    };
                    let mut fields = Self { path: format!("{path}/{index}"), object, errors: Vec::new() };
                    taken.push(read(&mut fields));
                    fields.end();
                    self.errors.append(&mut fields.errors);
                }
                return taken;
            }
            Some(Value::Array(list)) => {
                format!("has {} elements; {} to {} are allowed", list.len(), count.start(), count.end())
            }
            Some(_) => "must be a list".to_owned(),
        };
        self.wrong(name, problem);
        Vec::new()
    }

    /// Reads text of 1 to `longest` characters without control characters (PostgreSQL accepts no NUL); surrounding
    /// white space is dropped. If it is invalid, records an error and returns "".
    pub fn text(&mut self, name: &str, longest: usize) -> String {
        let problem = match self.object.remove(name) {
            None => "is missing".to_owned(),
            Some(Value::String(text)) => {
                let text = text.trim();
                match text.chars().count() {
                    0 => "must not be empty".to_owned(),
                    length if length > longest => format!("has {length} characters; at most {longest} are allowed"),
                    _ if text.chars().any(char::is_control) => "must not contain control characters".to_owned(),
                    _ => return text.to_owned(),
                }
            }
            Some(_) => "must be text".to_owned(),
        };
        self.wrong(name, problem);
        String::new()
    }

    /// Reads an e-mail address: some characters, `@`, some characters, no white space, at most 254 characters (RFC
    /// 5321). If it is invalid, records an error and returns "".
    pub fn email(&mut self, name: &str) -> String {
        let before = self.errors.len();
        let text = self.text(name, 254);
        let parts = text.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        if self.errors.len() > before || (parts && !text.contains(char::is_whitespace)) {
            return text;
        }
        self.wrong(name, "must be an e-mail address");
        String::new()
    }

    /// Reads an integer (`2024.0` is one, as in JSON Schema). If it is invalid, records an error and returns 0.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<i32>) -> i32 {
        let problem = match self.object.remove(name) {
            None => "is missing".to_owned(),
            Some(Value::Number(number)) => match number.as_f64() {
                Some(value) if value.fract() == 0.0 => {
                    if f64::from(*range.start()) <= value && value <= f64::from(*range.end()) {
                        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of an i32")]
                        return value as i32;
                    }
                    format!("must be from {} to {}", range.start(), range.end())
                }
                _ => "must be a whole number".to_owned(),
            },
            Some(_) => "must be a number".to_owned(),
        };
        self.wrong(name, problem);
        0
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
