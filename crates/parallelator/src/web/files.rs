//! The files of the page, inside the program.

use axum::{
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};

use super::Refusal;

struct File {
    path: &'static str,
    kind: &'static str,
    body: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const PICTURE: &str = "image/svg+xml";
const TEXT: &str = "text/plain; charset=utf-8";

macro_rules! files {
    ($($path:literal $kind:ident),* $(,)?) => {
        const FILES: &[File] = &[$(File {
            path: concat!("/", $path),
            kind: $kind,
            body: include_bytes!(concat!("../../web/", $path)),
        }),*];
    };
}

files! {
    "index.html" HTML,
    "style.css" STYLE,
    "app.js" SCRIPT,
    "charts.js" SCRIPT,
    "controls.js" SCRIPT,
    "diagram.js" SCRIPT,
    "dom.js" SCRIPT,
    "events.js" SCRIPT,
    "format.js" SCRIPT,
    "link.js" SCRIPT,
    "packs.js" SCRIPT,
    "words.js" SCRIPT,
    "french.js" SCRIPT,
    "icon.svg" PICTURE,
    "vendor/uPlot.iife.min.js" SCRIPT,
    "vendor/uPlot.min.css" STYLE,
    "vendor/uPlot.LICENSE.txt" TEXT,
}

/// Serves a file of the page.
pub(super) async fn get(method: Method, uri: Uri) -> Response {
    let path = match uri.path() {
        "/" => "/index.html",
        path => path,
    };
    match FILES.iter().find(|file| file.path == path) {
        None => {
            Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address").into_response()
        }
        Some(_) if method != Method::GET && method != Method::HEAD => Refusal::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "this address does not take this method",
        )
        .into_response(),
        // Another version of the program may serve the next request, so the browser asks each time.
        Some(file) => (
            [
                (header::CONTENT_TYPE, file.kind),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            file.body,
        )
            .into_response(),
    }
}
