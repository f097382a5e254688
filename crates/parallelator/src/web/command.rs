//! Commands from the page: each body has exactly one key.

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use parallelator_core::{Command, Fault};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Desk, Refusal, fresh};
use crate::hub::{Order, SimFault, SimOrder};

/// Fastest simulation the page may ask for; the machine may not reach it.
const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=1_000.0;

#[derive(Serialize)]
struct Accepted {
    accepted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clear {
    pack: u64,
    fault: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Break {
    pack: Option<u64>,
    kind: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repair {
    pack: Option<u64>,
}

fn bad(sentence: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, sentence)
}

type Body = Result<Bytes, BytesRejection>;

/// The body, unless it is too long or did not arrive.
fn whole(body: Body) -> Result<Bytes, Refusal> {
    body.map_err(|refused| Refusal::new(refused.status(), refused.body_text()))
}

/// The one key of a body, and what stands behind it.
fn single(body: &[u8]) -> Result<(String, Value), Refusal> {
    let map: Map<String, Value> = serde_json::from_slice(body)
        .map_err(|error| bad(format!("the body is not a JSON object: {error}")))?;
    let mut entries = map.into_iter();
    match (entries.next(), entries.next()) {
        (Some(entry), None) => Ok(entry),
        _ => Err(bad("the body must have exactly one key")),
    }
}

fn parsed<T: for<'de> Deserialize<'de>>(key: &str, value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| bad(format!("\"{key}\": {error}")))
}

/// Something that can only be asked for, not asked not to happen.
fn asked(key: &str, value: Value) -> Result<(), Refusal> {
    match parsed::<bool>(key, value)? {
        true => Ok(()),
        false => Err(bad(format!("\"{key}\" can only be true"))),
    }
}

impl Desk {
    fn pack(&self, number: u64) -> Result<u8, Refusal> {
        let packs = self.hub.description().packs.len();
        u8::try_from(number)
            .ok()
            .filter(|&pack| usize::from(pack) < packs)
            .ok_or_else(|| {
                bad(format!(
                    "there is no pack {number}, they count from 0 to {}",
                    packs - 1
                ))
            })
    }

    fn command(&self, body: &[u8]) -> Result<Order, Refusal> {
        let (key, value) = single(body)?;
        let command = match key.as_str() {
            "enable" => Command::Enable {
                pack: self.pack(parsed(&key, value)?)?,
            },
            "disable" => Command::Disable {
                pack: self.pack(parsed(&key, value)?)?,
            },
            "clear" => {
                let Clear { pack, fault } = parsed(&key, value)?;
                let fault = Fault::from_code(&fault)
                    .ok_or_else(|| bad(format!("there is no fault called \"{fault}\"")))?;
                Command::Clear {
                    pack: self.pack(pack)?,
                    fault,
                }
            }
            "service" => Command::Service {
                enter: parsed(&key, value)?,
            },
            "test" => Command::Test {
                pack: self.pack(parsed(&key, value)?)?,
            },
            "arm" => {
                asked(&key, value)?;
                Command::Arm
            }
            "estop" => {
                asked(&key, value)?;
                Command::EStop
            }
            _ => {
                return Err(bad(format!(
                    "\"{key}\" is no command; there are enable, disable, clear, service, test, arm and estop"
                )));
            }
        };
        Ok(Order::Command(command))
    }

    fn current(&self, key: &str, value: Value, most: i32) -> Result<i32, Refusal> {
        let current: i64 = parsed(key, value)?;
        i32::try_from(current)
            .ok()
            .filter(|current| (0..=most).contains(current))
            .ok_or_else(|| bad(format!("\"{key}\" must be from 0 to {most}")))
    }

    fn sim(&self, body: &[u8]) -> Result<Order, Refusal> {
        let sim = self.hub.view().map(|view| view.sim);
        let sim = match sim {
            Some(Some(sim)) => sim,
            Some(None) => return Err(bad("this rack is not simulated")),
            None => {
                return Err(Refusal::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "the rack is still starting, try again in a moment",
                ));
            }
        };
        let (key, value) = single(body)?;
        let any_pack = |pack: Option<u64>| pack.map(|pack| self.pack(pack)).transpose();
        let order = match key.as_str() {
            "load_ma" => SimOrder::Load(self.current(&key, value, sim.load_max_ma)?),
            "charger_ma" => SimOrder::Charger(self.current(&key, value, sim.charger_max_ma)?),
            "paused" => SimOrder::Pause(parsed(&key, value)?),
            "speed" => {
                let speed: f64 = parsed(&key, value)?;
                if !SPEEDS.contains(&speed) {
                    return Err(bad(format!(
                        "\"speed\" must be from {} to {}",
                        SPEEDS.start(),
                        SPEEDS.end()
                    )));
                }
                SimOrder::Speed(speed)
            }
            "fault" => {
                let Break { pack, kind } = parsed(&key, value)?;
                let fault = SimFault::ALL
                    .into_iter()
                    .find(|fault| fault.name() == kind)
                    .ok_or_else(|| {
                        let names = SimFault::ALL.map(SimFault::name).join(", ");
                        bad(format!("there is no fault \"{kind}\"; there are {names}"))
                    })?;
                let pack = any_pack(pack)?;
                if pack.is_none() && fault != SimFault::Short {
                    return Err(bad(format!("the fault \"{kind}\" needs a pack")));
                }
                SimOrder::Fault(pack.map(Into::into), fault)
            }
            "repair" => {
                let Repair { pack } = parsed(&key, value)?;
                SimOrder::Repair(any_pack(pack)?.map(Into::into))
            }
            _ => {
                return Err(bad(format!(
                    "\"{key}\" is not known; there are load_ma, charger_ma, paused, speed, fault and repair"
                )));
            }
        };
        Ok(Order::Sim(order))
    }

    fn deliver(&self, order: Result<Order, Refusal>) -> Response {
        let sent = order.and_then(|order| {
            self.orders
                .send(order)
                .map_err(|full| Refusal::new(StatusCode::TOO_MANY_REQUESTS, full.to_string()))
        });
        match sent {
            Ok(()) => (
                StatusCode::ACCEPTED,
                fresh(Json(Accepted { accepted: true })),
            )
                .into_response(),
            Err(refusal) => refusal.into_response(),
        }
    }
}

/// A command to the core.
pub(super) async fn command(State(desk): State<Desk>, body: Body) -> Response {
    let order = whole(body).and_then(|body| desk.command(&body));
    desk.deliver(order)
}

/// A wish of the simulation.
pub(super) async fn sim(State(desk): State<Desk>, body: Body) -> Response {
    let order = whole(body).and_then(|body| desk.sim(&body));
    desk.deliver(order)
}
