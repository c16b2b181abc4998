//! A browser of one test, with a profile of its own.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::driver::Driver;

/// Keys as the protocol names them.
pub mod key {
    pub const TAB: char = '\u{e004}';
    pub const ENTER: char = '\u{e007}';
    pub const ESCAPE: char = '\u{e00c}';
    pub const SPACE: char = ' ';
    pub const RIGHT: char = '\u{e014}';
    pub const LEFT: char = '\u{e012}';
}

/// A page in a browser. The browser ends with this value.
pub struct Session {
    path: String,
    driver: Driver,
    _profile: tempfile::TempDir,
}

impl Session {
    /// Opens a page; where there is no browser, says that the test is skipped.
    pub fn open(test: &str, page: &Path) -> Option<Self> {
        let Some(driver) = Driver::start() else {
            skipped(test, "chromedriver is not installed");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "goog:chromeOptions": { "args": arguments },
            "goog:loggingPrefs": { "browser": "ALL" },
        } } });
        let answer = driver.post("/session", &wanted).expect("chromedriver starts a browser");
        let id = answer["sessionId"].as_str().expect("the session has an id");
        let session = Self { path: format!("/session/{id}"), driver, _profile: profile };
        session.go(page, "");
        Some(session)
    }

    /// Opens a page at a place in it.
    pub fn go(&self, page: &Path, hash: &str) {
        let page = page.canonicalize().expect("the page is written");
        self.post("/url", &json!({ "url": format!("file://{}{hash}", page.display()) }));
    }

    /// What the body of a function returns.
    pub fn run(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// What the body of a function gives to `done`.
    pub fn wait_for(&self, body: &str) -> Value {
        let script = format!("const done = arguments[0]; {body}");
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// True once the expression is; false after two seconds.
    pub fn becomes(&self, expression: &str) -> bool {
        let body = format!(
            "const end = Date.now() + 2000;
             const look = () => ({expression}) ? done(true) : Date.now() > end ? done(false) : setTimeout(look, 20);
             look();"
        );
        self.wait_for(&body) == json!(true)
    }

    /// Clicks on the first element that the selector finds.
    pub fn click(&self, selector: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into the first element that the selector finds.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.find(selector);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses a key and lets it go.
    pub fn press(&self, key: char) {
        let presses = [json!({ "type": "keyDown", "value": key }), json!({ "type": "keyUp", "value": key })];
        self.post("/actions", &json!({ "actions": [{ "type": "key", "id": "keys", "actions": presses }] }));
    }

    /// A command of Chromium's own protocol.
    pub fn chromium(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Shows the page as a screen of this width in this colour scheme would.
    pub fn screen(&self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.chromium("Emulation.setDeviceMetricsOverride", &metrics);
        let features = [
            json!({ "name": "prefers-color-scheme", "value": scheme }),
            json!({ "name": "prefers-reduced-motion", "value": "reduce" }),
        ];
        self.chromium("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The page as PNG: what the screen shows, or all of it.
    pub fn screenshot(&self, whole: bool) -> Vec<u8> {
        let parameters = json!({ "format": "png", "captureBeyondViewport": whole });
        decoded(&self.chromium("Page.captureScreenshot", &parameters)["data"])
    }

    /// The page as PDF.
    pub fn print(&self) -> Vec<u8> {
        decoded(&self.post("/print", &json!({ "background": true })))
    }

    /// What was logged since it was last asked for.
    pub fn log(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" }));
        entries.as_array().into_iter().flatten().map(Value::to_string).collect()
    }

    fn find(&self, selector: &str) -> String {
        let element = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        let id = element.as_object().and_then(|element| element.values().next()).and_then(Value::as_str);
        id.expect("an element has an id").to_owned()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.driver
            .post(&format!("{}{path}", self.path), body)
            .unwrap_or_else(|error| panic!("chromedriver: {error}"))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.delete(&self.path);
    }
}

/// Says that a test did nothing.
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
pub fn skipped(test: &str, reason: &str) {
    eprintln!("skipped {test}: {reason}");
}

fn decoded(data: &Value) -> Vec<u8> {
    STANDARD.decode(data.as_str().expect("base64")).expect("base64")
}
