//! A rack in real time, with a page and a face on the terminal.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{Setup, signal::Signal};
use crate::{
    board::sim::{Pace, SimBoard},
    cli::DemoArgs,
    failure::Failure,
    hub::{Hub, Inbox, Orders},
    log::{self, Log},
    rack::Description,
    terminal::Terminal,
    texts::{page_address, when_open},
    web,
};

/// The longest that opening every switch may take: the loop tries for a second and the watchdog needs two.
const LONGEST_STOP: Duration = Duration::from_secs(5);

/// Runs until somebody ends it.
pub(super) fn run(
    args: &DemoArgs,
    description: Description,
    setup: Setup,
    signal: &Signal,
    (orders, inbox): (Orders, Inbox),
) -> Result<(), Failure> {
    let port = args.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .map_err(|error| Failure::Port { port, error })?;
    let address = listener
        .local_addr()
        .map_err(|error| Failure::Port { port, error })?;
    let (log, log_thread) = match &args.log {
        Some(folder) => {
            let (log, thread) = log::open(folder, &description, false)?;
            (Some(log), Some(thread))
        }
        None => (None, None),
    };
    let hub = Arc::new(Hub::new(description, "demo").speaking(args.language));
    let running = signal.arm();
    let pace = Pace::Real { speed: args.speed };
    let ended = start_loop(&hub, setup, pace, inbox, log)?;
    let server = web::serve(listener, Arc::clone(&hub), orders.clone());
    let server = server.map_err(|error| Failure::System {
        what: "a thread for the page",
        error,
    });
    let shown = match &server {
        Ok(_) => say(&page_address(args.language, &address.to_string()))
            .and_then(|()| watch(&hub, &ended)),
        Err(_) => Ok(()),
    };
    // Whatever happened: the switches open first, then the rest is told.
    orders.stop();
    ended.wait(LONGEST_STOP)?;
    drop(running);
    drop(server?);
    if let Some(thread) = log_thread {
        thread.finish();
    }
    shown?;
    say(when_open(args.language))
}

/// The loop's thread: it answers when it has ended.
struct LoopThread(thread::JoinHandle<Result<(), Failure>>);

impl LoopThread {
    fn has_ended(&self) -> bool {
        self.0.is_finished()
    }

    /// Waits for the loop to open its switches and end.
    fn wait(self, longest: Duration) -> Result<(), Failure> {
        let given_up = Instant::now() + longest;
        while !self.has_ended() {
            if Instant::now() > given_up {
                return Err(Failure::LoopLost);
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.0.join().unwrap_or(Err(Failure::LoopLost))
    }
}

/// Starts the loop in its own thread; the simulation lives in there, too.
fn start_loop(
    hub: &Arc<Hub>,
    setup: Setup,
    pace: Pace,
    inbox: Inbox,
    log: Option<Log>,
) -> Result<LoopThread, Failure> {
    let hub = Arc::clone(hub);
    thread::Builder::new()
        .name("loop".to_owned())
        .spawn(move || {
            let mut board = SimBoard::new(hub, &setup, pace, inbox)?;
            board.set_log(log);
            let mut node = super::node(board)?;
            crate::block_on::block_on(node.run());
            Ok(())
        })
        .map(LoopThread)
        .map_err(|error| Failure::System {
            what: "a thread for the loop",
            error,
        })
}

/// Shows the rack until its loop ends.
fn watch(hub: &Hub, ended: &LoopThread) -> Result<(), Failure> {
    let mut terminal = Terminal::new();
    while !ended.has_ended() {
        terminal.draw(hub).map_err(Failure::Output)?;
        let next = Instant::now() + terminal.period();
        while !ended.has_ended() && Instant::now() < next {
            thread::sleep(Duration::from_millis(20));
        }
    }
    terminal.finish(hub).map_err(Failure::Output)
}

fn say(words: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{words}")
        .and_then(|()| out.flush())
        .map_err(Failure::Output)
}
