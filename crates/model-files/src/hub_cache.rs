//! The folder in which a repository's files are kept, laid out as Python's `huggingface_hub` does it.
//!
//! `models--org--name/refs/main` holds a commit, `snapshots/<commit>/<file>` links to `blobs/<etag>`. Must hold: a
//! file in a snapshot is always whole, since blobs get their name only after they were checked; a reference is
//! written only after all files of its snapshot are there.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tramontane_error::{Error, ErrorCode};

use crate::hub_id::HubId;

/// One repository in a cache.
#[derive(Debug, Clone)]
pub(crate) struct HubCache {
    root: PathBuf,
    folder: PathBuf,
    folder_name: String,
}

impl HubCache {
    pub(crate) fn new(root: &Path, id: &HubId) -> Self {
        let folder_name = id.folder_name();
        Self { root: root.to_owned(), folder: root.join(&folder_name), folder_name }
    }

    /// The commit that `revision` stood for when it was last brought, or `revision` itself if it is a kept commit.
    pub(crate) fn commit(&self, revision: &str) -> Option<String> {
        let commit = std::fs::read_to_string(self.folder.join("refs").join(revision));
        let commit = commit.map(|commit| commit.trim().to_owned()).unwrap_or_else(|_| revision.to_owned());
        (sound_name(&commit) && self.snapshot(&commit).is_dir()).then_some(commit)
    }

    pub(crate) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// A file of a snapshot, if it is there and, where its size is known, has that size.
    pub(crate) fn file(&self, commit: &str, name: &str, size: Option<u64>) -> Option<PathBuf> {
        let path = self.snapshot(commit).join(name);
        let metadata = std::fs::metadata(&path).ok()?;
        (metadata.is_file() && size.is_none_or(|size| size == metadata.len())).then_some(path)
    }

    /// The names of all files of a snapshot, `/` between folders.
    pub(crate) fn names(&self, commit: &str) -> Vec<String> {
        let mut names = Vec::new();
        collect_names(&self.snapshot(commit), "", 4, &mut names);
        names.sort();
        names
    }

    pub(crate) fn blob(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(etag)
    }

    /// Where a blob is put together; Python's name for it, so that either can go on with what the other began.
    pub(crate) fn part(&self, etag: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{etag}.incomplete"))
    }

    pub(crate) fn create_folders(&self, commit: &str, name: &str) -> Result<(), Error> {
        let file = self.snapshot(commit).join(name);
        for folder in [self.folder.join("blobs"), file.parent().unwrap_or(&self.folder).to_owned()] {
            std::fs::create_dir_all(&folder).map_err(|error| cannot_write(&folder, &error))?;
        }
        Ok(())
    }

    /// Waits until no other process is bringing the blob `etag`, and keeps others from doing so until dropped. Takes
    /// the lock of Python's huggingface_hub and that of Rust's hf-hub, since both may be at work in one cache.
    pub(crate) async fn lock(&self, etag: &str) -> Result<Vec<File>, Error> {
        let python = self.root.join(".locks").join(&self.folder_name).join(format!("{etag}.lock"));
        let rust = self.folder.join("blobs").join(format!("{etag}.lock"));
        let mut locks = Vec::new();
        for path in [python, rust] {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
            }
            let file = File::options().create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(|error| cannot_write(&path, &error))?;
            while let Err(std::fs::TryLockError::WouldBlock) = file.try_lock() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // Any other outcome is a lock, or a file system without locks, on which nobody holds one.
            locks.push(file);
        }
        Ok(locks)
    }

    /// Makes the blob `etag` appear as `name` in the snapshot of `commit`.
    pub(crate) fn link(&self, etag: &str, commit: &str, name: &str) -> Result<(), Error> {
        let blob = self.blob(etag);
        let link = self.snapshot(commit).join(name);
        let up = "../".repeat(name.matches('/').count() + 2);
        let target = format!("{up}blobs/{etag}");
        let partial = partial_name(&link);
        #[cfg(unix)]
        let linked = std::os::unix::fs::symlink(target, &partial);
        #[cfg(windows)]
        let linked = std::os::windows::fs::symlink_file(target.replace('/', "\\"), &partial);
        // Renamed into place: another process may be reading through the old link. Without links (Windows without the
        // right to make them) the snapshot holds the file itself, as in Python.
        let placed = match linked {
            Ok(()) => std::fs::rename(&partial, &link),
            Err(_) => std::fs::rename(&blob, &link),
        };
        placed.map_err(|error| cannot_write(&link, &error))
    }

    /// Remembers that `revision` stands for `commit`.
    pub(crate) fn write_reference(&self, revision: &str, commit: &str) -> Result<(), Error> {
        if revision == commit {
            return Ok(());
        }
        let path = self.folder.join("refs").join(revision);
        let parent = path.parent().unwrap_or(&self.folder);
        let partial = partial_name(&path);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&partial, commit))
            .and_then(|()| std::fs::rename(&partial, &path))
            .map_err(|error| cannot_write(&path, &error))
    }
}

/// A name beside `path` that no other thread or process uses.
fn partial_name(path: &Path) -> PathBuf {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".tramontane-{}-{count}", std::process::id()))
}

/// Whether `name` can be one component of a path: a commit or an ETag.
pub(crate) fn sound_name(name: &str) -> bool {
    (1..=128).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether `name` is a file inside a repository, and nothing else.
pub(crate) fn sound_file_name(name: &str) -> bool {
    let sound_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.len() <= 1024 && name.split('/').all(sound_part) && !name.contains(['\\', ':', '\0', '\n', '\r'])
}

pub(crate) fn cannot_write(path: &Path, error: &std::io::Error) -> Error {
    let message = format!("{} cannot be written: {error}; check the disk, or set cacheDir", path.display());
    Error::new(ErrorCode::DownloadFailed, message).with_file(path)
}

pub(crate) fn collect_names(folder: &Path, prefix: &str, depth: usize, names: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        // Follows links, and leaves out those that lead nowhere.
        let Ok(metadata) = std::fs::metadata(entry.path()) else { continue };
        if metadata.is_file() {
            names.push(format!("{prefix}{name}"));
        } else if depth > 0 {
            collect_names(&entry.path(), &format!("{prefix}{name}/"), depth - 1, names);
        }
    }
}
