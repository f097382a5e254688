//! What the core is told, as bytes and back.

use parallelator_core::{
    Anchor, BusInput, Command, Fault, Gauge, Inputs, IoHealth, LastPackPolicy, ModeHint, PackInput,
    PackSet, Params, Quality, Sample, SwitchFeedback, SwitchKind,
};

use crate::{
    Get, Put, Reader, Sink,
    code::{code_choice, code_struct, put_listed},
};

code_struct!(Inputs<N> [const N: usize] {
    packs,
    bus,
    io,
    commands,
    new_params,
    unreadable_params,
});
code_struct!(PackInput {
    voltage,
    current,
    temperature,
    switch_feedback,
    gauge,
});
code_struct!(Sample<T> [T: Put + Get] { value, age_ms, quality });
code_struct!(Gauge {
    capacity,
    soc,
    soh,
    i_dis_max,
    i_chg_max,
    alarm_bits,
});
code_struct!(BusInput {
    voltage,
    current,
    mode_hint,
    load_controllable,
    charger_controllable,
});
code_struct!(IoHealth {
    readback_ok,
    topology_ok,
    write_ok,
    brown_out,
    estop,
    alerts,
});
code_struct!(Params {
    tick_ms,
    v_uv_abs,
    v_uv,
    v_uv_rec,
    v_ov_rec,
    v_ov,
    v_ov_abs,
    i_dis_max,
    i_chg_max,
    k_oc,
    t_oc_soft_ms,
    i_circ_max,
    dv_max,
    r_nom,
    r_err,
    r_pre,
    dv_err,
    t_rest_ms,
    t_settle_ms,
    t_form_ms,
    t_backoff0_ms,
    t_backoff_max_ms,
    n_lock,
    t_decay_ms,
    closes_per_hour_pack,
    closes_per_hour_fleet,
    i_break_max,
    t_shed_ms,
    age_soft_ms,
    age_hard_ms,
    k_reject,
    dv_jump,
    i_leak,
    t_leak_samples,
    i_open,
    t_open_samples,
    switch_kind,
    t_chg_min,
    t_chg_max,
    t_dis_min,
    t_dis_max,
    last_pack_policy,
    anchor,
    i_load_expect,
    mode_hyst,
    mode_hyst_ms,
});

code_choice!(Quality {
    Good = 0,
    OverRange = 1,
    Missing = 2
});
code_choice!(SwitchFeedback { Open = 0, Closed = 1 });
code_choice!(ModeHint {
    Auto = 0,
    Charge = 1,
    Discharge = 2,
    Idle = 3
});
code_choice!(SwitchKind {
    Bidirectional = 0,
    DiodeCharge = 1,
    DiodeDischarge = 2
});
code_choice!(LastPackPolicy {
    Safety = 0,
    RideThrough = 1
});
code_choice!(Anchor {
    ByMode = 0,
    LargestSet = 1
});

put_listed!(Fault);

impl Get for Fault {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        Self::ALL.get(usize::from(u8::get(reader)?)).copied()
    }
}

impl Put for PackSet {
    fn put(&self, sink: &mut impl Sink) {
        self.bits().put(sink);
    }
}

impl Get for PackSet {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        u32::get(reader).map(Self::from_bits)
    }
}

impl Put for Command {
    fn put(&self, sink: &mut impl Sink) {
        match self {
            Self::Enable { pack } => sink.put(&[0, *pack]),
            Self::Disable { pack } => sink.put(&[1, *pack]),
            Self::Clear { pack, fault } => {
                sink.put(&[2, *pack]);
                fault.put(sink);
            }
            Self::Arm => sink.put(&[3]),
            Self::EStop => sink.put(&[4]),
            Self::Service { enter } => sink.put(&[5, u8::from(*enter)]),
            Self::Test { pack } => sink.put(&[6, *pack]),
        }
    }
}

impl Get for Command {
    fn get(reader: &mut Reader<'_>) -> Option<Self> {
        Some(match u8::get(reader)? {
            0 => Self::Enable {
                pack: u8::get(reader)?,
            },
            1 => Self::Disable {
                pack: u8::get(reader)?,
            },
            2 => Self::Clear {
                pack: u8::get(reader)?,
                fault: Fault::get(reader)?,
            },
            3 => Self::Arm,
            4 => Self::EStop,
            5 => Self::Service {
                enter: bool::get(reader)?,
            },
            6 => Self::Test {
                pack: u8::get(reader)?,
            },
            _ => return None,
        })
    }
}
