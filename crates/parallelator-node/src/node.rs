//! The loop: one read pass, one decision, one complete write, one read-back.

use core::fmt;

use parallelator_core::{
    ConfigError, Core, Decision, Inputs, IoHealth, MAX_COMMANDS, Params, RECORD_MAX, RecordError,
    StartError,
};

use crate::{
    Board, PackWiring, Rack, RackError, Request, Snapshot, check_wiring, expanders::Expanders,
    sensors::Sensors, trouble::BusTrouble,
};

/// Why the loop cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum NodeError {
    /// The rack description cannot be used.
    Rack(RackError),
    /// The core cannot be made.
    Core(StartError),
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rack(error) => fmt::Display::fmt(error, f),
            Self::Core(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl core::error::Error for NodeError {}

/// The controller of a rack of up to `N` packs on a board.
#[derive(Debug)]
pub struct Node<B, const N: usize> {
    board: B,
    rack: Rack<N>,
    core: Core<N>,
    sensors: Sensors<N>,
    expanders: Expanders,
    inputs: Inputs<N>,
    /// Output pass of the tick before.
    io: IoHealth,
    stored: [u8; RECORD_MAX],
    stored_len: usize,
    restored: Result<(), RecordError>,
    params_refused: Option<RackError>,
    stopping: bool,
    next_ms: u64,
}

impl<B: Board<N>, const N: usize> Node<B, N> {
    /// A controller for these packs; talks to nobody yet.
    ///
    /// # Errors
    /// When the wiring or the parameters cannot be used.
    pub fn new(board: B, packs: &[PackWiring], params: Params) -> Result<Self, NodeError> {
        let rack = Rack::new(packs, &params).map_err(NodeError::Rack)?;
        let core = Core::new(packs.len(), params).map_err(NodeError::Core)?;
        let mut inputs = Inputs::default();
        for (input, pack) in inputs.packs.iter_mut().zip(packs) {
            input.gauge.capacity = pack.capacity;
            input.gauge.i_dis_max = pack.i_dis_max;
            input.gauge.i_chg_max = pack.i_chg_max;
        }
        Ok(Self {
            board,
            sensors: Sensors::default(),
            expanders: Expanders::of(&rack),
            rack,
            core,
            inputs,
            // Nothing was read back yet.
            io: IoHealth {
                readback_ok: false,
                ..IoHealth::default()
            },
            stored: [0; RECORD_MAX],
            stored_len: 0,
            restored: Ok(()),
            params_refused: None,
            stopping: false,
            next_ms: 0,
        })
    }

    /// The board.
    pub fn board_mut(&mut self) -> &mut B {
        &mut self.board
    }

    /// The parameters in force.
    pub fn params(&self) -> &Params {
        self.core.params()
    }

    /// Whether the stored reboot record could be taken; without a record there is nothing to take. With one that could
    /// not, the rack stays shut off until it is armed.
    pub fn restored(&self) -> Result<(), RecordError> {
        self.restored
    }

    /// Runs until somebody asks to stop, then opens every switch.
    pub async fn run(&mut self) {
        self.start().await;
        while !self.stopping {
            self.tick().await;
            self.board.wait_until(self.next_ms).await;
        }
        self.stop().await;
    }

    /// Takes the reboot record and brings every expander to its safe state: all switches open, then outputs.
    ///
    /// An expander that does not answer is tried again in every tick; nothing closes before all have answered.
    pub async fn start(&mut self) {
        self.stored_len = self.board.load_record(&mut self.stored).min(RECORD_MAX);
        if let Some(record) = self
            .stored
            .get(..self.stored_len)
            .filter(|record| !record.is_empty())
        {
            self.restored = self.core.restore(record);
            if self.restored.is_err() {
                self.core.hold_for_lost_record();
            }
        }
        self.next_ms = self.board.now_ms();
        self.write_outputs(&Decision::default(), &mut BusTrouble::default())
            .await;
        let params = *self.core.params();
        self.sensors
            .set_up_all(&mut self.board, &self.rack, &params)
            .await;
    }

    /// One round: read every sensor, decide, write every switch, read back, report.
    pub async fn tick(&mut self) {
        let params = *self.core.params();
        // The lines first: reading the flags of a sensor lets go of its line.
        let mut trouble = BusTrouble::default();
        let lines = self
            .expanders
            .alerts(&mut self.board, &self.rack, &mut trouble)
            .await;
        let shorts = self
            .sensors
            .read(
                &mut self.board,
                &self.rack,
                &params,
                &mut self.inputs,
                &mut trouble,
            )
            .await;
        let alerts = lines.union(shorts);
        self.take_requests();
        self.inputs.bus = self.board.common_bus();
        self.inputs.io = IoHealth {
            alerts,
            estop: self.board.estop(),
            ..self.io
        };

        let now_ms = self.board.now_ms();
        self.sensors.age(now_ms, &mut self.inputs);
        let decision = self.core.step(now_ms, &self.inputs);
        let confirmed = self.write_outputs(&decision, &mut trouble).await;
        self.sensors.note_switches(&decision);
        if *self.core.params() != params {
            self.sensors.note_change(&params, now_ms);
        }

        self.store_record();
        self.board.show(decision.led);
        let snapshot = Snapshot {
            now_ms,
            packs: self.rack.packs().len(),
            inputs: self.inputs,
            decision,
            sensors: self.sensors.health(),
            outputs_confirmed: confirmed,
        };
        self.board.publish(&snapshot);
        self.inputs.commands = Default::default();
        self.inputs.new_params = None;
        self.inputs.unreadable_params = None;
        // Late ticks are not made up for: the next one keeps its distance from now.
        let period = u64::from(params.tick_ms);
        self.next_ms = self
            .next_ms
            .saturating_add(period)
            .max(now_ms.saturating_add(1));
        if self.next_ms.saturating_add(period) < self.board.now_ms() {
            self.next_ms = self.board.now_ms();
        }
    }

    /// Opens every switch and reads them back; tries for a second, then leaves the rest to the hardware watchdog.
    pub async fn stop(&mut self) {
        let opened = Decision::default();
        for _ in 0..10 {
            if self
                .write_outputs(&opened, &mut BusTrouble::default())
                .await
            {
                return;
            }
            let later = self.board.now_ms().saturating_add(100);
            self.board.wait_until(later).await;
        }
    }

    /// Whether a request to stop was seen.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Writes all outputs and reads them back; feeds the watchdog only when everything agrees.
    async fn write_outputs(&mut self, decision: &Decision<N>, trouble: &mut BusTrouble) -> bool {
        let now_ms = self.board.now_ms();
        let outcome = self
            .expanders
            .apply(&mut self.board, &self.rack, decision, now_ms, trouble)
            .await;
        self.io = IoHealth {
            write_ok: outcome.written,
            readback_ok: outcome.confirmed,
            brown_out: outcome.brown_out,
            ..IoHealth::default()
        };
        let confirmed = outcome.written && outcome.confirmed;
        if confirmed {
            self.board.feed_watchdog();
        }
        confirmed
    }

    fn take_requests(&mut self) {
        let mut taken = 0;
        while taken < MAX_COMMANDS {
            match self.board.next_request() {
                Some(Request::Command(command)) => {
                    if let Some(slot) = self.inputs.commands.get_mut(taken) {
                        *slot = Some(command);
                    }
                    taken = taken.saturating_add(1);
                }
                Some(Request::Params(params)) => {
                    self.take_params(params);
                    return;
                }
                Some(Request::Stop) => {
                    self.stopping = true;
                    return;
                }
                None => return,
            }
        }
    }

    /// Hands new parameters to the core, unless this rack cannot follow them: then nothing changes, and the core tells it.
    fn take_params(&mut self, params: Params) {
        let mut first = None;
        check_wiring(self.rack.packs(), &params, |error| {
            first.get_or_insert(error);
        });
        self.params_refused = first;
        self.inputs.new_params = first.is_none().then_some(params);
        self.inputs.unreadable_params =
            first.map(|error| ConfigError::Invalid(error.as_param_error(&params)));
    }

    /// Why the last new parameters were not handed to the core, when they were not.
    pub fn params_refused(&self) -> Option<RackError> {
        self.params_refused
    }

    /// Stores the reboot record when it differs from the stored one.
    fn store_record(&mut self) {
        let mut buffer = [0; RECORD_MAX];
        let Ok(record) = self.core.write_record(&mut buffer) else {
            return;
        };
        if self.stored.get(..self.stored_len) == Some(record) {
            return;
        }
        self.board.save_record(record);
        self.stored_len = record.len();
        if let Some(stored) = self.stored.get_mut(..record.len()) {
            stored.copy_from_slice(record);
        }
    }
}
