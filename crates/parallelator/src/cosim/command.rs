//! The commands of a step: each is an object with one key.

use parallelator_core::{Command, Fault, MAX_COMMANDS, Params};

use super::{
    InputError, Json, Object,
    config::{self, OutOfRange},
    object::{asked, flag, list, text, unknown, whole},
};

/// What a line asks for, ready for the core.
#[derive(Debug)]
pub(super) struct Orders {
    /// At their positions in the line; the place of a `config` stays empty.
    pub(super) commands: [Option<Command>; MAX_COMMANDS],
    pub(super) new_params: Option<Params>,
}

/// What a command may refer to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) packs: usize,
    /// The parameters in force, which a `config` starts from.
    pub(super) params: &'a Params,
}

/// One command of the line.
enum Order {
    Command(Command),
    Config(Box<Params>),
}

type Read = fn(&Json<'_>, &Context<'_>) -> Result<Order, InputError>;

/// Every command by its key; a new one is one line here.
const COMMANDS: &[(&str, Read)] = &[
    ("arm", |json, _| asked(json).map(|()| Command::Arm.into())),
    ("estop", |json, _| {
        asked(json).map(|()| Command::EStop.into())
    }),
    ("enable", |json, rack| {
        rack.pack(json).map(|pack| Command::Enable { pack }.into())
    }),
    ("disable", |json, rack| {
        rack.pack(json).map(|pack| Command::Disable { pack }.into())
    }),
    ("clear", |json, rack| clear(json, rack).map(Order::from)),
    ("service", |json, _| {
        flag(json).map(|enter| Command::Service { enter }.into())
    }),
    ("test", |json, rack| {
        rack.pack(json).map(|pack| Command::Test { pack }.into())
    }),
    ("config", |json, rack| {
        let params = config::read(json, rack.params, OutOfRange::LeaveToCore)?;
        Ok(Order::Config(Box::new(params)))
    }),
];

impl From<Command> for Order {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

impl Context<'_> {
    /// The index of a pack of this rack.
    pub(super) fn pack(&self, json: &Json<'_>) -> Result<u8, InputError> {
        let last = u8::try_from(self.packs.saturating_sub(1)).unwrap_or(u8::MAX);
        whole(0..=last)(json)
    }
}

fn clear(json: &Json<'_>, rack: &Context<'_>) -> Result<Command, InputError> {
    let object = Object::of(json, &["pack", "fault"])?;
    let pack = object.need("pack", "the index of a pack", |json| rack.pack(json))?;
    let fault = object.need("fault", "the name of a fault", fault)?;
    Ok(Command::Clear { pack, fault })
}

fn fault(json: &Json<'_>) -> Result<Fault, InputError> {
    let name = text(json)?;
    let names = || {
        Fault::ALL
            .iter()
            .map(|fault| fault.code())
            .collect::<Vec<_>>()
    };
    Fault::from_code(name).ok_or_else(|| unknown("fault", name, &names()))
}

fn order(json: &Json<'_>, rack: &Context<'_>) -> Result<Order, InputError> {
    let keys: Vec<&'static str> = COMMANDS.iter().map(|(key, _)| *key).collect();
    let object = Object::of(json, &keys)?;
    let mut entries = object.entries();
    let (Some((key, value)), None) = (entries.next(), entries.next()) else {
        let words = format!(
            "{json} is not one command; each has exactly one of the keys {}",
            keys.join(", ")
        );
        return Err(InputError::new(words));
    };
    let (_, read) = COMMANDS
        .iter()
        .find(|(name, _)| *name == key)
        .ok_or_else(|| unknown("command", key, &keys))?;
    read(value, rack).map_err(|error| error.under(key))
}

impl Orders {
    pub(super) fn none() -> Self {
        Self {
            commands: [None; MAX_COMMANDS],
            new_params: None,
        }
    }

    /// Reads the list of commands.
    pub(super) fn read(json: &Json<'_>, rack: &Context<'_>) -> Result<Self, InputError> {
        let items = list(json)?;
        let given = items.len();
        if given > MAX_COMMANDS {
            return Err(InputError::new(format!(
                "{given} commands, one step takes {MAX_COMMANDS} at most; give the rest to the next step"
            )));
        }
        let mut orders = Self::none();
        for (index, (item, slot)) in items.iter().zip(&mut orders.commands).enumerate() {
            match order(item, rack).map_err(|error| error.at(index))? {
                Order::Command(command) => *slot = Some(command),
                Order::Config(_) if orders.new_params.is_some() => {
                    let words = "a second configuration; one step takes one at most";
                    return Err(InputError::new(words).under("config").at(index));
                }
                Order::Config(params) => orders.new_params = Some(*params),
            }
        }
        Ok(orders)
    }
}
