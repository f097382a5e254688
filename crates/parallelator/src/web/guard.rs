//! What keeps other web sites out of a page that has no password: only this machine, under its own name.
//!
//! A foreign site can make a browser send requests here. It cannot make it send them with a loopback `Host` after a DNS
//! trick, nor hide its `Origin`, nor send JSON without asking first; so these three are checked.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::Refusal;

/// Whether a host, with or without a port, is a name of this machine for itself.
fn is_loopback(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    matches!(host, "127.0.0.1" | "[::1]") || host.eq_ignore_ascii_case("localhost")
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn check(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = uri
        .authority()
        .map(axum::http::uri::Authority::as_str)
        .or_else(|| text(headers, header::HOST));
    let Some(host) = host.filter(|host| is_loopback(host)) else {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "the page answers only under 127.0.0.1 or localhost",
        ));
    };
    if method == Method::GET || method == Method::HEAD {
        return Ok(());
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin
            .to_str()
            .ok()
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|origin| origin.eq_ignore_ascii_case(host));
        if !own {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "commands are taken from the page itself only",
            ));
        }
    }
    let is_json = text(headers, header::CONTENT_TYPE)
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !is_json {
        return Err(Refusal::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "a command must be sent as application/json",
        ));
    }
    Ok(())
}

/// Lets a request through or refuses it, and marks every answer.
pub(super) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
