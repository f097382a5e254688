//! The page and its interface: loopback only, everything it needs is inside the program.

mod command;
mod files;
mod guard;
mod state;
mod stream;

use std::{io, net::TcpListener, sync::Arc, thread};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Serialize;
use tokio::sync::{Semaphore, oneshot};

pub use state::{HistoryJson, StateJson, history_json, state_json};

use crate::hub::{Hub, Orders};

/// Largest body of a command.
const BODY_BYTES: usize = 4_096;

/// Streams that may be open at once; each page has one.
const STREAMS: usize = 32;

/// What a handler can reach.
#[derive(Clone)]
struct Desk {
    hub: Arc<Hub>,
    orders: Orders,
    streams: Arc<Semaphore>,
}

/// The web server, running in its own thread until it is dropped.
pub struct Server {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that has ended already has nobody to tell.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in there has been printed; the loop does not depend on it.
            let _ = thread.join();
        }
    }
}

/// Serves the page on a listener that is bound already.
///
/// # Errors
/// The operating system gives no thread or no reactor.
pub fn serve(listener: TcpListener, hub: Arc<Hub>, orders: Orders) -> io::Result<Server> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener)?
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let router = router(hub, orders);
    let thread = thread::Builder::new()
        .name("web".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                tokio::select! {
                    // Accepting goes on after any error; it ends only with the program.
                    _ = axum::serve(listener, router).into_future() => {}
                    _ = stopped => {}
                }
            });
            // Open streams would never end by themselves.
            runtime.shutdown_background();
        })?;
    Ok(Server {
        stop: Some(stop),
        thread: Some(thread),
    })
}

/// The whole interface, without a socket.
pub fn router(hub: Arc<Hub>, orders: Orders) -> Router {
    let desk = Desk {
        hub,
        orders,
        streams: Arc::new(Semaphore::new(STREAMS)),
    };
    Router::new()
        .route("/api/v1/state", get(get_state))
        .route("/api/v1/history", get(get_history))
        .route("/api/v1/stream", get(stream::get))
        .route("/api/v1/command", post(command::command))
        .route("/api/v1/sim", post(command::sim))
        .fallback(files::get)
        .method_not_allowed_fallback(async || {
            Refusal::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "this address does not take this method",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(middleware::from_fn(guard::guard))
        .with_state(desk)
}

async fn get_state(State(desk): State<Desk>) -> Response {
    match state_json(&desk.hub) {
        Some(state) => fresh(Json(state)),
        None => not_yet(),
    }
}

async fn get_history(State(desk): State<Desk>) -> Response {
    fresh(Json(history_json(&desk.hub)))
}

/// An answer that nobody may keep.
fn fresh(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}

fn not_yet() -> Response {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "the rack is still starting, try again in a moment",
    )
    .into_response()
}

/// A request that is not served, with the reason.
struct Refusal {
    status: StatusCode,
    error: String,
}

#[derive(Serialize)]
struct RefusalJson {
    error: String,
}

impl Refusal {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            error: error.into(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(RefusalJson { error: self.error });
        (self.status, fresh(body)).into_response()
    }
}
