//! From an executable to an object that a template can name.

use std::io::{Cursor, Write};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_s3::primitives::ByteStream;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::elf::{Architecture, Runs, inspect};
use crate::aws::Clients;
use crate::error::{AwsContext, Error, Kind, OrFail, Result, sdk_code};

/// Lambda's limit for an unpacked package.
const UNPACKED_LIMIT: usize = 250 * 1024 * 1024;

/// An executable ready to be packed. Its key is known before it is packed.
#[derive(Debug)]
pub struct Package {
    executable: Vec<u8>,
    pub architecture: Architecture,
    /// `functions/{sha256 of the executable}.zip`
    pub key: String,
    compressed: bool,
}

impl Package {
    /// Reads and checks the executable. For the local stack nothing is compressed: the copy is faster than the compressor.
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
                format!("the executable has {megabytes} MiB; Lambda takes 250"),
            )
            .hint("build with --release and strip it"));
        }
        // Not the sha2 crate: without optimisation it takes seconds for a debug build.
        let hash: String = digest(&SHA256, &executable).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let compressed = runs == Runs::OnLambda;
        Ok(Self { key: format!("functions/{hash}.zip"), executable, architecture, compressed })
    }

    /// The zip; the same bytes for the same executable.
    fn zip(&self) -> Result<Vec<u8>> {
        let failed = || "the package could not be made".to_owned();
        let method = if self.compressed { CompressionMethod::Deflated } else { CompressionMethod::Stored };
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

/// Puts the package into the bucket unless it is there. True where it was put.
///
/// # Errors
/// What S3 says.
pub async fn upload(clients: &Clients, package: std::sync::Arc<Package>, bucket: &str) -> Result<bool> {
    let client = clients.s3();
    let (key, runs_here) = (package.key.clone(), !package.compressed);
    match client.head_object().bucket(bucket).key(&key).send().await {
        Ok(_) => return Ok(false),
        // A HEAD has no body to carry another code.
        Err(error) if matches!(sdk_code(&error), "NotFound" | "NoSuchKey" | "404") => {}
        Err(error) => return Err(error).aws(format!("look for the package in bucket {bucket}")),
    }
    let zip = tokio::task::spawn_blocking(move || package.zip())
        .await
        .or_fail(Kind::Unexpected, || "packing was broken off".into())??;
    let mut put = client
        .put_object()
        .bucket(bucket)
        .key(&key)
        .content_type("application/zip")
        .body(ByteStream::from(zip))
        .customize();
    if runs_here {
        // Hashing the body would be most of the work on the local stack.
        put = put.disable_payload_signing();
    }
    put.send().await.aws(format!("upload the package to bucket {bucket}"))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_zip_holds_an_executable_bootstrap_and_is_the_same_twice() {
        for runs in [Runs::Here, Runs::OnLambda] {
            let package = Package {
                executable: b"hello".repeat(1000),
                architecture: Architecture::X86_64,
                key: "k".into(),
                compressed: runs == Runs::OnLambda,
            };
            let bytes = package.zip().unwrap();
            assert_eq!(bytes, package.zip().unwrap());
            let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
            let mut file = archive.by_name("bootstrap").unwrap();
            let mode = std::fs::Permissions::from_mode(file.unix_mode().unwrap()).mode();
            assert_eq!(mode & 0o777, 0o755);
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            assert_eq!(content, package.executable);
        }
    }
}
