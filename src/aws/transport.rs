//! The HTTP client of every request to AWS: one pool of connections, the chosen certificate authorities, and no proxy
//! for this machine.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector, ConnectorBuilder};
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::endpoint::is_loopback;
use super::trust::Trust;

/// Chooses the connector by each request's address.
#[derive(Debug, Clone)]
struct Transport {
    /// Without TLS or proxy, so without certificates: http to this machine.
    plain: SharedHttpClient,
    /// Without a proxy: https to this machine.
    direct: SharedHttpClient,
    /// Through the proxy of the environment, if any.
    proxied: SharedHttpClient,
}

/// Returns the client for AWS.
pub fn client(trust: &Trust) -> SharedHttpClient {
    SharedHttpClient::new(Transport {
        plain: local_client(),
        direct: over_tls(trust.clone(), ProxyConfig::disabled),
        proxied: over_tls(trust.clone(), ProxyConfig::from_env),
    })
}

/// Returns the client for the local stack: http, never through a proxy.
pub fn local_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        builder(settings, components).proxy_config(ProxyConfig::disabled()).build_http()
    })
}

/// Returns the connector to this address for requests without an SDK client.
pub fn connector(trust: &Trust, url: &str) -> SharedHttpConnector {
    let proxy = if is_loopback(url) { ProxyConfig::disabled() } else { ProxyConfig::from_env() };
    let builder = builder(None, None).proxy_config(proxy);
    // Plain http needs no certificates.
    let is_plain = is_loopback(url) && url.starts_with("http://");
    SharedHttpConnector::new(if is_plain { builder.build_http() } else { with_tls(builder, trust) })
}

fn over_tls(trust: Trust, proxy: fn() -> ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| -> Connector {
        with_tls(builder(settings, components).proxy_config(proxy()), &trust)
    })
}

fn with_tls(builder: ConnectorBuilder, trust: &Trust) -> Connector {
    let pem = trust.pem();
    // The SDK's own store of the system's authorities panics in a debug build if there are none.
    let mut store = TrustStore::empty();
    if !pem.is_empty() {
        store.add_pem_certificate(pem);
    }
    // Never fails: nothing is validated.
    let context = TlsContext::builder().with_trust_store(store).build().unwrap_or_default();
    builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build()
}

fn builder(settings: Option<&HttpConnectorSettings>, components: Option<&RuntimeComponents>) -> ConnectorBuilder {
    let mut builder = ConnectorBuilder::default();
    builder.set_connector_settings(settings.cloned());
    builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    builder
}

impl HttpClient for Transport {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let (settings, components) = (settings.clone(), components.clone());
        SharedHttpConnector::new(Choice { transport: self.clone(), settings, components })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.proxied.connector_metadata()
    }
}

#[derive(Debug)]
struct Choice {
    transport: Transport,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Choice {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = match (is_loopback(request.uri()), request.uri().starts_with("http://")) {
            (true, true) => &self.transport.plain,
            (true, false) => &self.transport.direct,
            (false, _) => &self.transport.proxied,
        };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}
