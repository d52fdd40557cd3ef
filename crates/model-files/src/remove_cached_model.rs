//! Taking a model out of a hub cache.
//!
//! Must hold: nothing outside the repository's own folder is touched, whatever its name, its links or its references
//! say. What somebody is bringing at this moment stays. Others see a repository whole or not at all.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tramontane_error::{Error, ErrorCode};

use crate::cached_models::{cache_root, entries, references};
use crate::hub_cache::sound_name;

/// What was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedModel {
    /// The name that was asked for.
    pub model: String,
    /// The commits that are gone.
    pub commits: Vec<String>,
    /// Bytes that were freed.
    pub freed_bytes: u64,
}

/// A folder that was put aside, to be deleted.
const ASIDE: &str = ".tramontane-removed-";

/// Removes `model` from the cache at `cache_dir` or, by default, from the hub's shared cache; with `revision`, that
/// branch, tag or commit alone, and what no other revision shares with it.
///
/// # Errors
/// `invalid-argument` (`model`: no name of a repository; its folder is a link), `model-not-found` (not in the cache),
/// `model-busy` (being brought by somebody), `engine-failed` (a file cannot be deleted; the error names it).
pub fn remove_cached_model(
    model: &str,
    revision: Option<&str>,
    cache_dir: Option<PathBuf>,
) -> Result<RemovedModel, Error> {
    let root = cache_root(cache_dir)?;
    let name = folder_name(model)?;
    let folder = root.join(&name);
    match fs::symlink_metadata(&folder) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            let message = format!("{} is no folder but leads elsewhere; remove it by hand", folder.display());
            return Err(Error::invalid_argument("model", message).with_file(&folder));
        }
        Err(_) => return Err(not_found(format!("{model} is not in the cache {}", root.display()), &folder)),
    }
    let locks = root.join(".locks").join(&name);
    let held = hold([&folder.join("blobs"), &locks]).ok_or_else(|| {
        Error::new(ErrorCode::ModelBusy, format!("{model} is being downloaded; try again when that is over"))
    })?;
    let (commits, freed_bytes) = match revision {
        Some(revision) => remove_revision(&folder, model, revision)?,
        None => {
            let commits = commits(&folder);
            let freed = bytes_below(&folder);
            let aside = root.join(format!("{ASIDE}{}-{name}", std::process::id()));
            fs::rename(&folder, &aside).map_err(|error| cannot_delete(&folder, &error))?;
            // Windows deletes no file that is open.
            drop(held);
            fs::remove_dir_all(&aside).map_err(|error| cannot_delete(&aside, &error))?;
            // Empty files, which the next download would make again.
            let _ = fs::remove_dir_all(&locks);
            (commits, freed)
        }
    };
    Ok(RemovedModel { model: model.to_owned(), commits, freed_bytes })
}

/// Of a repository that can be in a cache, `org/name` or, from the hub's first days, `name`.
fn folder_name(model: &str) -> Result<String, Error> {
    let parts: Vec<_> = model.split('/').collect();
    let sound = |part: &&str| {
        (1..=96).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            && !part.contains("--")
            && !part.starts_with('.')
    };
    if !matches!(parts[..], [_] | [_, _]) || !parts.iter().all(sound) {
        let message = format!("{model:?} is not the name of a model on the hub, such as org/name");
        return Err(Error::invalid_argument("model", message));
    }
    Ok(format!("models--{}", parts.join("--")))
}

/// Takes all locks in `folders`; None where somebody else has one.
fn hold(folders: [&Path; 2]) -> Option<Vec<File>> {
    let locks = folders.into_iter().flat_map(entries).filter(|(name, _)| name.ends_with(".lock"));
    let mut held = Vec::new();
    for (_, path) in locks {
        // One that cannot be opened is no lock of a download that is under way: that has it open for writing.
        let Ok(file) = File::options().write(true).open(path) else { continue };
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return None;
        }
        held.push(file);
    }
    Some(held)
}

fn remove_revision(folder: &Path, model: &str, revision: &str) -> Result<(Vec<String>, u64), Error> {
    let references = references(folder);
    let commit = references.get(revision).map_or(revision, String::as_str);
    let snapshot = folder.join("snapshots").join(commit);
    if !sound_name(commit) || !snapshot.is_dir() {
        let message = format!("{model} has no revision {revision:?} in the cache");
        return Err(not_found(message, folder));
    }
    let before = bytes_below(folder);
    let aside = folder.join(format!("{ASIDE}{}-{commit}", std::process::id()));
    fs::rename(&snapshot, &aside).map_err(|error| cannot_delete(&snapshot, &error))?;
    for name in references.iter().filter(|(_, other)| *other == commit).map(|(name, _)| name) {
        let path = folder.join("refs").join(name);
        fs::remove_file(&path).map_err(|error| cannot_delete(&path, &error))?;
    }
    let gone = linked_blobs(&aside);
    let kept: HashSet<_> = entries(&folder.join("snapshots")).iter().flat_map(|(_, path)| linked_blobs(path)).collect();
    for name in gone.difference(&kept) {
        let blob = folder.join("blobs").join(name);
        if blob.is_file() {
            fs::remove_file(&blob).map_err(|error| cannot_delete(&blob, &error))?;
        }
    }
    fs::remove_dir_all(&aside).map_err(|error| cannot_delete(&aside, &error))?;
    Ok((vec![commit.to_owned()], before.saturating_sub(bytes_below(folder))))
}

fn commits(folder: &Path) -> Vec<String> {
    let snapshots = entries(&folder.join("snapshots")).into_iter().filter(|(_, path)| path.is_dir());
    let mut commits: Vec<_> = snapshots.map(|(commit, _)| commit).collect();
    commits.sort();
    commits
}

/// The names of the blobs that the links in `snapshot` lead to.
fn linked_blobs(snapshot: &Path) -> HashSet<String> {
    let mut blobs = HashSet::new();
    for (_, path) in entries(snapshot) {
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if metadata.is_dir() {
            blobs.extend(linked_blobs(&path));
        } else if let Ok(target) = fs::read_link(&path) {
            blobs.extend(target.file_name().and_then(|name| name.to_str()).map(str::to_owned));
        }
    }
    blobs
}

/// Bytes of all files below `folder`, not through links.
fn bytes_below(folder: &Path) -> u64 {
    let size = |(_, path): (String, PathBuf)| match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_dir() => bytes_below(&path),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    };
    entries(folder).into_iter().map(size).sum()
}

fn not_found(message: String, file: &Path) -> Error {
    Error::new(ErrorCode::ModelNotFound, message).with_file(file)
}

fn cannot_delete(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("{} cannot be deleted: {error}; check who owns it and who has it open", path.display());
    Error::new(ErrorCode::CacheFailed, message).with_file(path)
}
