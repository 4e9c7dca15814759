use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Checks accessibility: <https://github.com/dequelabs/axe-core>.
const AXE: &str = include_str!("../axe.min.js");

/// A headless Chromium with one open page, driven by the DevTools protocol.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    commands: Option<ChildStdin>,
    messages: Receiver<Value>,
    session: String,
    next: u64,
    /// The errors of the page: exceptions, and violations of the security policy.
    complaints: Vec<String>,
    // Removed once Chromium has ended.
    _folder: TempDir,
}

impl Browser {
    /// Starts Chromium with a window of 1400 × 900.
    ///
    /// # Panics
    ///
    /// There is no Chromium, or it does not start.
    #[must_use]
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The protocol's pipes are the file descriptors 3 and 4; the shell makes them of 0 and 1.
        let mut child = Command::new("sh")
            .args([
                "-c",
                r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#,
            ])
            .arg(chromium())
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--remote-debugging-pipe",
            ])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0) {
                let Ok(message) = message else { break };
                let message = serde_json::from_slice(&message).unwrap();
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let mut browser = Self {
            commands: child.stdin.take(),
            child,
            messages,
            session: String::new(),
            next: 0,
            complaints: Vec::new(),
            _folder: folder,
        };
        browser.attach();
        browser
    }

    fn attach(&mut self) {
        let target = self.call("Target.createTarget", json!({"url": "about:blank"}));
        let session = self.call(
            "Target.attachToTarget",
            json!({"targetId": target["targetId"], "flatten": true}),
        );
        self.session = session["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log"] {
            self.call(&format!("{domain}.enable"), json!({}));
        }
        self.call(
            "Browser.grantPermissions",
            json!({"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}),
        );
        self.size(1400, 900);
    }

    /// Sends one command of the protocol and waits for its answer.
    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.try_call(method, parameters)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        self.next += 1;
        let id = self.next;
        let mut command = json!({"id": id, "method": method, "params": parameters});
        let of_browser = method.starts_with("Target.") || method.starts_with("Browser.");
        if !of_browser {
            command["sessionId"] = self.session.clone().into();
        }
        let commands = self.commands.as_mut().unwrap();
        commands.write_all(command.to_string().as_bytes()).unwrap();
        commands.write_all(&[0]).unwrap();
        let answer = self.receive(method, |message| message["id"] == id);
        if answer["error"].is_null() {
            Ok(answer["result"].clone())
        } else {
            Err(answer["error"].to_string())
        }
    }

    fn receive(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = match self.messages.recv_timeout(PATIENCE) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => panic!("no answer from Chromium: {what}"),
                Err(RecvTimeoutError::Disconnected) => panic!("Chromium has ended: {what}"),
            };
            match message["method"].as_str() {
                Some("Runtime.exceptionThrown") => {
                    self.complaints.push(message["params"].to_string());
                }
                Some("Log.entryAdded") if message["params"]["entry"]["source"] == "security" => {
                    self.complaints
                        .push(message["params"]["entry"]["text"].to_string());
                }
                _ => {}
            }
            if wanted(&message) {
                return message;
            }
        }
    }

    /// Opens an address and waits until the page is loaded.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
        self.loaded();
    }

    fn loaded(&mut self) {
        self.receive("the page's load", |message| {
            message["method"] == "Page.loadEventFired"
        });
    }

    /// The value of a JavaScript expression, after its promise is resolved.
    pub fn eval(&mut self, expression: &str) -> Value {
        self.try_eval(expression)
            .unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// # Errors
    ///
    /// The expression throws, or another page takes the place of this one while it runs.
    fn try_eval(&mut self, expression: &str) -> Result<Value, String> {
        let answer = self.try_call(
            "Runtime.evaluate",
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true}),
        )?;
        if answer["exceptionDetails"].is_null() {
            Ok(answer["result"]["value"].clone())
        } else {
            Err(answer["exceptionDetails"].to_string())
        }
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    ///
    /// It does not become true.
    #[track_caller]
    pub fn wait(&mut self, expression: &str) {
        let begin = Instant::now();
        let complete = format!("document.readyState === 'complete' && Boolean({expression})");
        // Another page may be on its way: the expression then finds no element, or its page goes away while it runs.
        loop {
            let outcome = self.try_eval(&complete);
            if outcome.as_ref().is_ok_and(|value| *value == true) {
                return;
            }
            if begin.elapsed() > PATIENCE {
                let text = self.try_eval("document.body.innerText");
                panic!("it did not become true: {expression}\n{outcome:?}\n{text:?}");
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The visible text of the page.
    pub fn text(&mut self) -> String {
        let text = self.eval("document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Presses a key: a character, `Enter`, `Escape` or `Tab`.
    pub fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            key if key.chars().count() == 1 => key,
            _ => "",
        };
        let code = match key {
            "Enter" => 13,
            "Escape" => 27,
            "Tab" => 9,
            _ => 0,
        };
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": if text.is_empty() { "rawKeyDown" } else { "keyDown" }, "key": key, "text": text,
                   "windowsVirtualKeyCode": code}),
        );
        self.call(
            "Input.dispatchKeyEvent",
            json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code}),
        );
    }

    /// Writes into the field that has the focus.
    pub fn write(&mut self, text: &str) {
        self.call("Input.insertText", json!({"text": text}));
    }

    /// Puts the pointer on the first element that a CSS selector finds.
    pub fn point(&mut self, selector: &str) {
        let (x, y) = self.place(selector);
        self.call(
            "Input.dispatchMouseEvent",
            json!({"type": "mouseMoved", "x": x, "y": y}),
        );
    }

    /// Moves the pointer to an empty place.
    pub fn point_away(&mut self) {
        self.call(
            "Input.dispatchMouseEvent",
            json!({"type": "mouseMoved", "x": 1, "y": 1}),
        );
    }

    /// Clicks the first element that a CSS selector finds.
    pub fn click(&mut self, selector: &str) {
        let (x, y) = self.place(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}),
            );
        }
    }

    /// Clicks, and waits for the next page.
    pub fn follow(&mut self, selector: &str) {
        self.click(selector);
        self.loaded();
    }

    fn place(&mut self, selector: &str) -> (f64, f64) {
        let selector = json!(selector);
        let place = self.eval(&format!(
            "(() => {{ const found = document.querySelector({selector}); if (!found) return null; \
             found.scrollIntoView({{block: 'nearest'}}); const box = found.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2] }})()"
        ));
        assert!(place.is_array(), "there is no {selector}");
        (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
    }

    /// The size of the window, in CSS pixels.
    pub fn size(&mut self, width: u32, height: u32) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// Whether the person prefers dark pages.
    pub fn dark(&mut self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        self.call(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": value}]}),
        );
    }

    /// Whether pages may run scripts.
    pub fn scripts(&mut self, allowed: bool) {
        self.call(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": !allowed}),
        );
    }

    /// Saves a screenshot of the window as a PNG.
    pub fn screenshot(&mut self, path: &Path) {
        let answer = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let png = BASE64_STANDARD
            .decode(answer["data"].as_str().unwrap())
            .unwrap();
        fs::write(path, png).unwrap();
    }

    /// Checks the page with axe-core, and checks that no element is wider than the window.
    ///
    /// # Panics
    ///
    /// A check fails.
    #[track_caller]
    pub fn assert_accessible(&mut self, what: &str) {
        self.eval(AXE);
        let violations = self.eval(
            "axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map(violation => \
             `${violation.id}: ${violation.help}: ${violation.nodes.map(node => node.html + ' ' + node.failureSummary).join('\\n  ')}`))",
        );
        assert_eq!(violations, json!([]), "{what}");
        let wide = self
            .eval("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert_eq!(wide, 0, "{what}: it is wider than the window");
        assert_eq!(self.complaints, Vec::<String>::new(), "{what}");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends when its pipe does.
        drop(self.commands.take());
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn chromium() -> PathBuf {
    const NAMES: [&str; 4] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    if let Some(path) = std::env::var_os("CHROMIUM") {
        return path.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    NAMES
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|program| program.is_file())
        .unwrap_or_else(|| {
            panic!(
                "The tests of the pages need Chromium, and there is none of {NAMES:?} in the PATH. Install it \
                 (Debian: apt-get install chromium), or name it in the variable CHROMIUM."
            )
        })
}
