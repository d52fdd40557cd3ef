//! From a model's name to its files, checked.

use std::path::{Path, PathBuf};

use tramontane_error::{Error, ErrorCode};

use crate::file_choice::{Choice, Place, choose};
use crate::gguf::GgufHeader;
use crate::hub::find_on_hub;
use crate::hub_settings::HubSettings;
use crate::locate::{Location, locate};
use crate::model_folder::{ModelFolder, file_names};
use crate::model_reference::{ModelFiles, ModelReference};
use crate::progress::{Progress, Tally};

/// Finds the model, brings what is missing of it from the hub, and checks every file as far as that takes no reading
/// of the weights. Blocks: call it on a thread of its own, not on one that runs asynchronous work.
///
/// `progress` is called on this thread, at the start and then every 40 ms or so while files arrive. `cancelled` is
/// asked every 20 ms; when it says yes, downloads stop with `aborted`, and a later call goes on where this one
/// stopped.
///
/// # Errors
/// `model-not-found`, `invalid-model` and `unsupported-model` name the file; `invalid-argument` names the option
/// (`file` with the files to choose from, `revision`, `token`, `endpoint`, `cacheDir`); `download-failed` says
/// whether a token is missing, the hub is away or a file arrived damaged; `aborted`.
pub fn resolve(
    reference: &ModelReference,
    progress: &mut dyn FnMut(Progress),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<ModelFiles, Error> {
    let mut tally = Tally::new(progress);
    tally.resolving();
    if cancelled() {
        return Err(Error::new(ErrorCode::Aborted, "loading was stopped before it began"));
    }
    let (root, choice) = find(reference, &mut tally, cancelled)?;
    open(&root, choice)
}

/// Which files `reference` means: the folder that they are in, and which of it. They are on disk by then, and not looked
/// into.
pub(crate) fn find(
    reference: &ModelReference,
    tally: &mut Tally<'_>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<(PathBuf, Choice), Error> {
    let file = reference.file.as_deref().filter(|file| !file.is_empty());
    match locate(&reference.model)? {
        Location::File(path) => single_file(&path, file),
        Location::Folder(root) => {
            let mut names = file_names(&root)?;
            // A file further down can be asked for, not chosen unasked.
            names.extend(file.filter(|file| file.contains('/') && root.join(file).is_file()).map(str::to_owned));
            let place = format!("the folder {}", root.display());
            let choice = choose(&names, file, &Place { name: &place, prefers_q4_k_m: false })
                .map_err(|error| if error.file.is_none() { error.with_file(&root) } else { error })?;
            Ok((root, choice))
        }
        Location::Hub(id) => {
            let settings = HubSettings::new(reference, &|name| std::env::var(name).ok())?;
            let snapshot = find_on_hub(&settings, &id, file, tally, cancelled)?;
            Ok((snapshot.root, snapshot.choice))
        }
    }
}

fn single_file(path: &Path, file: Option<&str>) -> Result<(PathBuf, Choice), Error> {
    if file.is_some() {
        return Err(Error::invalid_argument(
            "file",
            "model is a file already; file chooses one in a folder or on the hub",
        ));
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    match (extension.as_deref(), path.file_name().and_then(|name| name.to_str())) {
        (Some("safetensors"), _) => Ok((parent.to_owned(), Choice::Safetensors)),
        (Some("uqff"), Some(name)) => {
            let place = format!("the folder {}", parent.display());
            let names = file_names(parent)?;
            Ok((parent.to_owned(), choose(&names, Some(name), &Place { name: &place, prefers_q4_k_m: false })?))
        }
        // Whatever its name, a file with a model in it is a GGUF file.
        (_, Some(name)) => {
            let parent = path.parent().unwrap_or(Path::new(""));
            Ok((parent.to_owned(), Choice::Gguf(name.to_owned())))
        }
        (_, None) => {
            let message = format!("the name of {} is not text; rename the file", path.display());
            Err(Error::invalid_argument("model", message))
        }
    }
}

fn open(root: &Path, choice: Choice) -> Result<ModelFiles, Error> {
    match choice {
        Choice::Gguf(name) => {
            let file = root.join(name);
            let header = GgufHeader::read(&file)?;
            Ok(ModelFiles::Gguf { file, header })
        }
        Choice::Safetensors => Ok(ModelFiles::Safetensors(ModelFolder::open(root, &[])?.0)),
        Choice::Uqff(parts) => {
            let (folder, uqff) = ModelFolder::open(root, &parts)?;
            Ok(ModelFiles::Uqff { folder, uqff })
        }
    }
}
