//! A headless Chromium, driven over its DevTools protocol: just enough to test the page.

use std::collections::VecDeque;
use std::env;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// A browser on a busy machine is slow to start.
const START: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/// The browser of this machine: `PARALLELATOR_CHROMIUM`, else the first that is found.
///
/// Without one the answer is `None` and a line that says so, except where `PARALLELATOR_REQUIRE_CHROMIUM=1` asks for it.
pub(crate) fn find(test: &str) -> Option<PathBuf> {
    let named = env::var_os("PARALLELATOR_CHROMIUM").map(PathBuf::from);
    let in_path = env::var_os("PATH")
        .into_iter()
        .flat_map(|path| env::split_paths(&path).collect::<Vec<_>>())
        .flat_map(|folder| NAMES.map(|name| folder.join(name)));
    let found = named
        .into_iter()
        .chain(in_path)
        .chain(PLACES.map(PathBuf::from))
        .find(|candidate| candidate.is_file());
    if found.is_none() {
        let line = format!(
            "SKIP {test}: no Chromium found; install one or name it in PARALLELATOR_CHROMIUM"
        );
        let required = env::var("PARALLELATOR_REQUIRE_CHROMIUM").is_ok_and(|value| value == "1");
        assert!(!required, "{line} (PARALLELATOR_REQUIRE_CHROMIUM=1)");
        // Past the test harness, which hides what a passing test prints.
        let _ = writeln!(io::stderr(), "{line}");
    }
    found
}

/// Lines of a child process, read on their own thread so that the process never blocks on a full pipe.
pub(crate) fn lines_of(streams: Vec<Box<dyn Read + Send>>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    for stream in streams {
        let sender = sender.clone();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                // Nobody listens any more once the wanted line was found; the pipe is still emptied.
                let _ = sender.send(line);
            }
        });
    }
    receiver
}

/// The first line for which `pick` has an answer.
pub(crate) fn first<T>(
    lines: &Receiver<String>,
    limit: Duration,
    pick: impl Fn(&str) -> Option<T>,
) -> T {
    let end = Instant::now() + limit;
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => match pick(&line) {
                Some(answer) => return answer,
                None => seen.push(line),
            },
            Err(_) => panic!(
                "the expected line did not come; printed so far:\n{}",
                seen.join("\n")
            ),
        }
    }
}

/// One browser with one page.
pub(crate) struct Browser {
    child: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last_id: u64,
    answers: VecDeque<Value>,
    problems: Vec<String>,
    requests: Vec<String>,
    // Removed from the disk when the browser is gone.
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts the browser with an empty page of this size.
    pub(crate) fn launch(program: &Path, width: u32, height: u32) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ])
            // The browser itself must not ask anybody either: every name but the local address fails.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let url = first(&lines_of(vec![Box::new(stderr)]), START, |line| {
            line.strip_prefix("DevTools listening on ")
                .map(|url| url.trim().to_owned())
        });
        let host = url.trim_start_matches("ws://").split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        stream.set_nodelay(true).unwrap();
        let socket = handshake(&url, stream);
        let mut browser = Self {
            child,
            socket,
            session: None,
            last_id: 0,
            answers: VecDeque::new(),
            problems: Vec::new(),
            requests: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in [
            "Runtime.enable",
            "Log.enable",
            "Network.enable",
            "Page.enable",
        ] {
            browser.call(domain, json!({}));
        }
        browser.resize(width, height);
        browser
    }

    /// Changes the size of the page, in CSS pixels.
    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
    }

    /// Goes to the address.
    pub(crate) fn open(&mut self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url }));
        assert!(
            answer["errorText"].is_null(),
            "{url}: {}",
            answer["errorText"]
        );
    }

    /// The value of a JavaScript expression in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// Waits until the expression is true; `what` is the sentence of the failure.
    pub(crate) fn wait_until(&mut self, what: &str, limit: Duration, expression: &str) {
        let end = Instant::now() + limit;
        while self.evaluate(expression) != Value::Bool(true) {
            if Instant::now() > end {
                let page = self.evaluate("document.body.innerText.slice(0, 3000)");
                panic!(
                    "not within {limit:?}: {what}\n{expression}\nproblems: {:?}\nthe page says:\n{}",
                    self.problems,
                    page.as_str().unwrap_or_default()
                );
            }
            thread::sleep(POLL);
        }
    }

    /// Presses what the selector finds, as a person would after scrolling to it.
    pub(crate) fn click(&mut self, selector: &str) {
        let pressed = self.evaluate(&format!(
            "(() => {{ const one = document.querySelector({}); one?.click(); return one !== null; }})()",
            json!(selector)
        ));
        assert_eq!(pressed, Value::Bool(true), "nothing to press: {selector}");
    }

    /// Errors of the console, uncaught exceptions and refused requests so far.
    pub(crate) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Every address the page has asked for so far.
    pub(crate) fn requests(&self) -> &[String] {
        &self.requests
    }

    /// Writes what is visible as a PNG.
    pub(crate) fn screenshot(&mut self, path: &Path) {
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        fs::write(path, decode_base64(answer["data"].as_str().unwrap())).unwrap();
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut request = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(request.to_string()))
            .unwrap();
        let end = Instant::now() + ANSWER;
        loop {
            self.listen();
            while let Some(answer) = self.answers.pop_front() {
                if answer["id"] == json!(id) {
                    assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                    return answer["result"].clone();
                }
            }
            assert!(Instant::now() < end, "{method} was not answered");
        }
    }

    /// Takes one message, or none if none comes soon.
    fn listen(&mut self) {
        match self.socket.read() {
            Ok(Message::Text(text)) => {
                let message: Value = serde_json::from_str(text.as_str()).unwrap();
                if message["id"].is_null() {
                    self.note(&message);
                } else {
                    self.answers.push_back(message);
                }
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(problem))
                if matches!(
                    problem.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
                ) => {}
            Err(problem) => panic!("the browser hung up: {problem}"),
        }
    }

    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        let is_error =
            |level: &Value| matches!(level.as_str(), Some("error" | "warning" | "assert"));
        match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown" => self.problems.push(params["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" if is_error(&params["type"]) => {
                self.problems.push(params["args"].to_string());
            }
            "Log.entryAdded" if is_error(&params["entry"]["level"]) => {
                self.problems.push(params["entry"].to_string());
            }
            "Network.requestWillBeSent" => {
                self.requests
                    .extend(params["request"]["url"].as_str().map(str::to_owned));
            }
            "Network.responseReceived"
                if params["response"]["status"]
                    .as_f64()
                    .is_some_and(|status| status >= 400.0) =>
            {
                self.problems.push(format!(
                    "{} {}",
                    params["response"]["status"], params["response"]["url"]
                ));
            }
            _ => {}
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked first, so that its helper processes end too; whether it heard does not matter, it is ended below anyway.
        let close = json!({ "id": self.last_id + 1, "method": "Browser.close" });
        let _ = self.socket.send(Message::text(close.to_string()));
        for _ in 0..100 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(POLL);
        }
        // Fails only if it ended in this moment.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The handshake must not be cut short by the read timeout of the later traffic.
fn handshake(url: &str, stream: TcpStream) -> WebSocket<TcpStream> {
    stream.set_read_timeout(Some(ANSWER)).unwrap();
    let (socket, _) = tungstenite::client(url, stream).unwrap();
    socket.get_ref().set_read_timeout(Some(POLL)).unwrap();
    socket
}

/// RFC 4648, section 4; the browser sends no line breaks.
fn decode_base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for symbol in text.bytes().take_while(|symbol| *symbol != b'=') {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            other => panic!("not base64: {other}"),
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xFF) as u8);
        }
    }
    bytes
}
