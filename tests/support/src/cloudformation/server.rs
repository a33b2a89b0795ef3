//! Serves a [`World`] over HTTP, with the other services of a deployment: STS, IAM, S3, Lambda and DMS.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{oneshot, watch};

use super::world::{ACCOUNT, Fault, World, form};
use crate::record::recorded;

/// A server that runs until it is dropped.
pub struct Server {
    pub url: String,
    world: Arc<Mutex<World>>,
    hung: watch::Receiver<usize>,
    _stop: oneshot::Sender<()>,
}

impl Server {
    /// Starts the server on a free port, on its own thread.
    pub fn start(world: World) -> Self {
        let world = Arc::new(Mutex::new(world));
        let (hangs, hung) = watch::channel(0);
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = Shared { world: world.clone(), hangs };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a listener for the runtime");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let app = Router::new().fallback(move |request: Request| answer(shared.clone(), request));
                let listener = tokio::net::TcpListener::from_std(listener).expect("the listener");
                tokio::select! {
                    served = async { axum::serve(listener, recorded(app)).await } => served.expect("served"),
                    _ = stopped => {}
                }
            });
        });
        Self { url, world, hung, _stop: stop }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock()
    }

    /// Returns the number of requests without an answer.
    pub fn hung(&self) -> usize {
        *self.hung.borrow()
    }
}

#[derive(Clone)]
struct Shared {
    world: Arc<Mutex<World>>,
    hangs: watch::Sender<usize>,
}

async fn answer(shared: Shared, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    // A package is larger than any form.
    let body = axum::body::to_bytes(body, 1 << 30).await.unwrap_or_default();
    let mut form = form(&String::from_utf8_lossy(&body[..body.len().min(1 << 20)]));
    let object = parts.uri.path().trim_start_matches('/').to_owned();
    let function = object.strip_prefix("2015-03-31/functions/").map(str::to_owned);
    let is_limits = object.starts_with("2016-08-19/account-settings");
    let is_object = !object.is_empty() && function.is_none() && !is_limits;
    let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    if is_limits {
        form = [("Action".to_owned(), "GetAccountSettings".to_owned())].into();
    } else if function.is_some() {
        form = [("Action".to_owned(), "GetFunction".to_owned())].into();
    } else if is_object {
        form = [("Action".to_owned(), format!("{} object", parts.method))].into();
    } else if let Some(target) = target {
        form = [("Action".to_owned(), target.to_owned())].into();
    }
    let (fault, (status, checksum, xml)) = {
        let mut world = shared.world.lock();
        let (action, fault) = world.note(&form);
        let mut checksum = None;
        let (status, xml) = match fault {
            Fault::CutBefore => (500, String::new()),
            Fault::Absent => (404, String::new()),
            _ if function.is_some() && world.refused.contains(&action.as_str()) => (403, denied()),
            _ if function.is_some() => (200, world.function()),
            _ if is_limits => (200, world.limits()),
            _ if is_object => {
                let (status, of_object, xml) = objects(&mut world, parts.method.as_str(), object, &parts.headers);
                checksum = of_object;
                (status, xml)
            }
            _ if target.is_some() => {
                let operation = action.rsplit('.').next().unwrap_or_default();
                let dms = world.answer_dms(operation, &String::from_utf8_lossy(&body));
                dms.or_else(|| world.answer_others(operation, &String::from_utf8_lossy(&body)))
                    .unwrap_or_else(|| (400, absent(&action)))
            }
            _ => world.respond(&action, &form, fault),
        };
        (fault, (status, checksum, xml))
    };
    match fault {
        Fault::Hang => {
            shared.hangs.send_modify(|hangs| *hangs += 1);
            std::future::pending().await
        }
        Fault::CutBefore | Fault::CutAfter => {
            let cut = futures_util::stream::once(async { Err::<bytes::Bytes, _>(std::io::Error::other("cut")) });
            Response::new(Body::from_stream(cut))
        }
        _ => {
            let mut response = Response::builder().status(status);
            if let Some(checksum) = checksum {
                response = response.header("x-amz-checksum-sha256", checksum);
            }
            response.body(Body::from(xml)).expect("a response")
        }
    }
}

/// Returns a JSON service's error for a missing resource.
fn absent(target: &str) -> String {
    let code = if target.starts_with("AmazonDMS") { "ResourceNotFoundFault" } else { "ResourceNotFoundException" };
    format!(r#"{{"__type":"{code}","message":"not found"}}"#)
}

/// Returns a JSON service's error for a missing permission.
fn denied() -> String {
    r#"{"__type":"AccessDeniedException","message":"not authorized"}"#.to_owned()
}

/// Returns status, checksum and body.
fn objects(world: &mut World, method: &str, object: String, headers: &HeaderMap) -> (u16, Option<String>, String) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    if header("x-amz-expected-bucket-owner").as_deref() != Some(ACCOUNT) {
        return (403, None, "<Error><Code>AccessDenied</Code><Message>whose bucket is it?</Message></Error>".into());
    }
    match method {
        "HEAD" => match world.objects.get(&object) {
            None => (404, None, String::new()),
            Some(checksum) => (200, checksum.clone(), String::new()),
        },
        "PUT" if header("if-none-match").is_some() && world.objects.contains_key(&object) => {
            (412, None, "<Error><Code>PreconditionFailed</Code><Message>there is one</Message></Error>".into())
        }
        "PUT" => {
            world.objects.insert(object, header("x-amz-checksum-sha256"));
            (200, None, String::new())
        }
        // An empty list.
        "GET" => (200, None, "<ListBucketResult></ListBucketResult>".to_owned()),
        _ => (200, None, String::new()),
    }
}
