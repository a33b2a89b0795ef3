//! Whose certificates HTTPS to AWS trusts.

use std::process::Command;
use std::sync::Arc;

use outboxctl_test_support::aws::error_xml;
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use super::{transcript, with_keys};
use crate::support::World;

/// An HTTPS server whose authority is in `ca.pem` of the world; it answers every request with an error of CloudFormation.
async fn server(world: &World) -> String {
    let mut authority = CertificateParams::new(Vec::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority_key = KeyPair::generate().expect("a key");
    world.write("ca.pem", &authority.self_signed(&authority_key).expect("an authority").pem());
    let mut leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf.signed_by(&key, &Issuer::new(authority, authority_key)).expect("a certificate");
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a configuration");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://localhost:{}", listener.local_addr().expect("an address").port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 16_384];
            let _ = stream.read(&mut request).await;
            let body = error_xml("ValidationError", "Stack does not exist");
            let head = "HTTP/1.1 400 Bad Request\r\ncontent-type: text/xml\r\nconnection: close\r\ncontent-length";
            let _ = stream.write_all(format!("{head}: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    url
}

fn asked(world: &World, url: &str, configure: impl FnOnce(&mut Command)) -> String {
    let mut command = with_keys(world, "[profile p]\nca_bundle = ca.pem\n");
    configure(&mut command);
    transcript(world, command, &["watch", "--verbose", "--region", "us-east-1", "--endpoint-url", url])
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_ca_bundle_counts_and_the_profiles_too() {
    let world = World::new();
    let url = server(&world).await;
    let refused = asked(&world, &url, |_| {});
    assert!(refused.starts_with("exit: 1\n") && refused.contains("UnknownIssuer"), "{refused}");
    for (name, value) in [("AWS_CA_BUNDLE", "ca.pem"), ("SSL_CERT_FILE", "ca.pem"), ("AWS_PROFILE", "p")] {
        let out = asked(&world, &url, |command| {
            command.env(name, value);
        });
        assert!(!out.contains("UnknownIssuer"), "{name}: {out}");
    }
}

#[test]
fn a_bundle_that_can_not_be_used_is_named() {
    let world = World::new();
    world.write("empty.pem", "");
    for file in ["/nonexistent", "empty.pem"] {
        let out = asked(&world, "https://localhost:1", |command| {
            command.env("AWS_CA_BUNDLE", file);
        });
        assert!(out.starts_with("exit: 2\n") && out.contains(&format!("AWS_CA_BUNDLE={file}")), "{out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_without_certificates_gets_an_error_and_no_panic() {
    let world = World::new();
    let url = server(&world).await;
    let out = asked(&world, &url, |command| {
        command.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
    });
    assert!(out.starts_with("exit: 1\n") && !out.contains("panicked"), "{out}");
}
