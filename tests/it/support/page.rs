//! The page of a pipeline, as a browser asks for its data.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use super::api::eventually;
use super::pipeline::Pipeline;

/// A running `outboxctl ui`; ends when dropped.
pub struct Page {
    server: Child,
    host: String,
    token: String,
}

impl Page {
    pub fn open(pipeline: &Pipeline) -> Self {
        let mut command = pipeline.command(&["ui", "--port", "0"]);
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut lines = BufReader::new(server.stderr.take().expect("stderr")).lines().map(|line| line.expect("text"));
        let address = |line: String| {
            let (host, rest) = line.split_once("http://")?.1.split_once("/?token=")?;
            let token = rest.split(|character: char| !character.is_ascii_alphanumeric()).next()?;
            Some((host.to_owned(), token.to_owned()))
        };
        let (host, token) = lines.by_ref().find_map(address).expect("the address of the page");
        // A full pipe would block the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { server, host, token }
    }

    /// The JSON of a path.
    pub fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(&self.host).expect("a connection");
        let Self { host, token, .. } = self;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        // Not necessarily of a known length.
        let (first, last) = (body.find('{').expect("JSON"), body.rfind('}').expect("JSON"));
        serde_json::from_str(&body[first..=last]).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }
}

/// Waits until the page shows what is wrong with the capture, with these words and a remedy.
pub async fn shows_the_capture_as_broken(pipeline: &Pipeline, words: &str) {
    let page = Page::open(pipeline);
    eventually("the page names the slot", async || {
        let shown = page.get("/api/pipeline");
        let stages = shown["stages"].as_array().expect("the stages");
        let notes = stages.iter().filter(|stage| stage["state"] == "bad").map(|stage| stage["note"].to_string());
        notes.into_iter().any(|note| note.contains(words) && note.contains("outboxctl dms rebuild")).then_some(())
    })
    .await;
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
