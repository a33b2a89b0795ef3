//! Checks that an executable runs on Lambda's `provided.al2023` (Amazon Linux 2023: glibc 2.34).

use object::elf::{DT_NEEDED, EM_AARCH64, EM_X86_64, ET_DYN, ET_EXEC, FileHeader64, PT_INTERP, VER_FLG_WEAK};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionTable};
use object::{LittleEndian, ReadRef};

use crate::base::error::{Error, Kind, OrFail, Result};

/// glibc of Amazon Linux 2023.
const LAMBDA_GLIBC: (u32, u32) = (2, 34);

/// The target of functions of this machine's architecture.
const TARGET: &str =
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" };

/// Returns the command that builds an executable for Lambda on any machine: Zig's linker has the symbols of every glibc
/// version. cargo-zigbuild and Zig come from the Python package index, the target's standard library from rustup.
fn build_command() -> String {
    format!(
        "build one from the sources of this version: pip install cargo-zigbuild ziglang && rustup target add {TARGET} && \
         cargo zigbuild --release --locked --target {TARGET}.2.34; it is then target/{TARGET}/release/outboxctl"
    )
}

/// Libraries of the runtime image.
const LIBRARIES: &[&str] = &[
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
];

/// The destination of the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// On Lambda.
    OnLambda,
    /// On this machine, where this executable already runs.
    Here,
}

/// The architecture of an executable, in Lambda's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    X86_64,
    Arm64,
}

impl Architecture {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Reads the executable's headers.
///
/// # Errors
/// `NotLambdaCompatible`, with the reason.
pub fn inspect(executable: &[u8], runs: Runs) -> Result<Architecture> {
    let refuse = |why: String| {
        let error = Error::new(Kind::NotLambdaCompatible, format!("the executable can't run on Lambda: {why}"));
        error.hint(build_command())
    };
    let unreadable = || "its ELF headers can't be read".to_owned();
    let header = FileHeader64::<LittleEndian>::parse(executable)
        .map_err(|_| refuse("it is not a 64-bit Linux executable (ELF)".into()))?;
    let endian = header.endian().or_fail(Kind::NotLambdaCompatible, unreadable)?;
    if !matches!(header.e_type(endian), ET_EXEC | ET_DYN) {
        return Err(refuse("it is not an executable".into()));
    }
    let architecture = match header.e_machine(endian) {
        EM_X86_64 => Architecture::X86_64,
        EM_AARCH64 => Architecture::Arm64,
        other => return Err(refuse(format!("it is for ELF machine {other:?}, not x86_64 or aarch64"))),
    };
    if runs == Runs::Here {
        return Ok(architecture);
    }
    let sections = header.sections(endian, executable).or_fail(Kind::NotLambdaCompatible, unreadable)?;
    let needed = needed_libraries(endian, executable, &sections).or_fail(Kind::NotLambdaCompatible, unreadable)?;
    let missing: Vec<_> = needed.iter().filter(|library| !LIBRARIES.contains(&library.as_str())).cloned().collect();
    if !missing.is_empty() {
        return Err(refuse(format!("it needs {}, which Amazon Linux 2023 does not have", missing.join(", "))));
    }
    let interpreted = header
        .program_headers(endian, executable)
        .or_fail(Kind::NotLambdaCompatible, unreadable)?
        .iter()
        .any(|segment| segment.p_type(endian) == PT_INTERP);
    if interpreted {
        let newest = newest_glibc(endian, executable, &sections).or_fail(Kind::NotLambdaCompatible, unreadable)?;
        if newest > LAMBDA_GLIBC {
            let (wants, has) = (format!("{}.{}", newest.0, newest.1), format!("{}.{}", LAMBDA_GLIBC.0, LAMBDA_GLIBC.1));
            return Err(refuse(format!("it needs glibc {wants}, and Amazon Linux 2023 has {has}")));
        }
    }
    Ok(architecture)
}

type Sections<'data> = SectionTable<'data, FileHeader64<LittleEndian>>;

fn needed_libraries(endian: LittleEndian, data: &[u8], sections: &Sections<'_>) -> object::read::Result<Vec<String>> {
    let Some((entries, link)) = sections.dynamic(endian, data)? else { return Ok(Vec::new()) };
    let strings = sections.strings(endian, data, link)?;
    let mut names = Vec::new();
    for entry in entries.iter().filter(|entry| entry.tag(endian) == DT_NEEDED) {
        names.push(String::from_utf8_lossy(entry.string(endian, strings)?).into_owned());
    }
    Ok(names)
}

/// Returns the newest glibc version that a symbol needs. Any version satisfies weak symbols.
fn newest_glibc<'data, R: ReadRef<'data>>(
    endian: LittleEndian,
    data: R,
    sections: &SectionTable<'data, FileHeader64<LittleEndian>, R>,
) -> object::read::Result<(u32, u32)> {
    let mut newest = (0, 0);
    let Some((mut needs, link)) = sections.gnu_verneed(endian, data)? else { return Ok(newest) };
    let strings = sections.strings(endian, data, link)?;
    while let Some((_, mut versions)) = needs.next()? {
        while let Some(version) = versions.next()? {
            let name = String::from_utf8_lossy(version.name(endian, strings)?).into_owned();
            let weak = version.vna_flags.get(endian).contains(VER_FLG_WEAK);
            if !weak && let Some(number) = glibc_number(&name) {
                newest = newest.max(number);
            }
        }
    }
    Ok(newest)
}

/// Parses `GLIBC_2.34` → (2, 34). `GLIBC_PRIVATE` and others are not numbers.
fn glibc_number(name: &str) -> Option<(u32, u32)> {
    let mut parts = name.strip_prefix("GLIBC_")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_versions_are_compared_as_numbers() {
        assert_eq!(glibc_number("GLIBC_2.2.5"), Some((2, 2)));
        assert!(glibc_number("GLIBC_2.4") < glibc_number("GLIBC_2.34"));
        assert_eq!(glibc_number("GLIBC_PRIVATE"), None);
        assert_eq!(glibc_number("GCC_3.0"), None);
    }

    #[test]
    fn this_test_is_an_executable_of_this_machine() {
        let executable = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let expected = if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X86_64 };
        assert_eq!(inspect(&executable, Runs::Here).unwrap(), expected);
        match inspect(&executable, Runs::OnLambda) {
            Ok(architecture) => assert_eq!(architecture, expected),
            Err(error) => assert!(error.message().contains("glibc"), "{}", error.message()),
        }
    }

    #[test]
    fn other_files_are_refused() {
        for bytes in [&b"#!/bin/sh\n"[..], b"", b"\x7fELF"] {
            let error = inspect(bytes, Runs::Here).unwrap_err();
            assert_eq!(error.kind(), Kind::NotLambdaCompatible);
            let hints: Vec<_> = error.hints().collect();
            assert!(hints[0].contains("cargo zigbuild") && hints[1].contains("--function-binary"), "{hints:?}");
        }
    }
}
