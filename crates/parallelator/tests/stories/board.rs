//! A simulated board for stories: it plays a script and judges the true state of the rack at every moment that passes.

use std::time::Duration;

use battery_sim::{SimBus, plant::Load, rack::Rack};
use parallelator_core::{BusInput, Command, LedPattern, ModeHint};
use parallelator_node::{Board, Request, Snapshot};

pub const N: usize = 32;

/// Longest stretch of simulated time without a look at the rack.
const LOOK: Duration = Duration::from_millis(10);

/// What is done to the rack, and when.
pub type Act = Box<dyn FnMut(&Rack)>;

/// What a look at the rack checks.
pub type Judge = Box<dyn FnMut(&Rack, Option<&Snapshot<N>>, &Ages)>;

/// When the last good sample of each pack was measured.
#[derive(Default)]
pub struct Ages {
    measured: [Option<Duration>; N],
    now: Duration,
}

impl Ages {
    /// Age of the last good sample; everything since the start when there was none.
    pub fn of(&self, pack: usize) -> Duration {
        self.now
            .saturating_sub(self.measured[pack].unwrap_or_default())
    }

    fn note(&mut self, snapshot: &Snapshot<N>) {
        use parallelator_core::Quality;
        for (slot, pack) in self
            .measured
            .iter_mut()
            .zip(&snapshot.inputs.packs)
            .take(snapshot.packs)
        {
            let good = pack.voltage.quality != Quality::Missing
                && pack.current.quality != Quality::Missing;
            if good {
                let age = u64::from(pack.voltage.age_ms.max(pack.current.age_ms));
                *slot = Some(Duration::from_millis(snapshot.now_ms.saturating_sub(age)));
            }
        }
    }
}

/// The board.
pub struct StoryBoard {
    pub rack: Rack,
    buses: Vec<SimBus>,
    acts: Vec<(Duration, Act)>,
    judge: Judge,
    ages: Ages,
    until: Duration,
    pub load_a: f64,
    pub commands: Vec<(Duration, Command)>,
    pub hint: ModeHint,
    pub last: Option<Snapshot<N>>,
    pub events: Vec<String>,
}

impl StoryBoard {
    pub fn new(rack: Rack, until: Duration) -> Self {
        Self {
            buses: (0..2).map_while(|number| rack.bus(number)).collect(),
            rack,
            acts: Vec::new(),
            judge: Box::new(|_, _, _| {}),
            ages: Ages::default(),
            until,
            load_a: 0.0,
            commands: Vec::new(),
            hint: ModeHint::Idle,
            last: None,
            events: Vec::new(),
        }
    }

    /// Does something to the rack once this time has come.
    pub fn at(&mut self, when: Duration, act: impl FnMut(&Rack) + 'static) {
        self.acts.push((when, Box::new(act)));
    }

    /// Looks at the rack at least every 10 ms.
    pub fn judge_by(&mut self, judge: impl FnMut(&Rack, Option<&Snapshot<N>>, &Ages) + 'static) {
        self.judge = Box::new(judge);
    }

    fn look(&mut self) {
        let now = self.rack.now();
        self.ages.now = now;
        for (when, act) in &mut self.acts {
            if *when <= now {
                act(&self.rack);
            }
        }
        self.acts.retain(|(when, _)| *when > now);
        (self.judge)(&self.rack, self.last.as_ref(), &self.ages);
    }
}

impl Board<N> for StoryBoard {
    type I2c = SimBus;

    fn now_ms(&mut self) -> u64 {
        self.rack.now().as_millis() as u64
    }

    async fn wait_until(&mut self, at_ms: u64) {
        let at = Duration::from_millis(at_ms);
        while self.rack.now() < at {
            self.look();
            self.rack.advance_to((self.rack.now() + LOOK).min(at));
        }
        self.look();
    }

    fn bus(&mut self, number: u8) -> Option<&mut SimBus> {
        self.buses.get_mut(usize::from(number))
    }

    fn estop(&mut self) -> bool {
        false
    }

    fn common_bus(&mut self) -> BusInput {
        BusInput {
            mode_hint: self.hint,
            load_controllable: true,
            charger_controllable: true,
            ..BusInput::default()
        }
    }

    fn show(&mut self, _: LedPattern) {}

    fn feed_watchdog(&mut self) {
        self.rack.feed_watchdog();
    }

    fn load_record(&mut self, _: &mut [u8]) -> usize {
        0
    }

    fn save_record(&mut self, _: &[u8]) {}

    fn next_request(&mut self) -> Option<Request> {
        let now = self.rack.now();
        if let Some(due) = self.commands.iter().position(|(when, _)| *when <= now) {
            return Some(Request::Command(self.commands.remove(due).1));
        }
        (now >= self.until).then_some(Request::Stop)
    }

    fn publish(&mut self, snapshot: &Snapshot<N>) {
        self.ages.note(snapshot);
        let decision = &snapshot.decision;
        let load = if decision.load_permit {
            self.load_a.min(f64::from(decision.dcl.get()) / 1_000.0)
        } else {
            0.0
        };
        self.rack
            .plant_mut(|plant| plant.set_load(Load::ConstantCurrent(load)));
        for event in decision.events.iter() {
            let pack = event
                .pack
                .map_or_else(|| "rack".to_owned(), |pack| format!("pack {}", pack + 1));
            let reason = event.reason.map_or("", |reason| reason.code());
            self.events
                .push(format!("{pack} {} {reason}", event.kind.code()));
        }
        self.last = Some(*snapshot);
        self.look();
    }
}
