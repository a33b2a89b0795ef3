//! The embedded page.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use super::Site;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! asset {
    ($path:literal) => {
        include_str!(concat!("../assets/", $path))
    };
}

/// Path, media type, content.
const ASSETS: &[(&str, &str, &str)] = &[
    ("/", HTML, asset!("index.html")),
    ("/icon.svg", "image/svg+xml", asset!("icon.svg")),
    ("/style/base.css", CSS, asset!("base.css")),
    ("/style/flow.css", CSS, asset!("flow.css")),
    ("/style/lists.css", CSS, asset!("lists.css")),
    ("/app/main.js", SCRIPT, asset!("main.js")),
    ("/app/dom.js", SCRIPT, asset!("dom.js")),
    ("/app/words.js", SCRIPT, asset!("words.js")),
    ("/app/live.js", SCRIPT, asset!("live.js")),
    ("/app/flow.js", SCRIPT, asset!("flow.js")),
    ("/app/events.js", SCRIPT, asset!("events.js")),
    ("/app/path.js", SCRIPT, asset!("path.js")),
    ("/app/tables.js", SCRIPT, asset!("tables.js")),
    ("/app/tabs.js", SCRIPT, asset!("tabs.js")),
    ("/app/form.js", SCRIPT, asset!("form.js")),
    ("/openapi.json", "application/json", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/schema/openapi-ui.json"))),
];

pub fn router() -> Router<Site> {
    ASSETS.iter().fold(Router::new(), |router, (path, kind, content)| {
        router.route(path, get(|| async { ([(CONTENT_TYPE, *kind)], *content) }))
    })
}
