//! The web page in a real browser: the built program serves it, a headless Chromium shows it.
//!
//! Where no Chromium is found the tests print a `SKIP` line and pass; `PARALLELATOR_REQUIRE_CHROMIUM=1` makes them fail
//! instead. `PARALLELATOR_SCREENSHOT` names a PNG file for what the first test sees,
//! `PARALLELATOR_SCREENSHOT_FRENCH` one for the French page.

mod browser;

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use browser::Browser;
use serde_json::Value;

const SOON: Duration = Duration::from_secs(15);
/// Forming the rack takes its time even at ten times the speed.
const FORMED: Duration = Duration::from_secs(90);

/// One browser at a time: several at once starve each other on a small machine.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const CARDS: &str = "[...document.querySelectorAll('#pack-list [data-pack][data-state]')]";

/// The program with its simulated rack.
struct Demo {
    child: Child,
    address: String,
}

impl Demo {
    fn start(language: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_parallelator"))
            .args(["demo", "--port", "0", "--speed", "10"])
            .args(["--language", language])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let stderr = child.stderr.take().unwrap();
        let lines = browser::lines_of(vec![Box::new(stdout), Box::new(stderr)]);
        let address = browser::first(&lines, Duration::from_secs(30), |line| {
            let start = line.find("http://")?;
            let url = line[start..].split_whitespace().next()?;
            Some(url.trim_end_matches(['/', '.', ',', ')']).to_owned())
        });
        Self { child, address }
    }

    fn stop(&mut self) {
        // It may have ended by itself; then there is nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs the steps on an opened page, or says why it cannot.
fn with_page(test: &str, width: u32, steps: impl FnOnce(&mut Demo, &mut Browser)) {
    with_page_in("en", test, width, steps);
}

/// The same in this language.
fn with_page_in(
    language: &str,
    test: &str,
    width: u32,
    steps: impl FnOnce(&mut Demo, &mut Browser),
) {
    let Some(chromium) = browser::find(test) else {
        return;
    };
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let mut demo = Demo::start(language);
    let mut page = Browser::launch(&chromium, width, 1100);
    let address = demo.address.clone();
    page.open(&format!("{address}/"));
    page.wait_until("the packs appear", SOON, &format!("{CARDS}.length >= 2"));
    steps(&mut demo, &mut page);
}

fn text(page: &mut Browser, selector: &str) -> String {
    let expression = format!(
        "document.querySelector({}).textContent",
        Value::from(selector)
    );
    page.evaluate(&expression).as_str().unwrap().to_owned()
}

fn attribute(page: &mut Browser, selector: &str, name: &str) -> String {
    let expression = format!(
        "document.querySelector({}).getAttribute('{name}')",
        Value::from(selector)
    );
    page.evaluate(&expression)
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn numbers(value: &Value) -> Vec<u64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_u64().unwrap())
        .collect()
}

fn connected(page: &mut Browser) -> Vec<u64> {
    numbers(&page.evaluate(&format!(
        "{CARDS}.filter(card => card.dataset.state === 'closed').map(card => Number(card.dataset.pack))"
    )))
}

fn wait_for_most_packs(page: &mut Browser) {
    page.wait_until(
        "at least half of the packs are connected, and two of them",
        FORMED,
        &format!(
            "(() => {{ const closed = {CARDS}.filter(card => card.dataset.state === 'closed').length;
              return closed >= 2 && closed * 2 >= {CARDS}.length; }})()"
        ),
    );
}

/// The page was quiet, and spoke with nobody but the program.
fn assert_clean(page: &Browser, address: &str) {
    assert!(
        page.problems().is_empty(),
        "console: {:#?}",
        page.problems()
    );
    assert!(
        page.requests().len() > 5,
        "only {:?} were requested",
        page.requests()
    );
    let strangers: Vec<_> = page
        .requests()
        .iter()
        .filter(|url| !url.starts_with(&format!("{address}/")))
        .collect();
    assert!(strangers.is_empty(), "requests to others: {strangers:?}");
}

#[test]
fn packs_join_one_after_another() {
    with_page("page", 1280, |demo, page| {
        wait_for_most_packs(page);
        // Packs go on joining meanwhile, so the list of events is read in the same moment as the cards.
        let seen = page.evaluate(&format!(
            "({{ closed: {CARDS}.filter(card => card.dataset.state === 'closed').map(card => Number(card.dataset.pack)),
                joins: [...document.querySelectorAll('#event-list [data-kind=closed]')].reverse()
                    .map(event => [Number(event.dataset.of), Number(event.dataset.ms)]) }})"
        ));
        let joins: Vec<Vec<u64>> = seen["joins"]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect();
        for pair in joins.windows(2) {
            assert!(
                pair[0][1] < pair[1][1],
                "two packs joined in the same moment: {joins:?}"
            );
        }
        for pack in numbers(&seen["closed"]) {
            assert!(
                joins.iter().any(|join| join[0] == pack),
                "pack {pack} is closed without an event: {joins:?}"
            );
            let reason = text(page, &format!("[data-pack='{pack}'] .reason"));
            assert!(!reason.is_empty(), "pack {pack} has no reason");
            let voltage = text(page, &format!("[data-pack='{pack}'] [data-value=voltage]"));
            assert!(
                voltage.ends_with(" V") && voltage.contains('.'),
                "pack {pack} shows the voltage {voltage}"
            );
            let blade = attribute(page, &format!("[data-slot='{pack}']"), "data-blade");
            assert_eq!(
                blade, "closed",
                "the diagram draws the closed pack {pack} otherwise"
            );
        }
        if let Some(path) = env::var_os("PARALLELATOR_SCREENSHOT").map(PathBuf::from) {
            page.screenshot(Path::new(&path));
        }
        assert_clean(page, &demo.address);
    });
}

/// A word without a translation is an error on the console, which `assert_clean` finds.
#[test]
fn a_french_page_has_no_english_words_and_french_numbers() {
    with_page_in("fr", "page", 1280, |demo, page| {
        wait_for_most_packs(page);
        assert_eq!(
            page.evaluate("document.documentElement.lang"),
            Value::from("fr")
        );
        assert_eq!(text(page, "#estop"), "Arrêt d’urgence");
        assert_eq!(text(page, "#packs-head"), "Packs");
        assert_eq!(text(page, "#system-text"), "En marche");
        let heads = page
            .evaluate("[...document.querySelectorAll('h2')].map(head => head.innerText).join(' ')");
        for english in ["limits", "diagram", "Operation", "over time", "Events"] {
            let heads = heads.as_str().unwrap();
            assert!(!heads.contains(english), "{english} stands in {heads}");
        }
        let voltage = text(page, "#bus-voltage");
        assert!(
            voltage.ends_with("\u{a0}V") && voltage.contains(',') && !voltage.contains('.'),
            "the bus shows {voltage}"
        );
        let verdict = text(page, "#verdict-text");
        assert!(
            verdict.ends_with(" packs sur 8 connectés"),
            "the short answer is {verdict}"
        );
        let refused = text(page, "[data-pack='7'] .reason");
        assert!(refused.starts_with("Refusé\u{a0}: "), "{refused}");
        let measured = text(page, "[data-pack='7'] [data-value=measured]");
        assert!(measured.contains("seuil"), "{measured}");
        let pack = connected(page)[0];
        page.click(&format!(
            "button[data-fault='over_voltage'][data-pack='{pack}']"
        ));
        page.wait_until(
            "the pack latches",
            SOON,
            &format!(
                "document.querySelector('[data-pack=\"{pack}\"]').dataset.state === 'latched'"
            ),
        );
        let clear = format!("[data-pack='{pack}'] button[data-action=clear]");
        assert_eq!(text(page, &clear), "Acquitter le défaut");
        assert_eq!(attribute(page, &clear, "title"), "surtension absolue");
        page.click(&format!("button[data-repair='{pack}']"));
        page.click("#pause");
        page.wait_until(
            "the pause is said",
            SOON,
            "document.querySelector('#sim-time').textContent.endsWith('(en pause)')",
        );
        if let Some(path) = env::var_os("PARALLELATOR_SCREENSHOT_FRENCH").map(PathBuf::from) {
            page.resize(1280, 2800);
            page.screenshot(Path::new(&path));
        }
        assert_clean(page, &demo.address);
    });
}

#[test]
fn a_fault_button_opens_its_pack_and_names_the_reason() {
    with_page("page", 1280, |demo, page| {
        wait_for_most_packs(page);
        for (fault, reason) in [
            ("over_voltage", "over_voltage_abs"),
            ("dead_sensor", "stale_data"),
        ] {
            let before = connected(page);
            let pack = *before.last().unwrap();
            page.click(&format!("button[data-fault='{fault}'][data-pack='{pack}']"));
            page.wait_until(
                &format!("pack {pack} opens for {reason}"),
                SOON,
                &format!(
                    "(({{ dataset }}) => !['closed', 'opening'].includes(dataset.state) && dataset.tone === 'out'
                      && dataset.reason === '{reason}')(document.querySelector('[data-pack=\"{pack}\"]'))"
                ),
            );
            assert_eq!(
                attribute(page, &format!("[data-slot='{pack}']"), "data-blade"),
                "open"
            );
            // The short answer at the top names the same pack with the same words as its card.
            let found = page.evaluate(&format!(
                "[...document.querySelectorAll('#verdict-list li[data-tone=out]')].some(row =>
                   row.querySelector('.who').hash === '#pack-{pack}'
                   && row.querySelector('.why').textContent === document.querySelector('[data-pack=\"{pack}\"] .reason').textContent)"
            ));
            assert_eq!(
                found,
                Value::Bool(true),
                "the summary does not say why pack {pack} is out"
            );
            let others = numbers(&page.evaluate(&format!(
                "{CARDS}.filter(card => card.dataset.tone === 'out' && card.dataset.reason === '{reason}')
                   .map(card => Number(card.dataset.pack))"
            )));
            assert_eq!(
                others,
                [pack],
                "the fault of pack {pack} was seen on others"
            );
            page.click(&format!("button[data-repair='{pack}']"));
            page.wait_until(
                "the repair takes effect",
                SOON,
                &format!(
                    "document.querySelector('button[data-fault={fault}][data-pack=\"{pack}\"]').ariaPressed === 'false'"
                ),
            );
        }
        assert_clean(page, &demo.address);
    });
}

#[test]
fn a_latched_pack_comes_back_only_after_clear() {
    with_page("page", 1280, |demo, page| {
        wait_for_most_packs(page);
        let pack = connected(page)[0];
        let card = format!("document.querySelector('[data-pack=\"{pack}\"]')");
        page.click(&format!(
            "button[data-fault='over_voltage'][data-pack='{pack}']"
        ));
        page.wait_until(
            "the pack latches",
            SOON,
            &format!("{card}.dataset.state === 'latched'"),
        );
        page.click(&format!("button[data-repair='{pack}']"));
        // Ten simulated seconds without the fault.
        std::thread::sleep(Duration::from_secs(1));
        assert_eq!(
            attribute(page, &format!("[data-pack='{pack}']"), "data-state"),
            "latched"
        );
        page.click(&format!("[data-pack='{pack}'] button[data-action=clear]"));
        page.wait_until(
            "the latch is left",
            SOON,
            &format!("{card}.dataset.state !== 'latched'"),
        );
        assert_clean(page, &demo.address);
    });
}

#[test]
fn the_emergency_stop_opens_every_pack() {
    with_page("page", 1280, |demo, page| {
        wait_for_most_packs(page);
        page.click("#estop");
        page.wait_until(
            "every pack is open and the system says so",
            SOON,
            &format!(
                "document.querySelector('#system').dataset.system === 'safe_off'
                 && {CARDS}.every(card => !['closed', 'closing', 'opening'].includes(card.dataset.state))
                 && [...document.querySelectorAll('[data-slot]')].every(slot => slot.dataset.blade !== 'closed')"
            ),
        );
        let permit = attribute(page, "#load-permit", "data-permit");
        assert_eq!(permit, "no", "the load is still permitted");
        assert_clean(page, &demo.address);
    });
}

/// Whether the buttons for tests can be seen: all of them, or none.
fn test_buttons(page: &mut Browser) -> Vec<u64> {
    numbers(&page.evaluate(&format!(
        "{CARDS}.filter(card => card.querySelector('button[data-action=test]')?.checkVisibility())
           .map(card => Number(card.dataset.pack))"
    )))
}

#[test]
fn a_pack_is_tested_from_its_card_in_the_service_mode() {
    with_page("page", 1280, |demo, page| {
        wait_for_most_packs(page);
        assert_eq!(test_buttons(page), [0; 0], "outside the service mode");
        assert_eq!(attribute(page, "#service", "aria-pressed"), "false");
        page.click("#service");
        let serviced = "document.querySelector('#system').dataset.system === 'service'
             && document.querySelector('#service').ariaPressed === 'true' && !document.querySelector('#service-hint').hidden";
        page.wait_until("the service mode is on", SOON, serviced);
        assert_eq!(test_buttons(page), [0, 1, 2, 3, 4, 5, 6, 7]);
        // Pack 8 belongs to another rack and is never connected.
        let enabled = page.evaluate(&format!(
            "{CARDS}.every(card => card.querySelector('button[data-action=test]').disabled === (card.dataset.state !== 'closed'))
             && {CARDS}[7].querySelector('button[data-action=test]').disabled"
        ));
        assert_eq!(enabled, Value::Bool(true));
        // The story of the demo shall not move the load meanwhile.
        page.evaluate(
            "document.querySelector('#load').dispatchEvent(new Event('input', { bubbles: true }))",
        );
        // Slow enough that no page misses the moment in which the pack is open.
        page.click("button[data-speed='1']");
        page.evaluate(
            "(() => { const card = document.querySelector('#pack-0'); window.reasons = [];
               new MutationObserver(() => window.reasons.push(card.dataset.reason)).observe(card, { attributeFilter: ['data-reason'] }); })()",
        );
        // A join that has not settled refuses the test, and says what to wait for.
        page.wait_until(
            "pack 1 opens for its test",
            FORMED,
            "(() => { const opened = [...document.querySelectorAll('#event-list [data-kind=opened]')].map(event => event.textContent);
               if (opened.length === 0) document.querySelector('#pack-0 button[data-action=test]').click();
               return opened.some(words => words.endsWith('Pack 1 opened: a test that the operator asked for')); })()",
        );
        page.wait_until(
            "pack 1 shows the reason on its card",
            SOON,
            "window.reasons.includes('service_test')",
        );
        page.click("button[data-speed='10']");
        page.wait_until(
            "pack 1 is connected again",
            FORMED,
            "document.querySelector('#pack-0').dataset.state === 'closed'",
        );
        let opened = page.evaluate(
            "[...document.querySelectorAll('#event-list [data-kind=opened]')].map(event => Number(event.dataset.of))",
        );
        assert_eq!(numbers(&opened), [0], "only the tested pack has opened");

        // A page that is opened anew knows it as well.
        let address = demo.address.clone();
        page.open(&format!("{address}/"));
        page.wait_until("the packs appear", SOON, &format!("{CARDS}.length >= 2"));
        page.wait_until("the service mode is still on", SOON, serviced);
        page.click("#service");
        page.wait_until(
            "the service mode is left, and its buttons with it",
            SOON,
            "document.querySelector('#system').dataset.system !== 'service'
             && document.querySelector('#service').ariaPressed === 'false' && document.querySelector('#service-hint').hidden",
        );
        assert_eq!(test_buttons(page), [0; 0]);
        assert_clean(page, &demo.address);
    });
}

#[test]
fn a_command_that_the_core_refuses_is_told_on_top_of_the_page() {
    for (language, refused) in [
        ("en", "The test of Pack 8 was refused: "),
        ("fr", "Essai de Pack 8 refusé\u{a0}: "),
    ] {
        with_page_in(language, "page", 1280, |demo, page| {
            wait_for_most_packs(page);
            page.click("#service");
            let button = "#pack-7 button[data-action=test]";
            page.wait_until(
                "the buttons for tests appear",
                SOON,
                &format!("document.querySelector('{button}').checkVisibility()"),
            );
            // Pack 8 is not connected: whoever gets past the page meets the core.
            page.evaluate(&format!(
                "document.querySelector('{button}').removeAttribute('disabled')"
            ));
            page.click(button);
            page.wait_until(
                "the refusal is told",
                SOON,
                &format!(
                    "(box => !box.hidden && box.getAttribute('role') === 'alert'
                       && document.querySelector('#notice-text').textContent.startsWith('{refused}'))(document.querySelector('#notice'))"
                ),
            );
            let listed = text(
                page,
                "#event-list [data-kind=command_refused][data-loud] .what",
            );
            assert_eq!(
                listed,
                text(page, "#notice-text"),
                "the events say otherwise"
            );
            assert_clean(page, &demo.address);
        });
    }
}

#[test]
fn the_load_slider_moves_the_load() {
    with_page("page", 1280, |demo, page| {
        wait_for_most_packs(page);
        page.evaluate(
            "(() => { const load = document.querySelector('#load'); load.value = '3000';
               load.dispatchEvent(new Event('input', { bubbles: true })); })()",
        );
        page.wait_until(
            "3 A are served and leave the bus",
            FORMED,
            "/^(2\\.9|3\\.0)\\d A$/.test(document.querySelector('#load-served').textContent)
             && /^\u{2212}(2\\.[5-9]|3\\.)/.test(document.querySelector('#bus-current').textContent)",
        );
        assert_clean(page, &demo.address);
    });
}

#[test]
fn a_phone_never_scrolls_sideways() {
    with_page("page", 320, |demo, page| {
        wait_for_most_packs(page);
        for width in [320, 375, 768, 1024, 1920] {
            page.resize(width, 800);
            page.wait_until(
                &format!("nothing is wider than a screen of {width} pixels"),
                SOON,
                &format!(
                    "innerWidth === {width} && document.documentElement.scrollWidth <= {width}"
                ),
            );
            let reachable = page.evaluate(
                "(() => { scrollTo(0, document.body.scrollHeight);
                   const box = document.querySelector('#estop').getBoundingClientRect();
                   return box.top >= 0 && box.bottom <= innerHeight && box.right <= innerWidth && box.height >= 40; })()",
            );
            assert_eq!(
                reachable,
                Value::Bool(true),
                "the emergency stop is out of sight at {width} pixels"
            );
        }
        assert_clean(page, &demo.address);
    });
}

#[test]
fn a_lost_connection_is_said_at_once() {
    with_page("page", 1280, |demo, page| {
        page.wait_until(
            "the page is live",
            SOON,
            "document.body.dataset.link === 'live'",
        );
        assert_eq!(
            page.evaluate("document.querySelector('#banner').hidden"),
            Value::Bool(true)
        );
        assert_clean(page, &demo.address);
        demo.stop();
        page.wait_until(
            "the banner tells the age of the values",
            SOON,
            "document.body.dataset.link === 'lost' && !document.querySelector('#banner').hidden
             && /Connection lost, values are \\d+ s old/.test(document.querySelector('#banner').textContent)",
        );
    });
}
