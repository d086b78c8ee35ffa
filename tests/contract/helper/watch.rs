//! A watch, as lines of JSON.

use http_body_util::BodyExt;
use kube::client::Body;
use serde_json::Value;

use super::talk::{DEADLINE, Talk, at};

/// An open watch.
pub struct Watch<'a> {
    talk: &'a Talk,
    body: Body,
    status: u16,
    rest: Vec<u8>,
}

impl<'a> Watch<'a> {
    /// A watch from the response that began it.
    pub fn new(talk: &'a Talk, response: http::Response<Body>) -> Self {
        let status = response.status().as_u16();
        Self { talk, body: response.into_body(), status, rest: Vec::new() }
    }

    /// Waits for that many events; says of each its type, its object's name, and what is at the pointers.
    pub async fn expect(&mut self, count: usize, pointers: &str) -> Vec<Value> {
        let mut events = Vec::new();
        for _ in 0..count {
            let event = self.next().await.expect("the watch ended too early");
            let words = |pointer: &str| at(&event, pointer).as_str().unwrap_or_default().to_owned();
            let line = format!("watch: {} {}", words("type"), words("object/metadata/name"));
            self.talk.say(line.trim_end());
            if event["type"] == "ERROR" {
                self.talk.show(&event["object"], "code reason message");
            } else if !pointers.is_empty() {
                self.talk.show(&event["object"], pointers);
            }
            events.push(event);
        }
        events
    }

    /// Waits until the server ends the watch, which must bring no further event.
    pub async fn end(mut self) {
        let last = self.next().await;
        assert!(last.is_none(), "another event: {last:?}");
        self.talk.say("watch: ends");
    }

    /// The next event, nothing if the server ends the watch.
    pub async fn next(&mut self) -> Option<Value> {
        tokio::time::timeout(DEADLINE, self.line()).await.expect("no event came")
    }

    /// Says what a watch was refused with.
    pub async fn refused(mut self) {
        let status = self.next().await.unwrap_or_default();
        self.talk.say(format!("watch: refused with {}", self.status));
        self.talk.show(&status, "code reason message");
    }

    async fn line(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            match self.body.frame().await {
                Some(frame) => self.rest.extend(frame.unwrap().into_data().unwrap_or_default()),
                None if self.rest.is_empty() => return None,
                None => self.rest.push(b'\n'),
            }
        }
    }
}
