//! A chromedriver of one's own, and its language: JSON over HTTP.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A chromedriver that dies with this value.
pub struct Driver {
    process: Child,
    /// Kept open, since chromedriver may write to it.
    _output: BufReader<ChildStdout>,
    address: String,
    agent: ureq::Agent,
}

impl Driver {
    /// Starts a chromedriver on a port that it chooses itself; `None` where none is installed.
    pub fn start() -> Option<Self> {
        let mut process = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut port = None;
        let mut line = String::new();
        while port.is_none() && output.read_line(&mut line).is_ok_and(|read| read > 0) {
            port = line.split_once("successfully on port ").map(|(_, rest)| digits(rest));
            line.clear();
        }
        let Some(port) = port else {
            let _ = process.kill();
            let _ = process.wait();
            panic!("chromedriver told no port");
        };
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(90)))
            .http_status_as_error(false)
            .build()
            .new_agent();
        Some(Self { process, _output: output, address: format!("http://127.0.0.1:{port}"), agent })
    }

    /// The `value` of what chromedriver answers.
    ///
    /// # Errors
    /// What chromedriver says is wrong, or why it says nothing.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self.agent.post(format!("{}{path}", self.address)).send_json(body);
        let value = answer
            .and_then(|mut answer| answer.body_mut().with_config().limit(1 << 28).read_json::<Value>())
            .map_err(|error| format!("{path}: {error}"))?["value"]
            .take();
        match value.get("error") {
            Some(error) => Err(format!("{path}: {error}: {}", value["message"])),
            None => Ok(value),
        }
    }

    /// Ends a session, and with it its browser.
    pub fn delete(&self, path: &str) {
        let _ = self.agent.delete(format!("{}{path}", self.address)).call();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn digits(text: &str) -> String {
    text.chars().take_while(char::is_ascii_digit).collect()
}
