//! What a hub cache holds.
//!
//! Must hold: reading it changes nothing, and what does not look like a repository is left out, not stumbled over.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use tramontane_error::Error;

use crate::hub_cache::{collect_names, sound_name};
use crate::hub_settings::HubSettings;
use crate::model_reference::ModelReference;

/// A repository in a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedModel {
    /// `org/name`.
    pub model: String,
    /// Its folder.
    pub path: PathBuf,
    /// Bytes on disk, each file once, parts of unfinished downloads included.
    pub bytes: u64,
    /// Bytes of unfinished downloads.
    pub partial_bytes: u64,
    /// When a file was last read or written, in milliseconds since 1970.
    pub last_used_ms: u64,
    /// Its revisions, the newest first.
    pub revisions: Vec<CachedRevision>,
}

/// A commit of a repository in a cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedRevision {
    /// The commit.
    pub commit: String,
    /// Branches and tags that stand for it.
    pub names: Vec<String>,
    /// Bytes of its files. Those that it shares with other revisions count for each.
    pub bytes: u64,
    /// When a file was last added, in milliseconds since 1970.
    pub last_modified_ms: u64,
    /// Its files, by name.
    pub files: Vec<CachedFile>,
}

/// A file of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CachedFile {
    /// Its name in the repository, `/` between folders.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// The repositories with models in the cache at `cache_dir` or, by default, in the hub's shared cache, by name.
///
/// # Errors
/// `invalid-argument` for `cacheDir`, where there is no default.
pub fn cached_models(cache_dir: Option<PathBuf>) -> Result<Vec<CachedModel>, Error> {
    let root = cache_root(cache_dir)?;
    let folders = entries(&root).into_iter().filter_map(|(name, path)| Some((model_of(&name)?, path)));
    let mut models: Vec<_> = folders.filter_map(|(model, path)| read_model(model, path)).collect();
    models.sort_by(|a, b| a.model.cmp(&b.model));
    Ok(models)
}

/// The cache that options and environment mean.
pub(crate) fn cache_root(cache_dir: Option<PathBuf>) -> Result<PathBuf, Error> {
    let reference = ModelReference { cache_dir, ..ModelReference::default() };
    Ok(HubSettings::new(&reference, &|name| std::env::var(name).ok())?.cache)
}

/// The repository whose folder has this name. Those from the hub's first days have no organisation.
fn model_of(folder: &str) -> Option<String> {
    let parts: Vec<_> = folder.strip_prefix("models--")?.split("--").collect();
    let sound = matches!(parts[..], [_] | [_, _]) && parts.iter().all(|part| !part.is_empty());
    sound.then(|| parts.join("/"))
}

fn read_model(model: String, path: PathBuf) -> Option<CachedModel> {
    if !path.is_dir() {
        return None;
    }
    let mut found = CachedModel { model, bytes: 0, partial_bytes: 0, last_used_ms: 0, revisions: Vec::new(), path };
    for (name, blob) in entries(&found.path.join("blobs")) {
        let Ok(metadata) = blob.metadata() else { continue };
        if name.ends_with(".lock") || !metadata.is_file() {
            continue;
        }
        if name.ends_with(".incomplete") {
            found.partial_bytes += metadata.len();
        }
        found.bytes += metadata.len();
        found.last_used_ms = found.last_used_ms.max(last_used_ms(&metadata));
    }
    let references = references(&found.path);
    for (commit, snapshot) in entries(&found.path.join("snapshots")) {
        if !sound_name(&commit) || !snapshot.is_dir() {
            continue;
        }
        let names = references.iter().filter(|(_, other)| **other == commit).map(|(name, _)| name.clone()).collect();
        let (revision, unlinked) = read_revision(commit, names, &snapshot);
        // What a download that was stopped has left.
        if revision.files.is_empty() {
            continue;
        }
        found.bytes += unlinked;
        found.last_used_ms = found.last_used_ms.max(revision.last_modified_ms);
        found.revisions.push(revision);
    }
    found.revisions.sort_by(|a, b| b.last_modified_ms.cmp(&a.last_modified_ms).then_with(|| a.commit.cmp(&b.commit)));
    Some(found)
}

/// Also returns the bytes of files that are no links, which are in no other place.
fn read_revision(commit: String, names: Vec<String>, snapshot: &Path) -> (CachedRevision, u64) {
    let mut revision = CachedRevision { commit, names, bytes: 0, last_modified_ms: 0, files: Vec::new() };
    let mut unlinked = 0;
    let mut files = Vec::new();
    collect_names(snapshot, "", 4, &mut files);
    files.sort();
    for name in files {
        let path = snapshot.join(&name);
        let (Ok(metadata), Ok(link)) = (path.metadata(), path.symlink_metadata()) else { continue };
        if link.is_file() {
            unlinked += link.len();
        }
        revision.bytes += metadata.len();
        revision.last_modified_ms = revision.last_modified_ms.max(link.modified().map(milliseconds).unwrap_or(0));
        revision.files.push(CachedFile { name, path, bytes: metadata.len() });
    }
    (revision, unlinked)
}

/// The commits that branches and tags stand for, by their names.
pub(crate) fn references(folder: &Path) -> BTreeMap<String, String> {
    let refs = folder.join("refs");
    let mut names = Vec::new();
    collect_names(&refs, "", 4, &mut names);
    let commit = |name: String| Some((std::fs::read_to_string(refs.join(&name)).ok()?.trim().to_owned(), name));
    names.into_iter().filter_map(commit).map(|(commit, name)| (name, commit)).collect()
}

/// Names and paths of what is in `folder`; nothing where it cannot be read.
pub(crate) fn entries(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path()))).collect()
}

fn last_used_ms(metadata: &Metadata) -> u64 {
    let times = [metadata.accessed(), metadata.modified()];
    times.into_iter().flatten().map(milliseconds).max().unwrap_or(0)
}

fn milliseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map(|since| since.as_millis() as u64).unwrap_or(0)
}
