//! The map in `src/lib.rs` is true: every room is on it, and imports only what the map allows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use outboxctl::internals::pipelines::{self, Output};

use crate::support::repository;

/// Room → the rooms it may import; None for "everything".
fn map() -> BTreeMap<String, Option<BTreeSet<String>>> {
    let text = std::fs::read_to_string(repository().join("src/lib.rs")).expect("src/lib.rs");
    let mut rooms = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("//! | [`")) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let room = cells[0].split('`').next().expect("a name").to_owned();
        let imports = cells[2];
        let named = imports.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let allowed = if imports.starts_with("every") { None } else { Some(named) };
        rooms.insert(room, allowed);
    }
    rooms
}

fn sources(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            sources(&entry.expect("an entry").path(), found);
        }
    } else if path.extension().is_some_and(|e| e == "rs") {
        found.push(path.to_owned());
    }
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(repository().join("src")).expect("a path in src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Rooms named as `crate::room` outside comments.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = &group[..group.find('}').unwrap_or(group.len())];
            found.extend(group.split(',').map(|item| item.trim().split("::").next().unwrap_or("").to_owned()));
        } else {
            found.insert(rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned());
        }
    }
    found
}

#[test]
fn every_room_is_on_the_map_and_imports_what_it_may() {
    let map = map();
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let mut broken = Vec::new();
    for file in &files {
        let room = room_of(file);
        if matches!(room.as_str(), "main" | "lib" | "build" | "internals") {
            continue;
        }
        let Some(allowed) = map.get(&room) else {
            broken.push(format!("{} is in room {room}, which is not on the map", file.display()));
            continue;
        };
        let Some(allowed) = allowed else { continue };
        let text = std::fs::read_to_string(file).expect("a source file");
        for import in imports(&text) {
            if import != room && map.contains_key(&import) && !allowed.contains(&import) {
                broken.push(format!("{}: {room} imports {import}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "the map in src/lib.rs does not hold:\n{}", broken.join("\n"));
}

/// The first lines of each room repeat its line of the map, so that they can't disagree.
#[test]
fn every_room_says_what_it_imports() {
    for (room, allowed) in map() {
        let Some(allowed) = allowed else { continue };
        let module = repository().join("src").join(&room).join("mod.rs");
        let text = std::fs::read_to_string(&module).unwrap_or_else(|e| panic!("{}: {e}", module.display()));
        let head: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let head = head.join(" ");
        let (_, said) = head.split_once("Imports ").unwrap_or_else(|| panic!("{} has no imports", module.display()));
        let said = said.split('.').next().expect("a sentence");
        let said: BTreeSet<String> = said.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(said, allowed, "{}: first lines on the left, the map on the right", module.display());
    }
}

/// Returns what each room really imports.
fn imported() -> BTreeMap<String, BTreeSet<String>> {
    let map = map();
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in &files {
        let room = room_of(file);
        let text = std::fs::read_to_string(file).expect("a source file");
        let known = imports(&text).into_iter().filter(|import| *import != room && map.contains_key(import));
        found.entry(room.clone()).or_default().extend(known);
    }
    found
}

#[test]
fn the_map_allows_nothing_that_is_not_used() {
    let imported = imported();
    for (room, allowed) in map() {
        if let Some(allowed) = allowed {
            assert_eq!(imported[&room], allowed, "{room}: imported on the left, allowed on the right");
        }
    }
}

/// Engines report through `base::report::Reporter`, so that each can run without a terminal.
#[test]
fn only_commands_know_the_console() {
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    files.retain(|file| !matches!(room_of(file).as_str(), "cli" | "commands" | "output" | "main" | "lib"));
    let knows = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).expect("a source file");
        text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("Console"))
    };
    let found: Vec<&PathBuf> = files.iter().filter(|file| knows(file)).collect();
    assert_eq!(found, Vec::<&PathBuf>::new(), "use crate::base::report::Reporter");
}

#[test]
fn no_rooms_import_each_other_in_a_circle() {
    let mut open = imported();
    // Removes rooms that import no remaining room, until none is left or the rest are in circles.
    loop {
        let done: BTreeSet<String> =
            open.iter().filter(|(_, on)| on.is_empty()).map(|(room, _)| room.clone()).collect();
        if done.is_empty() {
            break;
        }
        open.retain(|room, _| !done.contains(room));
        open.values_mut().for_each(|on| on.retain(|room| !done.contains(room)));
    }
    assert!(open.is_empty(), "circles among {:?}", open.keys().collect::<Vec<_>>());
}

/// The data plane of DMS could follow a slot anywhere: it knows nothing of the local stack around it.
#[test]
fn the_capture_knows_no_other_part_of_the_local_stack() {
    let mut files = Vec::new();
    sources(&repository().join("src/local/capture"), &mut files);
    assert!(!files.is_empty());
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a source file");
        assert!(!imports(&text).contains("local") && !text.contains("super::super"), "{}", file.display());
    }
}

#[test]
fn imports_are_found_in_every_form() {
    let text =
        "use crate::aws::Clients;\nuse crate::{error::Kind, output};\n// crate::local\nfn f() { crate::ui::g() }";
    let found: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(found, ["aws", "error", "output", "ui"]);
}

/// Variables are read in one place, so that an empty one is unset everywhere and one that can't be used is named.
#[test]
fn variables_are_read_in_one_place() {
    // The first is that place. The others: the build script, a test's switch, what the output reads of the terminal and of CI, and the list of
    // variables that children inherit.
    const ALLOWED: [&str; 6] = [
        "src/settings/environment.rs",
        "src/build.rs",
        "src/commands/init/schema.rs",
        "src/output/render.rs",
        "src/output/github.rs",
        "src/local/child_environment.rs",
    ];
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let mut found = Vec::new();
    for file in files {
        let name = file.strip_prefix(repository()).expect("a path in it").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a source file");
        if ["env::var(", "env::var_os(", "env::vars(", "env::vars_os("].iter().any(|call| text.contains(call))
            && !ALLOWED.contains(&name.as_str())
        {
            found.push(name);
        }
    }
    assert_eq!(found, Vec::<String>::new(), "use crate::settings::environment");
}

/// Returns the string literals of a source file, without those of tests, comments and documentation.
fn literals(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = Vec::new();
    for line in lines {
        found.extend(line.replace("\\\"", "").split('"').skip(1).step_by(2).map(str::to_owned));
    }
    found
}

/// Source files with the text of each, without those that are compiled for tests only.
pub fn product() -> Vec<(String, String)> {
    let mut files = Vec::new();
    sources(&repository().join("src"), &mut files);
    let named = files.into_iter().map(|file| {
        let name = file.strip_prefix(repository()).expect("a path in it").to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&file).expect("a source file");
        (name, text)
    });
    named
        .filter(|(name, _)| !["tests.rs", "_tests.rs", "/fake", "/scenarios/"].iter().any(|part| name.contains(part)))
        .collect()
}

/// A pipeline is data: only `pipelines` knows pipelines, stacks and outputs by name.
#[test]
fn only_the_pipelines_know_names_of_pipelines_stacks_and_outputs() {
    // Services of AWS have members of the same names: the local stack reproduces them. The rights of the functions name
    // resources as the templates do. `settings` has the default and may not import `pipelines`; `pipelines::find` is
    // tested with it.
    const ALLOWED: [&str; 3] = ["src/local/", "src/functions/rights.rs", "src/settings/mod.rs"];
    let mut names: BTreeSet<&str> = Output::ALL.iter().map(|output| output.name()).collect();
    names.extend(pipelines::ALL.iter().map(|pipeline| pipeline.name));
    let mut found = Vec::new();
    for (file, text) in product() {
        if file.starts_with("src/pipelines/") || ALLOWED.iter().any(|allowed| file.starts_with(allowed)) {
            continue;
        }
        for literal in literals(&text) {
            if names.contains(literal.as_str()) {
                found.push(format!("{file}: {literal:?}"));
            }
        }
        if text.split("#[cfg(test)]\nmod tests {").next().is_some_and(|code| code.contains(".stack(\"")) {
            found.push(format!("{file}: a stack by its name"));
        }
    }
    assert_eq!(found, Vec::<String>::new(), "use the route, Part and Output of crate::pipelines");
}

#[test]
fn the_default_pipeline_is_one_of_the_pipelines() {
    assert!(pipelines::find(outboxctl::internals::settings::DEFAULT_PIPELINE).is_ok());
}

#[test]
fn literals_are_found_outside_comments_and_tests() {
    let text = "/// a \"b\"\nlet c = f(\"BusName\", \"d\");\n#[cfg(test)]\nmod tests {\n\"ApiUrl\"";
    assert_eq!(literals(text), ["BusName", "d"]);
}

/// Rooms are private, so that the compiler finds code that nothing uses; `internals` lists the items that tests use.
#[test]
fn every_room_is_private() {
    let library = std::fs::read_to_string(repository().join("src/lib.rs")).expect("src/lib.rs");
    let public: Vec<&str> = library.lines().filter(|line| line.starts_with("pub mod ")).collect();
    assert_eq!(public, ["pub mod internals;"]);
    let listed = std::fs::read_to_string(repository().join("src/internals.rs")).expect("src/internals.rs");
    assert!(!listed.contains("*;"), "a list of everything hides unused code again");
    let mut files = Vec::new();
    sources(&repository().join("tests/it"), &mut files);
    sources(&repository().join("benches"), &mut files);
    let used: String = files.iter().map(|file| std::fs::read_to_string(file).expect("a source file")).collect();
    let words: BTreeSet<&str> = used.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let items = listed.lines().filter(|line| !line.trim_start().starts_with("//"));
    let unused: Vec<&str> = items
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .filter(|word| !matches!(*word, "" | "pub" | "mod" | "use" | "crate") && !words.contains(word))
        .collect();
    assert_eq!(unused, Vec::<&str>::new(), "listed in src/internals.rs, and used by no test");
}

/// Tool files are hidden, and the output of tools is ignored by git.
#[test]
fn the_top_level_has_the_parts_of_a_package_and_nothing_else() {
    let listed = std::process::Command::new("git").args(["ls-files"]).current_dir(repository()).output();
    let Some(listed) = listed.ok().filter(|listed| listed.status.success()) else {
        return crate::support::not_run("the files of this repository are not in git");
    };
    let listed = String::from_utf8(listed.stdout).expect("UTF-8");
    let top: BTreeSet<&str> = listed.lines().filter_map(|path| path.split('/').next()).collect();
    let visible: Vec<&str> = top.into_iter().filter(|name| !name.starts_with('.')).collect();
    let parts = ["CHANGELOG.md", "Cargo.lock", "Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"];
    let folders = ["benches", "completions", "schema", "src", "templates", "tests"];
    assert_eq!(visible, [&parts[..], &folders[..]].concat());
}
