//! Text that is sent unasked, and its intervals.

use core::fmt::Write;
use core::time::Duration;

use super::TinyBms;
use super::measure::millivolts;
use super::protection::is_single_port;
use super::settings as set;

const CA_V3: u16 = 0;
const ASCII: u16 = 1;
/// Milliseconds by code of register 342; 0 is off.
const INTERVALS_MS: [u64; 8] = [0, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// The documents do not say how a line ends.
const LINE_END: &str = "\r\n";

impl TinyBms {
    /// Time between two lines; `None` while nothing is sent unasked.
    pub(super) fn text_interval(&self) -> Option<Duration> {
        let code = usize::from(self.settings.get(set::BROADCAST_INTERVAL));
        let spoken = matches!(self.settings.get(set::BROADCAST_PROTOCOL), CA_V3 | ASCII);
        match INTERVALS_MS.get(code) {
            Some(&milliseconds) if spoken && milliseconds > 0 => {
                Some(Duration::from_millis(milliseconds))
            }
            _ => None,
        }
    }

    /// The line that would be sent now, with its end.
    #[must_use]
    pub fn broadcast_line(&self) -> String {
        let mut line = if self.settings.get(set::BROADCAST_PROTOCOL) == CA_V3 {
            self.ca_v3()
        } else {
            self.ascii()
        };
        line.push_str(LINE_END);
        line
    }

    fn ca_v3(&self) -> String {
        let remaining_ah = f64::from(self.settings.get(set::CAPACITY)) / 100.0 * self.charge;
        let numbers = [
            remaining_ah,
            f64::from(self.live.pack_v),
            f64::from(self.live.current_a),
            f64::from(self.live.speed_kmh),
            self.statistics.distance_km,
            f64::from(self.live.hottest()) / 10.0,
        ];
        let mut fields: Vec<String> = numbers.map(|number| format!("{number:.6}")).to_vec();
        fields.extend((0..7).map(|_| "0".to_owned()));
        fields.join("\t")
    }

    fn ascii(&self) -> String {
        let live = &self.live;
        let volts = |tenths| f64::from(millivolts(tenths)) / 1_000.0;
        let celsius = |tenths: i16| f64::from(tenths) / 10.0;
        let mut line = format!(
            "BPV:{:.2}\tMINCV:{:.3}\tMAXCV:{:.3}\tBPC:{:.2}\tSOC:{:.0}",
            live.pack_v,
            volts(live.lowest()),
            volts(live.highest()),
            live.current_a,
            self.charge * 100.0,
        );
        // Writing into a string cannot fail.
        let _ = write!(
            line,
            "\tBMST:{:.2}\tEXT1:{:.2}\tEXT2:{:.2}\tOS:{}\tCB:{:016b}",
            celsius(live.internal),
            celsius(live.external[0]),
            celsius(live.external[1]),
            self.protection.status,
            self.protection.balancing,
        );
        let external = |register, internal| u8::from(self.settings.get(register) != internal);
        let (load, charge) = (
            u8::from(self.protection.load_on),
            u8::from(self.protection.charge_on),
        );
        let _ = if is_single_port(&self.settings) {
            write!(
                line,
                "\tST:{}\tSS:{load}",
                external(set::SINGLE_PORT_SWITCH, 0)
            )
        } else {
            write!(
                line,
                "\tLST:{}\tLSS:{load}\tCST:{}\tCSS:{charge}",
                external(set::LOAD_SWITCH, 0),
                external(set::CHARGER_SWITCH, 1)
            )
        };
        line
    }
}
