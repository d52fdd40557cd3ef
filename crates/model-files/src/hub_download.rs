//! Brings one file from the hub into the cache.
//!
//! Must hold: a blob gets its name only when its length and, where the hub gives a SHA-256, its content are right;
//! what is wrong is removed. What a broken or cancelled download leaves is gone on with by the next one. Dropping the
//! future stops the download within one chunk.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;
use sha2::{Digest, Sha256};
use tramontane_error::{Error, ErrorCode};

use crate::hub_cache::{HubCache, cannot_write};
use crate::hub_client::{Failure, FileFacts, HubClient};

/// How often a download is taken up again that brings nothing.
const MAX_FAILURES: u32 = 5;

/// A file that is to be brought.
pub(crate) struct Wanted<'a> {
    pub(crate) client: &'a HubClient,
    pub(crate) cache: &'a HubCache,
    pub(crate) commit: &'a str,
    pub(crate) name: &'a str,
    pub(crate) facts: &'a FileFacts,
}

impl Wanted<'_> {
    /// Brings the file. `report` is told how many of its bytes are here.
    pub(crate) async fn download(&self, report: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let Self { cache, commit, name, facts, .. } = *self;
        cache.create_folders(commit, name)?;
        let _lock = cache.lock(&facts.etag).await?;
        let blob = cache.blob(&facts.etag);
        // Another process may have brought it meanwhile, or an earlier call for another commit.
        if !blob.metadata().is_ok_and(|metadata| metadata.len() == facts.size) {
            self.fetch(&blob, report).await?;
        }
        report(facts.size);
        cache.link(&facts.etag, commit, name)
    }

    async fn fetch(&self, blob: &Path, report: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let Self { cache, facts, .. } = *self;
        let path = cache.part(&facts.etag);
        let mut part = Part::open(&path, facts.size).await.map_err(|error| cannot_write(&path, &error))?;
        let mut resumed = part.length > 0;
        loop {
            self.complete(&mut part, report).await?;
            match self.check(&part) {
                Ok(()) => break,
                // What an earlier download left may be at fault: once more, from the start.
                Err(_) if resumed => {
                    resumed = false;
                    part.truncate().map_err(|error| cannot_write(&path, &error))?;
                }
                Err(error) => {
                    self.discard(&mut part);
                    return Err(error);
                }
            }
        }
        let Part { file, .. } = part;
        file.sync_all().and_then(|()| std::fs::rename(&path, blob)).map_err(|error| cannot_write(blob, &error))
    }

    /// Goes on until the part has the file's length, taking a broken transfer up again.
    async fn complete(&self, part: &mut Part, report: &mut dyn FnMut(u64)) -> Result<(), Error> {
        let mut failures = 0;
        report(part.length);
        while part.length < self.facts.size {
            let before = part.length;
            match self.transfer(part, report).await {
                Ok(()) if part.length > before => failures = 0,
                Ok(()) => {
                    self.discard(part);
                    return Err(self.failed("the hub sent less than it should hold, which was removed"));
                }
                Err(Failure::Lasting(error)) => return Err(error),
                Err(Failure::Passing(error)) => {
                    failures = if part.length > before { 1 } else { failures + 1 };
                    if failures >= MAX_FAILURES {
                        return Err(error);
                    }
                    tokio::time::sleep(Duration::from_millis(200 << failures)).await;
                }
            }
        }
        Ok(())
    }

    /// One request, from where the part ends.
    async fn transfer(&self, part: &mut Part, report: &mut dyn FnMut(u64)) -> Result<(), Failure> {
        let Self { client, commit, name, facts, .. } = *self;
        let path = self.cache.part(&facts.etag);
        let written =
            |result: std::io::Result<()>| result.map_err(|error| Failure::Lasting(cannot_write(&path, &error)));
        let mut response = client.bytes(commit, name, part.length).await?;
        let goes_on = response.status() == StatusCode::PARTIAL_CONTENT
            && starts_at(response.headers().get("content-range"), part.length);
        if part.length > 0 && !goes_on {
            written(part.truncate())?;
            // A hub that cannot give ranges sends all of it; anything else is asked for anew.
            if response.status() != StatusCode::OK {
                response = client.bytes(commit, name, 0).await?;
            }
        }
        if !response.status().is_success() {
            return Err(client.odd(&format!("answered {} for {name}", response.status())));
        }
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    if part.length + chunk.len() as u64 > facts.size {
                        self.discard(part);
                        let why = "the hub sent more than it should hold, which was removed";
                        return Err(Failure::Lasting(self.failed(why)));
                    }
                    written(part.append(&chunk))?;
                    report(part.length);
                }
                Ok(None) => return Ok(()),
                Err(error) => return Err(client.unreachable(error)),
            }
        }
    }

    /// Removes what has come.
    fn discard(&self, part: &mut Part) {
        // Emptied first: an open file cannot be removed everywhere.
        part.truncate().ok();
        std::fs::remove_file(self.cache.part(&self.facts.etag)).ok();
    }

    fn check(&self, part: &Part) -> Result<(), Error> {
        let Self { facts, .. } = *self;
        let is_sha256 = facts.etag.len() == 64 && facts.etag.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_sha256 {
            return Ok(());
        }
        let found: String = part.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if found.eq_ignore_ascii_case(&facts.etag) {
            return Ok(());
        }
        Err(self.failed("its content does not match its checksum, and it was removed"))
    }

    fn failed(&self, why: &str) -> Error {
        let message = format!("{} did not arrive as it should: {why}; try again", self.name);
        Error::new(ErrorCode::DownloadFailed, message).with_file(self.name)
    }
}

fn starts_at(range: Option<&reqwest::header::HeaderValue>, start: u64) -> bool {
    let range = range.and_then(|range| range.to_str().ok());
    let first = range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.trim().parse::<u64>().ok());
    first == Some(start)
}

/// The beginning of a file, and the hash of what is there.
struct Part {
    file: File,
    length: u64,
    hash: Sha256,
}

impl Part {
    async fn open(path: &Path, size: u64) -> std::io::Result<Self> {
        let file = File::options().create(true).truncate(false).read(true).write(true).open(path)?;
        let mut part = Self { file, length: 0, hash: Sha256::new() };
        if part.file.metadata()?.len() > size {
            part.truncate()?;
            return Ok(part);
        }
        let mut buffer = vec![0; 1 << 20];
        loop {
            match part.file.read(&mut buffer)? {
                0 => return Ok(part),
                count => {
                    part.hash.update(&buffer[..count]);
                    part.length += count as u64;
                }
            }
            // Hashing what is there takes seconds for a large file: let a cancellation through.
            tokio::task::yield_now().await;
        }
    }

    fn append(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn truncate(&mut self) -> std::io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.length = 0;
        self.hash = Sha256::new();
        Ok(())
    }
}
