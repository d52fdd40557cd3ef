//! A hub on this machine: the protocol of huggingface.co as far as downloads go, with faults to order.
//!
//! Files in large storage are served by a second port, to which the hub redirects.
#![allow(dead_code)]

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub range: Option<String>,
    pub authorization: Option<String>,
    pub storage: bool,
}

/// What goes wrong.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Every request to the hub is answered so: status and X-Error-Code.
    pub status: Option<(u16, &'static str)>,
    /// Bodies of large files break off after so many bytes, one entry a request.
    pub cuts: VecDeque<usize>,
    /// Bodies of files have a byte changed.
    pub damage: bool,
    /// Bodies of files are whole answers, but so many bytes shorter or longer.
    pub length_change: isize,
    /// Files are always sent from their start.
    pub no_ranges: bool,
    /// A pause before every 4 KB of a file's body.
    pub pause: Duration,
    /// No request is answered at all.
    pub silent: bool,
    /// A token without which nothing is shown.
    pub token: Option<&'static str>,
}

pub struct HubServer {
    pub endpoint: String,
    shared: Arc<Shared>,
}

struct Shared {
    files: Mutex<BTreeMap<String, (Vec<u8>, bool)>>,
    faults: Mutex<Faults>,
    requests: Mutex<Vec<Request>>,
    stopped: AtomicBool,
    storage_port: u16,
}

impl HubServer {
    pub fn start() -> Self {
        let hub = TcpListener::bind("127.0.0.1:0").unwrap();
        let storage = TcpListener::bind("127.0.0.1:0").unwrap();
        let shared = Arc::new(Shared {
            files: Mutex::default(),
            faults: Mutex::default(),
            requests: Mutex::default(),
            stopped: AtomicBool::new(false),
            storage_port: storage.local_addr().unwrap().port(),
        });
        let endpoint = format!("http://{}", hub.local_addr().unwrap());
        for (listener, is_storage) in [(hub, false), (storage, true)] {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if shared.stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    let shared = Arc::clone(&shared);
                    std::thread::spawn(move || shared.answer(stream, is_storage));
                }
            });
        }
        Self { endpoint, shared }
    }

    /// Adds a file; `large` ones lie in the storage.
    pub fn add(&self, name: &str, content: impl Into<Vec<u8>>, large: bool) {
        self.shared.files.lock().unwrap().insert(name.to_owned(), (content.into(), large));
    }

    pub fn set(&self, faults: Faults) {
        *self.shared.faults.lock().unwrap() = faults;
    }

    /// The requests since the last call.
    pub fn requests(&self) -> Vec<Request> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    /// From now on nobody answers at this address.
    pub fn stop(&self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        for port in [self.endpoint.rsplit(':').next().unwrap().parse().unwrap(), self.shared.storage_port] {
            TcpStream::connect(("127.0.0.1", port)).ok();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

impl Drop for HubServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The ETag of a file: what Python's huggingface_hub names blobs by.
pub fn etag(content: &[u8], large: bool) -> String {
    let hash: String = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    if large { hash } else { hash[..40].to_owned() }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream, storage: bool) {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let Some(first) = lines.next() else { return };
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let headers: Vec<(String, String)> = lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned())))
            .collect();
        let header = |wanted: &str| headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
            range: header("range"),
            authorization: header("authorization"),
            storage,
        };
        self.requests.lock().unwrap().push(request.clone());
        let faults = self.faults.lock().unwrap().clone();
        if faults.silent {
            std::thread::sleep(Duration::from_secs(20));
            return;
        }
        self.respond(&mut stream, &request, &faults).ok();
    }

    fn respond(&self, stream: &mut TcpStream, request: &Request, faults: &Faults) -> std::io::Result<()> {
        if let (Some((status, code)), false) = (faults.status, request.storage) {
            return head(stream, status, &[("X-Error-Code", code.to_owned()), ("Content-Length", "0".into())]);
        }
        let sent = request.authorization.as_deref().and_then(|value| value.strip_prefix("Bearer "));
        if faults.token.is_some() && sent != faults.token && !request.storage {
            return head(stream, 401, &[("Content-Length", "0".into())]);
        }
        let files = self.files.lock().unwrap().clone();
        if let Some(rest) = request.path.strip_prefix("/api/models/") {
            let known =
                ["main", "v1.0", "refs%2Fpr%2F1", COMMIT].map(|name| format!("org/name/revision/{name}?blobs=true"));
            if !known.iter().any(|known| known == rest) {
                let code = if rest.starts_with("org/name/") { "RevisionNotFound" } else { "RepoNotFound" };
                return head(stream, 404, &[("X-Error-Code", code.into()), ("Content-Length", "0".into())]);
            }
            let siblings: Vec<_> = files
                .iter()
                .map(|(name, (content, _))| serde_json::json!({"rfilename": name, "size": content.len()}))
                .collect();
            let body = serde_json::json!({"sha": COMMIT, "siblings": siblings}).to_string();
            head(stream, 200, &[("Content-Length", body.len().to_string())])?;
            return stream.write_all(body.as_bytes());
        }
        let prefix = if request.storage { "/storage/" } else { &format!("/org/name/resolve/{COMMIT}/") };
        let name = request.path.strip_prefix(prefix).map(|name| name.split('?').next().unwrap_or(name));
        let Some((name, (content, large))) = name.and_then(|name| Some((name, files.get(name)?))) else {
            return head(stream, 404, &[("X-Error-Code", "EntryNotFound".into()), ("Content-Length", "0".into())]);
        };
        if *large && !request.storage {
            return head(
                stream,
                302,
                &[
                    ("Location", format!("http://127.0.0.1:{}/storage/{name}?signature=s3cret", self.storage_port)),
                    ("X-Repo-Commit", COMMIT.into()),
                    ("X-Linked-Etag", format!("\"{}\"", etag(content, true))),
                    ("X-Linked-Size", content.len().to_string()),
                    ("Content-Length", "0".into()),
                ],
            );
        }
        let etag = format!("\"{}\"", etag(content, *large));
        if request.method == "HEAD" {
            let headers =
                [("ETag", etag), ("X-Repo-Commit", COMMIT.into()), ("Content-Length", content.len().to_string())];
            return head(stream, 200, &headers);
        }
        self.send_file(stream, request, faults, content, etag)
    }

    fn send_file(
        &self,
        stream: &mut TcpStream,
        request: &Request,
        faults: &Faults,
        content: &[u8],
        etag: String,
    ) -> std::io::Result<()> {
        let mut content = content.to_vec();
        content.resize(content.len().saturating_add_signed(faults.length_change), 7);
        if faults.damage {
            content[0] ^= 1;
        }
        let start =
            request.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let start: usize = start.filter(|_| !faults.no_ranges).unwrap_or(0);
        if start > 0 && start >= content.len() {
            return head(stream, 416, &[("Content-Length", "0".into())]);
        }
        let range = format!("bytes {start}-{}/{}", content.len() - 1, content.len());
        let body = &content[start..];
        let mut headers = vec![("ETag", etag), ("Content-Length", body.len().to_string())];
        if start > 0 {
            headers.push(("Content-Range", range));
        }
        head(stream, if start > 0 { 206 } else { 200 }, &headers)?;
        let cut =
            Some(request.storage).filter(|&storage| storage).and_then(|_| self.faults.lock().unwrap().cuts.pop_front());
        let cut = cut.unwrap_or(usize::MAX);
        for chunk in body[..body.len().min(cut)].chunks(4096) {
            std::thread::sleep(faults.pause);
            stream.write_all(chunk)?;
        }
        Ok(())
    }
}

fn head(stream: &mut TcpStream, status: u16, headers: &[(&str, String)]) -> std::io::Result<()> {
    let mut text = format!("HTTP/1.1 {status} x\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{text}\r\n").as_bytes())
}
