//! One test's conversation with a server: requests, what came back, and the text of it.

use std::fmt::{Display, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http_body_util::BodyExt;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use super::watch::Watch;

/// How long anything may take. It is virtual time with the embedded server, and costs nothing there.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// How often a server is asked again for what it does not announce.
const POLL: Duration = Duration::from_millis(25);

/// A conversation, in a namespace and an API group of its own.
pub struct Talk {
    client: Client,
    id: String,
    said: Mutex<String>,
    names: Mutex<Vec<(String, String)>>,
    made: Mutex<Vec<String>>,
    wordy: AtomicBool,
}

/// What a request was answered with.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub code: u16,
    /// The texts of its `Warning` headers.
    pub warnings: Vec<String>,
    /// Its content type.
    pub content_type: String,
    /// Its body, or the text of it if it is no JSON.
    pub body: Value,
}

impl Answer {
    /// What is at a JSON pointer without its first slash: `metadata/name`. Null if there is nothing.
    pub fn at(&self, pointer: &str) -> &Value {
        at(&self.body, pointer)
    }

    /// `metadata.resourceVersion`.
    pub fn version(&self) -> &str {
        self.at("metadata/resourceVersion").as_str().unwrap_or_default()
    }
}

/// What is at a JSON pointer without its first slash, null if there is nothing.
pub fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(&format!("/{pointer}")).unwrap_or(&Value::Null)
}

impl Talk {
    /// A conversation with the server behind `client`, in a new namespace.
    pub async fn new(client: Client) -> Self {
        let (said, names, made) = (Mutex::default(), Mutex::default(), Mutex::default());
        let talk = Self { client, id: unique(), said, names, made, wordy: AtomicBool::new(true) };
        talk.make("/api/v1/namespaces", json!({"metadata": {"name": "NS"}})).await;
        talk
    }

    /// The client itself, for programs that bring their own requests.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// The test's namespace.
    pub fn namespace(&self) -> String {
        format!("contract-{}", self.id)
    }

    /// The test's API group.
    pub fn group(&self) -> String {
        format!("{}.contract.kaasboard.dev", self.id)
    }

    /// Everything that was said.
    pub fn text(&self) -> String {
        self.said.lock().unwrap().trim_end().to_owned()
    }

    /// Adds a line.
    pub fn say(&self, line: impl Display) {
        let line = self.hide(&line.to_string());
        writeln!(self.said.lock().unwrap(), "{line}").unwrap();
    }

    /// Adds a line with what is at some JSON pointers, each without its first slash, separated by spaces.
    pub fn show(&self, value: &Value, pointers: &str) {
        let shown: Vec<String> =
            pointers.split(' ').map(|pointer| format!("{pointer}={}", at(value, pointer))).collect();
        self.say(format!("  {}", shown.join(" ")));
    }

    /// From now on the text shows `name` where the server says `value`, because it is new in every run.
    pub fn call(&self, value: &str, name: &str) {
        self.names.lock().unwrap().push((value.to_owned(), name.to_owned()));
    }

    /// From now on the text shows of a failure its code and reason alone: its sentence is an accident of how a
    /// server is made, and nobody relies on it.
    pub fn codes_only(&self) {
        self.wordy.store(false, Ordering::Relaxed);
    }

    /// From now on the text shows all that a failure says, as at the beginning.
    pub fn in_words(&self) {
        self.wordy.store(true, Ordering::Relaxed);
    }

    /// GET, and says what came of it.
    pub async fn get(&self, path: &str) -> Answer {
        self.said("GET", path, "", Vec::new()).await
    }

    /// POST, and says what came of it.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.said("POST", path, "application/json", self.bytes(&body)).await
    }

    /// PUT, and says what came of it.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.said("PUT", path, "application/json", self.bytes(&body)).await
    }

    /// DELETE with `DeleteOptions`, and says what came of it.
    pub async fn delete(&self, path: &str, options: Value) -> Answer {
        self.said("DELETE", path, "application/json", self.bytes(&options)).await
    }

    /// PATCH in the given format (`json`, `merge`, `strategic`, `apply`), and says what came of it.
    pub async fn patch(&self, format: &str, path: &str, body: Value) -> Answer {
        let content_type = match format {
            "json" => "application/json-patch+json",
            "merge" => "application/merge-patch+json",
            "strategic" => "application/strategic-merge-patch+json",
            "apply" => "application/apply-patch+yaml",
            other => other,
        };
        self.said("PATCH", path, content_type, self.bytes(&body)).await
    }

    /// Applies, without a word.
    pub async fn ask_apply(&self, path: &str, body: &Value) -> Answer {
        self.ask("PATCH", path, &[("content-type", "application/apply-patch+yaml")], self.bytes(body)).await
    }

    /// Any method with any bytes, and says what came of it.
    pub async fn said(&self, method: &str, path: &str, content_type: &str, body: Vec<u8>) -> Answer {
        let answer = self.ask(method, path, &[("content-type", content_type)], body).await;
        self.say(format!("{method} {path} → {}", brief(&answer, self.wordy.load(Ordering::Relaxed))));
        answer
    }

    /// Asks in any way, and says the HTTP status alone: servers differ in who answers for such a path.
    pub async fn code(&self, method: &str, path: &str) {
        let headers = [("content-type", "application/json")];
        let answer = self.ask(method, path, &headers, b"{}".to_vec()).await;
        self.say(format!("{method} {path} → {}", answer.code));
    }

    /// Creates an object that the scenario is not about; it must work.
    pub async fn make(&self, path: &str, body: Value) -> Value {
        let answer = self.ask("POST", path, &[("content-type", "application/json")], self.bytes(&body)).await;
        assert_eq!(answer.code, 201, "POST {path}: {}", answer.body);
        answer.body
    }

    /// Reads what must be there, without a word.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, &[], Vec::new()).await;
        assert_eq!(answer.code, 200, "GET {path}: {}", answer.body);
        answer.body
    }

    /// Deletes without a word.
    pub async fn delete_quietly(&self, path: &str) {
        self.ask("DELETE", path, &[], Vec::new()).await;
    }

    /// Watches; the path ends with the parameters, `watch=1` is added.
    pub async fn watch(&self, path: &str) -> Watch<'_> {
        self.watch_as(path, "application/json").await
    }

    /// Watches in the form that is to be accepted.
    pub async fn watch_as(&self, path: &str, accept: &str) -> Watch<'_> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let request = self.request("GET", &format!("{path}{sign}watch=1"), &[("accept", accept)], Vec::new());
        Watch::new(self, self.client.send(request).await.unwrap())
    }

    /// Sends a request and reads the whole answer, without a word.
    pub async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let response = self.client.send(self.request(method, path, headers, body)).await.unwrap();
        let texts = |name: &str| -> Vec<String> {
            let all = response.headers().get_all(name);
            all.iter().map(|text| String::from_utf8_lossy(text.as_bytes()).into_owned()).collect()
        };
        let (code, warnings, content_type) =
            (response.status().as_u16(), texts("warning"), texts("content-type").join(", "));
        let whole = tokio::time::timeout(DEADLINE, response.into_body().collect()).await;
        let bytes = whole.expect("an answer without an end").unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if code == 201 {
            self.remember(path, &body);
        }
        Answer { code, warnings, content_type, body }
    }

    /// Waits until what is at the path is as told, and returns it.
    pub async fn until(&self, path: &str, is: impl Fn(&Value) -> bool) -> Value {
        assert!(self.comes_within(path, DEADLINE, is).await, "{path} never came as expected");
        self.read(path).await
    }

    /// Waits until reading the path comes with a warning that has this text.
    pub async fn until_warned(&self, path: &str, text: &str) {
        let warned = |answer: &Answer| answer.warnings.iter().any(|warning| warning.contains(text));
        assert!(self.turns(path, DEADLINE, warned).await, "{path} never warned of {text}");
    }

    /// Waits until the server refuses to create this: what it checks by has changed.
    pub async fn until_refused(&self, path: &str, body: Value) {
        let refused = async {
            while self
                .ask("POST", path, &[("content-type", "application/json")], self.bytes(&body))
                .await
                .code
                == 201
            {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(DEADLINE, refused).await.expect("it is still created");
    }

    /// Waits until nothing is at the path.
    pub async fn until_gone(&self, path: &str) {
        assert!(self.is_gone_within(path, DEADLINE).await, "{path} is still there");
        self.say(format!("{path} goes"));
    }

    /// Whether what is at the path comes to be as told in time.
    pub async fn comes_within(&self, path: &str, time: Duration, is: impl Fn(&Value) -> bool) -> bool {
        self.turns(path, time, |answer| answer.code == 200 && is(&answer.body)).await
    }

    /// Whether what is at the path goes in time.
    pub async fn is_gone_within(&self, path: &str, time: Duration) -> bool {
        self.turns(path, time, |answer| answer.code == 404).await
    }

    async fn turns(&self, path: &str, time: Duration, is: impl Fn(&Answer) -> bool) -> bool {
        let asked = async {
            while !is(&self.ask("GET", path, &[], Vec::new()).await) {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(time, asked).await.is_ok()
    }

    /// Removes what the scenario made outside of its namespace, and the namespace.
    pub async fn clean_up(&self) {
        let made: Vec<String> = self.made.lock().unwrap().drain(..).rev().collect();
        for path in made {
            self.ask("DELETE", &path, &[], Vec::new()).await;
        }
    }

    fn remember(&self, path: &str, body: &Value) {
        let (Some(name), None) =
            (at(body, "metadata/name").as_str(), at(body, "metadata/namespace").as_str())
        else {
            return;
        };
        let collection = path.split('?').next().unwrap_or(path);
        let hidden = self.hide(name);
        let own = collection.ends_with(&format!("/{hidden}"));
        let path = if own { collection.to_owned() } else { format!("{collection}/{name}") };
        self.made.lock().unwrap().push(path);
    }

    fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> http::Request<Body> {
        let mut request = http::Request::builder().method(method).uri(self.uri(path));
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        request.body(Body::from(body)).unwrap()
    }

    fn uri(&self, path: &str) -> String {
        let path = match path {
            absolute if absolute.starts_with('/') => absolute.to_owned(),
            custom if custom.starts_with("things") => format!("/apis/GROUP/v1/namespaces/NS/{custom}"),
            core => format!("/api/v1/namespaces/NS/{core}"),
        };
        let text = self.fill(&path);
        let plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(byte);
        text.bytes()
            .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }

    fn bytes(&self, body: &Value) -> Vec<u8> {
        if body.is_null() { Vec::new() } else { self.fill(&body.to_string()).into_bytes() }
    }

    /// Puts the test's own names where the scenario says `NS` and `GROUP`.
    pub fn fill(&self, text: &str) -> String {
        let word = |name: &str| regex::Regex::new(&format!(r"\b{name}\b")).unwrap();
        let text = word("NS").replace_all(text, self.namespace());
        word("GROUP").replace_all(&text, self.group()).into_owned()
    }

    fn hide(&self, text: &str) -> String {
        let mut text = text.replace(&self.group(), "GROUP").replace(&self.namespace(), "NS");
        for (value, name) in self.names.lock().unwrap().iter() {
            text = text.replace(value, name);
        }
        text
    }
}

/// The status, and of a failure what `metav1.Status` says of it, in words if so wanted.
fn brief(answer: &Answer, wordy: bool) -> String {
    let mut text = answer.code.to_string();
    if answer.at("kind") == "Status" && answer.at("status") == "Failure" {
        let word = |pointer: &str| answer.at(pointer).as_str().unwrap_or_default();
        assert_eq!(answer.at("code"), answer.code, "the code of the Status is that of HTTP");
        write!(text, " {}", word("reason")).unwrap();
        if !wordy {
            return text.trim_end().to_owned();
        }
        write!(text, ": {}", word("message")).unwrap();
        // The message tells a fault once, the causes may tell it twice.
        let mut causes = answer.at("details/causes").as_array().cloned().unwrap_or_default();
        causes.dedup();
        for cause in &causes {
            let word = |key: &str| cause[key].as_str().unwrap_or_default();
            write!(text, "\n  cause {} at {}: {}", word("reason"), word("field"), word("message")).unwrap();
        }
    }
    for warning in &answer.warnings {
        write!(text, "\n  warning {warning}").unwrap();
    }
    text
}

/// A word that no other run and no other test has: an external server keeps what others left there.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    format!("t{:x}{count:x}", since.as_micros())
}
