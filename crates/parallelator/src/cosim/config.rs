//! Parameters in JSON: the first line, the `config` command, and the configuration that is written back.

use parallelator_core::{Choice, Field, ParamError, Params};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::{
    InputError, Json, Object,
    object::{one_of, refused, text, unknown, whole},
};
use crate::PACKS;

/// The public name of a parameter, and what stands behind it.
enum Parameter {
    Number(&'static Field),
    Choice(&'static Choice),
}

fn names() -> Vec<&'static str> {
    let fields = Params::fields().iter().map(|field| field.name);
    let choices = Params::choices().iter().map(|choice| choice.name);
    fields.chain(choices).collect()
}

fn parameter(name: &str) -> Option<Parameter> {
    let choice = || Params::choices().iter().find(|choice| choice.name == name);
    Params::field(name)
        .map(Parameter::Number)
        .or_else(|| choice().map(Parameter::Choice))
}

/// A fault of one parameter without its name, which the field of the message carries.
fn words(fault: &ParamError) -> String {
    let words = fault.to_string();
    let prefix = format!("{}: ", fault.field);
    words.strip_prefix(&prefix).unwrap_or(&words).to_owned()
}

/// The first fault of the parameters as a whole.
pub(super) fn check(params: &Params) -> Result<(), InputError> {
    params
        .check()
        .map_err(|fault| InputError::new(words(&fault)).under(fault.field))
}

/// What to do with a number outside the range of its parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OutOfRange {
    /// Refuse the line.
    Refuse,
    /// Leave the refusal to the core, which refuses the whole configuration.
    LeaveToCore,
}

/// Parameters that start from `base`, with what this object says.
pub(super) fn read(
    json: &Json<'_>,
    base: &Params,
    out_of_range: OutOfRange,
) -> Result<Params, InputError> {
    let mut params = *base;
    for (name, value) in Object::of(json, &names())?.entries() {
        let done = match parameter(name) {
            Some(Parameter::Number(field)) if out_of_range == OutOfRange::Refuse => {
                whole(field.range())(value).map(|number| field.put(&mut params, number))
            }
            Some(Parameter::Number(field)) => {
                whole(i64::MIN..=i64::MAX)(value).map(|number| field.put(&mut params, number))
            }
            Some(Parameter::Choice(choice)) => choose(choice, &mut params, value),
            None => Err(unknown("parameter", name, &names())),
        };
        done.map_err(|error| error.under(name))?;
    }
    Ok(params)
}

fn choose(choice: &Choice, params: &mut Params, value: &Json<'_>) -> Result<(), InputError> {
    let done = text(value).is_ok_and(|option| choice.set(params, option));
    let allowed = || one_of(choice.options);
    done.then_some(()).ok_or_else(|| refused(value, allowed()))
}

/// The first line: how many packs, and the parameters in force.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Start {
    pub(super) packs: usize,
    pub(super) params: Params,
}

impl Start {
    /// Reads the first line; relations between the parameters are judged later by [`check`].
    pub(super) fn read(json: &Json<'_>) -> Result<Self, InputError> {
        let object = Object::of(json, &["packs", "config"])?;
        let most = PACKS as u8;
        let what = format!("a whole number from 1 to {most}");
        let packs = object.need("packs", &what, whole(1..=most))?;
        let defaults = Params::default();
        let params = object.get("config", |json| read(json, &defaults, OutOfRange::Refuse))?;
        Ok(Self {
            packs: packs.into(),
            params: params.unwrap_or(defaults),
        })
    }
}

/// Why a parameter on the command line cannot be used, as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetError(pub(crate) String);

/// Sets a parameter from `name=value`, as people write it on a command line.
pub(crate) fn set_by_name(params: &mut Params, assignment: &str) -> Result<(), SetError> {
    let (name, value) = assignment.split_once('=').ok_or_else(|| {
        SetError(format!(
            "--set {assignment}: must be name=value, for example --set i_circ_max_ma=3000"
        ))
    })?;
    let json = match parameter(name) {
        Some(Parameter::Number(_)) => value.parse().map_or(Json::Text(value.into()), Json::Whole),
        Some(Parameter::Choice(_)) => Json::Text(value.into()),
        None => {
            let InputError { message, .. } = unknown("parameter", name, &names());
            return Err(SetError(format!("--set {assignment}: {message}")));
        }
    };
    let object = Json::Object(vec![(name.into(), json)]);
    *params = read(&object, params, OutOfRange::Refuse)
        .map_err(|error| SetError(format!("--set {assignment}: {error}")))?;
    Ok(())
}

/// Every parameter by its name, numbers first, in the order of the documentation.
pub(super) struct Whole<'a>(pub(super) &'a Params);

impl Serialize for Whole<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for field in Params::fields() {
            map.serialize_entry(field.name, &field.get(self.0))?;
        }
        for choice in Params::choices() {
            map.serialize_entry(choice.name, choice.get(self.0))?;
        }
        map.end()
    }
}
