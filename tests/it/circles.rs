//! Files of `src` do not import each other in a circle: a reader who starts with the files that import nothing has read
//! everything that the next one needs.
//!
//! A file imports the file that defines a name, also if it takes the name from a `pub use` elsewhere. A `mod.rs` and the
//! files below it are one subject: imports between them do not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::product;

/// The path of a module: `["local", "rds"]`.
type Module = Vec<String>;

/// The paths that a file names.
#[derive(Debug, Default)]
struct File {
    /// Those of `pub use`, by the name that the file exports.
    exports: BTreeMap<String, String>,
    uses: BTreeSet<String>,
}

impl File {
    fn parse(text: &str) -> Self {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let mut file = Self::default();
        for statement in lines.join("\n").split_inclusive(';') {
            let lines: Vec<&str> = statement.lines().map(str::trim).collect();
            let import = lines.iter().position(|line| line.starts_with("use ") || is_export(line));
            let (code, import) = lines.split_at(import.unwrap_or(lines.len()));
            file.uses.extend(paths(&code.join("\n")));
            let import = import.concat();
            let Some((visibility, tree)) = import.split_once("use ") else { continue };
            for path in expand(tree.trim_end_matches(';')) {
                if visibility.is_empty() {
                    file.uses.insert(path);
                } else {
                    file.exports.insert(path.rsplit("::").next().expect("a name").to_owned(), path);
                }
            }
        }
        file
    }
}

/// Returns whether a line begins a `pub use`, or one that is public in a part of the crate.
fn is_export(line: &str) -> bool {
    line.strip_prefix("pub").is_some_and(|rest| rest.trim_start_matches(|c| c != ' ').starts_with(" use "))
}

/// Returns the paths in code: names that `::` connects.
fn paths(code: &str) -> impl Iterator<Item = String> {
    let words = code.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':'));
    words.filter(|word| word.contains("::")).map(|word| word.trim_matches(':').to_owned())
}

/// Returns the paths of an import: `a::{b, c::{self, d}}` has three. `self` at the end stands for its module.
fn expand(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().expect("a path").trim();
        return vec![path.strip_suffix("::self").unwrap_or(path).to_owned()];
    };
    let inside = &rest[..rest.rfind('}').unwrap_or(rest.len())];
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        match (c, depth) {
            (',', 0) => parts.push(String::new()),
            _ => parts.last_mut().expect("a part").push(c),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| expand(&format!("{before}{}", part.trim()))).collect()
}

struct Tree(BTreeMap<Module, File>);

impl Tree {
    /// Reads files by their paths in `src`, like `local/rds/mod.rs`.
    fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let parsed = files.into_iter().map(|(name, text)| {
            let name = name.trim_end_matches(".rs").trim_end_matches("/mod");
            (name.split('/').map(str::to_owned).collect(), File::parse(text))
        });
        Self(parsed.collect())
    }

    /// Returns the module that defines what a path in `module` names; `None` for other crates.
    fn definition(&self, module: &[String], path: &str) -> Option<Module> {
        let mut names = path.split("::").peekable();
        let mut found = match names.next()? {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module.split_last().map_or_else(Vec::new, |(_, above)| above.to_vec()),
            child => Some([module, &[child.to_owned()]].concat()).filter(|child| self.0.contains_key(child))?,
        };
        while names.next_if_eq(&"super").is_some() {
            found.pop();
        }
        while let Some(name) = names.peek() {
            let below = [&found[..], &[(*name).to_owned()]].concat();
            if !self.0.contains_key(&below) {
                break;
            }
            found = below;
            names.next();
        }
        let export = names.next().and_then(|name| self.0.get(&found)?.exports.get(name));
        // A name that is exported from itself would not end.
        let defined = export.filter(|to| *to != path).and_then(|to| self.definition(&found, to));
        Some(defined.unwrap_or(found)).filter(|found| self.0.contains_key(found))
    }

    /// Returns the imports that are part of a circle, each as "file -> file: path".
    fn circles(&self) -> Vec<String> {
        let mut open: BTreeMap<&Module, Vec<(Module, &str)>> = BTreeMap::new();
        for (module, file) in &self.0 {
            let found = file.uses.iter().filter_map(|path| Some((self.definition(module, path)?, path.as_str())));
            let other = found.filter(|(to, _)| !to.starts_with(module) && !module.starts_with(to));
            open.insert(module, other.collect());
        }
        // Removes files that import no remaining file, and those that no remaining file imports.
        loop {
            let before = open.len();
            let imported: BTreeSet<Module> = open.values().flatten().map(|(to, _)| to.clone()).collect();
            open.retain(|module, to| !to.is_empty() && imported.contains(*module));
            let left: BTreeSet<Module> = open.keys().map(|module| (*module).clone()).collect();
            open.values_mut().for_each(|to| to.retain(|(to, _)| left.contains(to)));
            if open.len() == before {
                break;
            }
        }
        let name = |module: &Module| module.join("/");
        let lines = open
            .iter()
            .flat_map(|(from, to)| to.iter().map(move |(to, path)| format!("{} -> {}: {path}", name(from), name(to))));
        lines.collect()
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files = product();
    let inside = files.iter().filter_map(|(name, text)| Some((name.strip_prefix("src/")?, text.as_str())));
    let tree = Tree::new(inside.filter(|(name, _)| !matches!(*name, "lib.rs" | "main.rs" | "internals.rs")));
    assert!(tree.0.len() > 400, "{} files", tree.0.len());
    assert_eq!(tree.circles(), Vec::<String>::new());
}

#[test]
fn a_circle_is_found_through_an_exported_name() {
    let planted = [
        ("a/mod.rs", "mod inner;\npub use inner::{First, Second};"),
        ("a/inner.rs", "use super::helper;\n// use crate::d::Nothing;\nfn f() { crate::b::g(); }"),
        ("b.rs", "use crate::c::{self, deep::{Other, One as Two}};"),
        ("c/mod.rs", "pub(crate) mod deep;"),
        ("c/deep.rs", "use std::{fmt, io};\nuse crate::a::First;\n#[cfg(test)]\nmod tests {\n use crate::d::X;"),
        ("d.rs", "use super::a::Second;"),
    ];
    let wanted = [
        "a/inner -> b: crate::b::g",
        "b -> c/deep: crate::c::deep::One",
        "b -> c/deep: crate::c::deep::Other",
        "c/deep -> a/inner: crate::a::First",
    ];
    assert_eq!(Tree::new(planted).circles(), wanted);
    // Without the import that closes it.
    assert_eq!(Tree::new(planted.into_iter().filter(|(name, _)| *name != "b.rs")).circles(), Vec::<String>::new());
}
