//! Requests to a hub: which files a repository has, what each is, and their bytes.
//!
//! Must hold: the token goes to the hub's own scheme, host and port, and to no other, wherever the hub redirects to;
//! no message holds the token, nor an address that a redirect led to (those carry signatures).
//!
//! hf-hub 0.4.3 is not used for this: it makes the token a default header and asks the host that the hub redirects
//! to with it, and it keeps parts of 10 MB in memory, which a cancelled download loses.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION, RANGE};
use reqwest::{Client, Method, Response, StatusCode, Url};
use serde::Deserialize;
use tramontane_error::{Error, ErrorCode};

use crate::hub_cache::{sound_file_name, sound_name};
use crate::hub_id::HubId;
use crate::hub_settings::HubSettings;

/// Longest list of files accepted.
const MAX_LISTING_BYTES: usize = 64 << 20;
const MAX_REDIRECTS: usize = 10;

/// Why a request came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The hub could not be reached or is out of order; asking again may help.
    Passing(Error),
    /// Asking again will not help.
    Lasting(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Passing(error) | Failure::Lasting(error) => error,
        }
    }
}

/// A repository's files at one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    pub(crate) commit: String,
    pub(crate) files: Vec<ListedFile>,
}

/// A file's name and, where the hub says, its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ListedFile {
    pub(crate) name: String,
    pub(crate) size: Option<u64>,
}

/// What the hub says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// Names the content: the same content has the same one. A SHA-256 for files in large file storage.
    pub(crate) etag: String,
    pub(crate) size: u64,
}

/// A connection to the hub for one repository.
#[derive(Debug, Clone)]
pub(crate) struct HubClient {
    http: Client,
    endpoint: Url,
    token: Option<HeaderValue>,
    id: HubId,
    revision: String,
}

impl HubClient {
    pub(crate) fn new(settings: &HubSettings, id: &HubId) -> Result<Self, Error> {
        let endpoint = Url::parse(&settings.endpoint).ok().filter(|url| url.has_host());
        let endpoint = endpoint.filter(|url| matches!(url.scheme(), "http" | "https") && url.query().is_none());
        let Some(endpoint) = endpoint else {
            return Err(Error::invalid_argument("endpoint", "endpoint is not an http or https address"));
        };
        let mut token = None;
        if let Some(secret) = &settings.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", secret.0))
                .map_err(|_| Error::invalid_argument("token", "token has characters that no token has"))?;
            value.set_sensitive(true);
            token = Some(value);
        }
        let mut http = Client::builder()
            .user_agent(concat!("tramontane/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(Duration::from_secs(30));
        // What runs on this machine is not behind a proxy.
        if matches!(endpoint.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| {
            Error::new(ErrorCode::DownloadFailed, format!("no connection can be set up: {}", error.without_url()))
        })?;
        Ok(Self { http, endpoint, token, id: id.clone(), revision: settings.revision.clone() })
    }

    /// The repository's files.
    pub(crate) async fn listing(&self) -> Result<Listing, Failure> {
        #[derive(Deserialize)]
        struct Info {
            sha: String,
            siblings: Vec<Sibling>,
        }
        #[derive(Deserialize)]
        struct Sibling {
            rfilename: String,
            size: Option<u64>,
        }
        let revision = self.revision.replace('/', "%2F");
        let mut url = self.url(&format!("api/models/{}/revision/{revision}", self.id))?;
        url.set_query(Some("blobs=true"));
        let mut response = self.send(Method::GET, url, None, true).await?;
        if !response.status().is_success() {
            return Err(self.refused(&response, None));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_LISTING_BYTES {
                return Err(self.odd("lists more files than can be"));
            }
        }
        let info: Info = serde_json::from_slice(&body).map_err(|_| self.odd("did not answer with a list of files"))?;
        if !sound_name(&info.sha) {
            return Err(self.odd("named a commit that cannot be one"));
        }
        let files = info.siblings.into_iter().filter(|sibling| sound_file_name(&sibling.rfilename));
        let files = files.map(|sibling| ListedFile { name: sibling.rfilename, size: sibling.size }).collect();
        Ok(Listing { commit: info.sha, files })
    }

    /// What `file` is at `commit`. `size` is what the listing said, for hubs that do not say it again.
    pub(crate) async fn facts(&self, commit: &str, file: &str, size: Option<u64>) -> Result<FileFacts, Failure> {
        let mut response = self.send(Method::HEAD, self.file_url(commit, file)?, None, false).await?;
        // The hub itself says what a file in large storage is; a mirror may leave that to the host it redirects to.
        let headers = response.headers();
        if response.status().is_redirection() && !headers.contains_key("x-linked-etag") {
            response = self.send(Method::HEAD, self.file_url(commit, file)?, None, true).await?;
        }
        if !response.status().is_success() && !response.status().is_redirection() {
            return Err(self.refused(&response, Some(file)));
        }
        let header = |name: &str| text(response.headers(), name);
        let etag = header("x-linked-etag").or_else(|| header("etag"));
        let etag = etag.map(|etag| etag.trim_start_matches("W/").trim_matches('"').to_owned());
        let linked = header("x-linked-size");
        let stated = linked.or_else(|| header("content-length").filter(|_| response.status().is_success()));
        let size = stated.and_then(|size| size.parse().ok()).or(size);
        match (etag.filter(|etag| sound_name(etag)), size) {
            (Some(etag), Some(size)) => Ok(FileFacts { etag, size }),
            _ => Err(self.odd(&format!("does not say what {file} is (no ETag or size)"))),
        }
    }

    /// The bytes of `file` from `start` on. The answer may ignore `start`: its status says so.
    pub(crate) async fn bytes(&self, commit: &str, file: &str, start: u64) -> Result<Response, Failure> {
        let range = (start > 0).then(|| format!("bytes={start}-"));
        let response = self.send(Method::GET, self.file_url(commit, file)?, range.as_deref(), true).await?;
        if response.status().is_success() || response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(response);
        }
        Err(self.refused(&response, Some(file)))
    }

    /// Sends a request and follows redirects; to other hosts only if `elsewhere`.
    async fn send(&self, method: Method, url: Url, range: Option<&str>, elsewhere: bool) -> Result<Response, Failure> {
        let mut url = url;
        for _ in 0..MAX_REDIRECTS {
            let mut request = self.http.request(method.clone(), url.clone()).header("accept-encoding", "identity");
            if let Some(token) = self.token.as_ref().filter(|_| self.is_hub(&url)) {
                request = request.header(AUTHORIZATION, token.clone());
            }
            if let Some(range) = range {
                request = request.header(RANGE, range);
            }
            let response = request.send().await.map_err(|error| self.unreachable(error))?;
            let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
            let (true, Some(location)) = (response.status().is_redirection(), location) else { return Ok(response) };
            let next = url.join(location).map_err(|_| self.odd("redirects to something that is no address"))?;
            if !self.is_hub(&next) && !elsewhere {
                return Ok(response);
            }
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err(self.odd("redirects to an address without encryption"));
            }
            url = next;
        }
        Err(self.odd("redirects in a circle"))
    }

    fn is_hub(&self, url: &Url) -> bool {
        url.origin() == self.endpoint.origin()
    }

    fn url(&self, path: &str) -> Result<Url, Failure> {
        let base = self.endpoint.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{path}")).map_err(|_| self.odd("has an address that does not work"))
    }

    fn file_url(&self, commit: &str, file: &str) -> Result<Url, Failure> {
        let escaped: String = file.bytes().map(escape).collect();
        self.url(&format!("{}/resolve/{commit}/{escaped}", self.id))
    }

    /// The hub's name for messages: no credentials, no path.
    fn host(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    pub(crate) fn unreachable(&self, error: reqwest::Error) -> Failure {
        let error = error.without_url();
        // reqwest's own sentence is general; the reason is at the end of the chain.
        let mut reason: &dyn std::error::Error = &error;
        while let Some(source) = reason.source() {
            reason = source;
        }
        let why = reason.to_string();
        let message = format!(
            "the hub at {} cannot be reached or broke off: {why}; check the network and try again",
            self.host()
        );
        Failure::Passing(Error::new(ErrorCode::DownloadFailed, message))
    }

    pub(crate) fn odd(&self, what: &str) -> Failure {
        let message = format!("the hub at {} {what}, when asked for {}", self.host(), self.id);
        Failure::Lasting(Error::new(ErrorCode::DownloadFailed, message))
    }

    fn refused(&self, response: &Response, file: Option<&str>) -> Failure {
        let Self { id, revision, .. } = self;
        let host = self.host();
        let reason = text(response.headers(), "x-error-code").unwrap_or_default();
        let status = response.status();
        let failed = |message: String| Error::new(ErrorCode::DownloadFailed, message);
        match status {
            StatusCode::NOT_FOUND => {
                let message = match (file, reason.as_str()) {
                    (_, "RevisionNotFound") => format!("{id} on {host} has no revision {revision:?}"),
                    (Some(file), _) => format!("{id} on {host} has no file {file} at revision {revision:?}"),
                    (None, _) => {
                        format!("there is no {id} with revision {revision:?} on {host}; check the spelling")
                    }
                };
                Failure::Lasting(Error::new(ErrorCode::ModelNotFound, message))
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                let gated = reason == "GatedRepo";
                let message = match (&self.token, gated) {
                    (None, true) => format!(
                        "{id} asks its users to accept conditions: accept them at {host}/{id}, then set token \
                         (or HF_TOKEN) to your access token"
                    ),
                    (None, false) => format!(
                        "{host} does not show {id} to everyone: it is private, gated or not there; check the \
                         spelling and set token (or HF_TOKEN) to an access token"
                    ),
                    (Some(_), true) => format!(
                        "the token's owner has not been granted access to {id}: accept its conditions at {host}/{id}, \
                         or set token to another access token"
                    ),
                    (Some(_), false) => format!(
                        "{host} refused the token for {id}: it has expired, has no right to read it, or {id} is not \
                         there; set token (or HF_TOKEN) to a valid access token"
                    ),
                };
                Failure::Lasting(failed(message))
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Failure::Passing(failed(
                format!("the hub at {host} answered {status} when asked for {id}; try again later"),
            )),
            status => Failure::Lasting(failed(format!("the hub at {host} answered {status} when asked for {id}"))),
        }
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn escape(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}
