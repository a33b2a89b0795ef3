//! Engine versions of DMS, and the PostgreSQL versions that they support as a source.
//!
//! Source: DMS user guide, "Using a PostgreSQL database as an AWS DMS source", and "AWS DMS release notes".

use std::fmt;

/// An engine version of DMS, like `3.6.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Engine(pub u32, pub u32, pub u32);

/// The version of a new instance that names none ("The current default engine version for AWS DMS is 3.5.4").
pub const DEFAULT: Engine = Engine(3, 5, 4);

/// Versions that an instance can be created with.
pub const CREATABLE: &[Engine] = &[Engine(3, 5, 3), DEFAULT, Engine(3, 6, 0), Engine(3, 6, 1)];

/// Major version of PostgreSQL, and the first engine that supports it. Older majors work with every engine that is
/// offered.
const SOURCES: &[(u32, Engine)] = &[(16, Engine(3, 5, 3)), (17, Engine(3, 6, 1))];

impl Engine {
    /// Parses `3.6.1`; None if it is not three numbers.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        let engine = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(engine)
    }

    /// Returns the first engine that supports this major version of PostgreSQL, if it is newer than this one.
    pub fn too_old_for(self, major: u32) -> Option<Self> {
        let (_, first) = SOURCES.iter().find(|(source, _)| *source == major)?;
        (self < *first).then_some(*first)
    }
}

/// Returns why an engine can't capture from a version of PostgreSQL; None if it can, or if either is not known.
pub fn unsupported(engine: &str, postgres: &str) -> Option<String> {
    let major = postgres.split('.').next()?.parse().ok()?;
    let first = Engine::parse(engine)?.too_old_for(major)?;
    Some(format!("DMS {engine} does not support PostgreSQL {postgres}, which needs {first} or newer"))
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_need_the_engine_of_the_guide() {
        let needs = |engine: &str, major| Engine::parse(engine).expect("a version").too_old_for(major);
        assert_eq!(needs("3.5.4", 17), Some(Engine(3, 6, 1)));
        assert_eq!(needs("3.6.0", 17), Some(Engine(3, 6, 1)));
        assert_eq!((needs("3.6.1", 17), needs("3.10.0", 17)), (None, None));
        assert_eq!((needs("3.5.2", 16), needs("3.5.3", 16)), (Some(Engine(3, 5, 3)), None));
        assert_eq!(needs("3.5.3", 15), None);
        assert_eq!((Engine::parse("3.6"), Engine::parse("3.6.1.2"), Engine::parse("")), (None, None, None));
    }
}
