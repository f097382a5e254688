//! The stream of states: server-sent events, five a second.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::StatusCode,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::stream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Desk, Refusal, fresh, state_json};

/// Time from state to state.
const PERIOD: Duration = Duration::from_millis(200);

/// Opens a stream.
pub(super) async fn get(State(desk): State<Desk>) -> Response {
    let Ok(seat) = desk.streams.clone().try_acquire_owned() else {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many pages are open, close one of them",
        )
        .into_response();
    };
    let mut clock = interval(PERIOD);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let states = stream::unfold((desk, clock, seat), async |(desk, mut clock, seat)| {
        let event = next_event(&desk, &mut clock).await;
        Some((Ok::<_, Infallible>(event), (desk, clock, seat)))
    });
    fresh(Sse::new(states).keep_alive(KeepAlive::default()))
}

async fn next_event(desk: &Desk, clock: &mut Interval) -> Event {
    loop {
        clock.tick().await;
        let event = state_json(&desk.hub)
            .and_then(|state| Event::default().event("state").json_data(state).ok());
        if let Some(event) = event {
            return event;
        }
    }
}
