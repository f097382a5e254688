//! How often each invariant had something to judge, and how often it did not hold.

/// The invariants, in their short form.
pub const SENTENCES: [&str; 28] = [
    "closed only through the gate, or closed and healthy before",
    "every set that results from joins is admissible",
    "joins are symmetric",
    "every subset of an admissible set is admissible",
    "true circulating current within the set point after a join",
    "one join for each settling time",
    "absolute limits open in the same step",
    "an emergency stop holds until released and armed",
    "a latch is left only by the command that names it",
    "a cool-down never ends early",
    "score and closings never fall by a reboot",
    "closings of an hour stay within the budget",
    "no command closes what the rules refuse",
    "no way to the switches: nothing closed",
    "old samples join nobody, older ones open",
    "a real step of the voltage is believed",
    "a stuck pack counts in every prediction",
    "no permit without a limit and a closed pack",
    "a bus that keeps to the limits overloads no pack",
    "no cascade of soft openings",
    "ride-through keeps the last pack in a soft fault",
    "equal inputs give equal outputs",
    "every input is answered",
    "one event for each change of a command",
    "a pack that is out is commanded open",
    "healthy packs that fit together join",
    "no pack toggles within its back-off",
    "tighter limits allow no additional join",
];

/// The score of many stories.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub steps: u64,
    pub stories: u64,
    pub cases: [u64; 28],
    pub violations: [u64; 28],
    /// Violations of the story that is told, in words.
    pub broken: Vec<String>,
}

impl Tally {
    /// One case of an invariant.
    pub fn case(&mut self, number: usize, holds: bool, what: impl FnOnce() -> String) {
        self.cases[number - 1] += 1;
        if !holds {
            self.violations[number - 1] += 1;
            if self.broken.len() < 20 {
                self.broken.push(format!("I{number} {}", what()));
            }
        }
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.stories += other.stories;
        for (sum, more) in self.cases.iter_mut().zip(other.cases) {
            *sum += more;
        }
        for (sum, more) in self.violations.iter_mut().zip(other.violations) {
            *sum += more;
        }
        let room = 40usize.saturating_sub(self.broken.len());
        self.broken.extend(other.broken.into_iter().take(room));
    }

    /// The table of `docs/safety.md`.
    pub fn table(&self) -> String {
        let mut table = format!(
            "{} steps in {} stories.\n\n| no. | sentence | cases | violations |\n| --- | --- | ---: | ---: |\n",
            self.steps, self.stories
        );
        for (index, sentence) in SENTENCES.iter().enumerate() {
            let (cases, broken) = (self.cases[index], self.violations[index]);
            table += &format!("| I{} | {sentence} | {cases} | {broken} |\n", index + 1);
        }
        table
    }

    /// Fails when a sentence of `numbers` did not hold, or never had a case.
    pub fn confirm(&self, numbers: &[usize]) {
        assert!(
            self.broken.is_empty(),
            "{}\n{}",
            self.table(),
            self.broken.join("\n")
        );
        for number in numbers {
            assert!(
                self.cases[number - 1] > 0,
                "I{number} never had a case\n{}",
                self.table()
            );
        }
    }
}
