//! Lines as they should not be: good ones with a few bytes changed, and plain noise.

use parallelator::cosim::LONGEST_LINE;

use super::draw::{Dice, Rack};

/// Pieces that change the meaning of a line more often than a random byte does.
const PIECES: [&str; 24] = [
    "null",
    "true",
    "-1",
    "1e3",
    "0.5",
    "99999999999",
    "18446744073709551616",
    "\"\"",
    "{}",
    "[]",
    "[[[[",
    "}}",
    ",",
    ":",
    "\"now_ms\"",
    "\"packs\"",
    "\"commands\"",
    "\"config\"",
    "\\u0000",
    "\\ud800",
    "\"v_uv_mv\"",
    "-0",
    " ",
    "\u{e9}",
];

/// A good line with one to four changes.
pub(crate) fn mutated(dice: &mut Dice, good: &str) -> Vec<u8> {
    let mut line = good.as_bytes().to_vec();
    for _ in 0..=dice.index(3) {
        if line.is_empty() {
            break;
        }
        let at = dice.index(line.len());
        match dice.below(6) {
            0 => line[at] = dice.next() as u8,
            1 => {
                line.remove(at);
            }
            2 => line.truncate(at),
            3 => {
                let piece = PIECES[dice.index(PIECES.len())];
                line.splice(at..at, piece.bytes());
            }
            4 => replace_number(dice, &mut line, at),
            _ => {
                let end = (at + dice.index(40)).min(line.len());
                let copy = line[at..end].to_vec();
                line.splice(at..at, copy);
            }
        }
    }
    line.retain(|&byte| byte != b'\n');
    line
}

/// Puts another piece in the place of the first number after this position.
fn replace_number(dice: &mut Dice, line: &mut Vec<u8>, at: usize) {
    let digit = |byte: &u8| byte.is_ascii_digit();
    let Some(start) = line[at..].iter().position(digit).map(|found| at + found) else {
        return;
    };
    let end = line[start..]
        .iter()
        .position(|byte| !digit(byte))
        .map_or(line.len(), |found| start + found);
    let piece = PIECES[dice.index(PIECES.len())];
    line.splice(start..end, piece.bytes());
}

/// Bytes without meaning.
pub(crate) fn garbage(dice: &mut Dice) -> Vec<u8> {
    let length = dice.index(200);
    let mut line: Vec<u8> = (0..length)
        .map(|_| match dice.below(3) {
            0 => dice.next() as u8,
            1 => b"{}[]\",:0123456789-.eE truefalsn\\"[dice.index(32)],
            _ => dice.from(0x20, 0x7E) as u8,
        })
        .collect();
    line.retain(|&byte| byte != b'\n');
    line
}

/// A line as long as a line may be: a long text, a long list, or a good step with much space.
fn longest(dice: &mut Dice, good: &str) -> Vec<u8> {
    let (head, filling, tail) = match dice.below(4) {
        0 => ("{\"now_ms\":\"", "\\u0041", "\"}"),
        1 => ("{\"packs\":[", "null,", "null]}"),
        2 => ("{\"now_ms\":", "[", ""),
        _ => (good, " ", ""),
    };
    let room = LONGEST_LINE - head.len() - tail.len();
    let filled = filling.repeat(room / filling.len());
    [head, &filled, tail].concat().into_bytes()
}

/// One line of the mixture: half of them good.
pub(crate) fn any_line(dice: &mut Dice, rack: &mut Rack) -> Vec<u8> {
    if dice.below(2_000) == 0 {
        let good = rack.clone().step().line;
        return longest(dice, &good);
    }
    match dice.below(8) {
        0..=3 => rack.step().line.into_bytes(),
        4..=6 => {
            let good = rack.clone().step().line;
            mutated(dice, &good)
        }
        _ => garbage(dice),
    }
}
