//! The way into the loop's thread: a bounded queue, and two flags that are never lost when it is full.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

use parallelator_core::Command;

/// Orders that may wait.
const CAPACITY: usize = 64;

/// A fault of the simulated rack, as the page names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimFault {
    /// The pack reads above its absolute voltage limit.
    OverVoltage,
    /// The sensor stops answering.
    DeadSensor,
    /// The switch stays closed, whatever it is told.
    StuckSwitch,
    /// Writes to the pack's expander are acknowledged but lost.
    LostWrite,
    /// The bus is shorted.
    Short,
}

impl SimFault {
    /// Every one of them.
    pub const ALL: [Self; 5] = [
        Self::OverVoltage,
        Self::DeadSensor,
        Self::StuckSwitch,
        Self::LostWrite,
        Self::Short,
    ];

    /// Its name in the interface of the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OverVoltage => "over_voltage",
            Self::DeadSensor => "dead_sensor",
            Self::StuckSwitch => "stuck_switch",
            Self::LostWrite => "lost_write",
            Self::Short => "short",
        }
    }
}

/// What may be asked of a simulation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SimOrder {
    /// The load asks for this many milliamperes.
    Load(i32),
    /// The charger offers this many milliamperes.
    Charger(i32),
    /// Stand still, or go on.
    Pause(bool),
    /// Simulated seconds a second.
    Speed(f64),
    /// A fault, of a pack or of the bus.
    Fault(Option<usize>, SimFault),
    /// Ends the faults of a pack, or those of the bus.
    Repair(Option<usize>),
}

/// Something for the loop's thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Order {
    /// A command to the core, which decides.
    Command(Command),
    /// For the simulation.
    Sim(SimOrder),
    /// Nothing but a reason to look at the flags.
    Wake,
}

#[derive(Debug, Default)]
struct Flags {
    stop: AtomicBool,
    estop: AtomicBool,
}

/// The queue is full; nothing was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFull;

impl fmt::Display for QueueFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many commands are waiting, try again in a moment")
    }
}

impl std::error::Error for QueueFull {}

/// The sending end; clones send to the same loop.
#[derive(Debug, Clone)]
pub struct Orders {
    sender: SyncSender<Order>,
    flags: Arc<Flags>,
}

impl Orders {
    /// Asks for something; an emergency stop always gets through.
    ///
    /// # Errors
    /// The queue is full, or its loop has ended.
    pub fn send(&self, order: Order) -> Result<(), QueueFull> {
        if order == Order::Command(Command::EStop) {
            self.flags.estop.store(true, Ordering::Release);
            self.wake();
            return Ok(());
        }
        self.sender.try_send(order).map_err(|_| QueueFull)
    }

    /// Asks the loop to open every switch and end.
    pub fn stop(&self) {
        self.flags.stop.store(true, Ordering::Release);
        self.wake();
    }

    /// Whether the loop was asked to end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.flags.stop.load(Ordering::Acquire)
    }

    fn wake(&self) {
        // A full queue wakes the loop by itself, and a loop that has ended needs no waking.
        let _ = self.sender.try_send(Order::Wake);
    }
}

/// The receiving end, in the loop's thread.
#[derive(Debug)]
pub struct Inbox {
    receiver: Receiver<Order>,
    flags: Arc<Flags>,
}

impl Inbox {
    /// Whether the loop is asked to end.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.flags.stop.load(Ordering::Acquire)
    }

    /// Whether an emergency stop was asked for since the last call.
    #[must_use]
    pub fn take_estop(&self) -> bool {
        self.flags.estop.swap(false, Ordering::AcqRel)
    }

    /// Whether an emergency stop waits to be taken.
    #[must_use]
    pub fn has_estop(&self) -> bool {
        self.flags.estop.load(Ordering::Acquire)
    }

    /// The next order, when there is one.
    #[must_use]
    pub fn next(&self) -> Option<Order> {
        self.receiver.try_recv().ok()
    }

    /// The next order, or `None` when none came in this time.
    #[must_use]
    pub fn wait(&self, longest: Duration) -> Option<Order> {
        match self.receiver.recv_timeout(longest) {
            Ok(order) => Some(order),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                // Nobody is left to ask for anything; time goes on all the same.
                std::thread::sleep(longest);
                None
            }
        }
    }
}

/// A queue of orders.
#[must_use]
pub fn queue() -> (Orders, Inbox) {
    let (sender, receiver) = sync_channel(CAPACITY);
    let flags = Arc::new(Flags::default());
    let orders = Orders {
        sender,
        flags: Arc::clone(&flags),
    };
    (orders, Inbox { receiver, flags })
}
