//! An executable, and its zip for Lambda.

use std::io::{Cursor, Write};
use std::path::Path;
use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::elf::{Architecture, Runs, inspect};
use crate::base::error::{Error, Kind, OrFail, Result};

/// Lambda's limit for an unpacked package.
const UNPACKED_LIMIT: usize = 250 * 1024 * 1024;

/// An executable ready to be packed. Its key is known before packing.
#[derive(Debug)]
pub struct Package {
    executable: Vec<u8>,
    pub architecture: Architecture,
    /// `functions/{sha256 of the executable}.zip`
    pub key: String,
    runs: Runs,
    zip: OnceLock<Zip>,
}

/// The package for upload.
#[derive(Debug, Clone)]
pub struct Zip {
    pub bytes: Bytes,
    /// In base64, as `ChecksumSHA256` of S3 and `CodeSha256` of Lambda.
    pub sha256: String,
}

impl Package {
    /// Reads and checks the executable.
    ///
    /// # Errors
    /// `Io`, `NotLambdaCompatible`.
    pub fn read(path: &Path, runs: Runs) -> Result<Self> {
        let executable = std::fs::read(path).or_fail(Kind::Io, || format!("can't read {}", path.display()))?;
        let architecture = inspect(&executable, runs)?;
        if runs == Runs::OnLambda && executable.len() > UNPACKED_LIMIT {
            let megabytes = executable.len() >> 20;
            return Err(Error::new(
                Kind::NotLambdaCompatible,
                format!("the executable has {megabytes} MiB; Lambda accepts at most 250"),
            )
            .hint("build with --release and strip it"));
        }
        // aws-lc instead of the sha2 crate, which takes seconds for a debug build without optimisation.
        let hash: String = digest(&SHA256, &executable).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { key: format!("functions/{hash}.zip"), executable, architecture, runs, zip: OnceLock::new() })
    }

    /// Returns whether it is for AWS Lambda rather than the local stack.
    pub fn is_for_lambda(&self) -> bool {
        self.runs == Runs::OnLambda
    }

    /// Returns the zip, created once; the same executable gives the same bytes. For the local stack it is not
    /// compressed: copying is faster.
    ///
    /// # Errors
    /// `Unexpected` if it can't be created.
    pub fn zip(&self) -> Result<&Zip> {
        if let Some(zip) = self.zip.get() {
            return Ok(zip);
        }
        let bytes = self.pack()?;
        let sha256 = STANDARD.encode(digest(&SHA256, &bytes));
        Ok(self.zip.get_or_init(|| Zip { bytes: bytes.into(), sha256 }))
    }

    /// Returns a package of a few bytes.
    #[cfg(test)]
    pub(super) fn small(runs: Runs) -> Self {
        let executable = b"hello".repeat(1000);
        Self { executable, architecture: Architecture::X86_64, key: "k".into(), runs, zip: OnceLock::new() }
    }

    fn pack(&self) -> Result<Vec<u8>> {
        let failed = || "the package could not be created".to_owned();
        let method = if self.is_for_lambda() { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .unix_permissions(0o755)
            .last_modified_time(DateTime::default());
        let mut zip = ZipWriter::new(Cursor::new(Vec::with_capacity(self.executable.len())));
        zip.start_file("bootstrap", options).or_fail(Kind::Unexpected, failed)?;
        zip.write_all(&self.executable).or_fail(Kind::Unexpected, failed)?;
        Ok(zip.finish().or_fail(Kind::Unexpected, failed)?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_zip_has_an_executable_bootstrap_and_is_reproducible() {
        for runs in [Runs::Here, Runs::OnLambda] {
            let package = [Package::small(runs), Package::small(runs)];
            let zip = package[0].zip().unwrap();
            assert_eq!(zip.bytes, package[1].zip().unwrap().bytes);
            assert_eq!(STANDARD.decode(&zip.sha256).unwrap(), digest(&SHA256, &zip.bytes).as_ref());
            let mut archive = zip::ZipArchive::new(Cursor::new(&zip.bytes)).unwrap();
            let mut file = archive.by_name("bootstrap").unwrap();
            let mode = std::fs::Permissions::from_mode(file.unix_mode().unwrap()).mode();
            assert_eq!(mode & 0o777, 0o755);
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!(content, package[0].executable);
        }
    }
}
