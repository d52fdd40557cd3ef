//! A model on the hub: which files it needs, and all of them in the cache.
//!
//! Must hold: with the network away, a model that is in the cache as a whole is found without it; what is missing is
//! named. Cancelling stops everything within tens of milliseconds and loses nothing that was brought.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use tramontane_error::{Error, ErrorCode};

use crate::embedding_modules::{MODULES, module_files};
use crate::file_choice::{Choice, INDEX, Place, RESIDUAL, SIDE_FILES, choose, has_tag, weight_names};
use crate::hub_cache::HubCache;
use crate::hub_client::{Failure, FileFacts, HubClient, Listing};
use crate::hub_download::Wanted;
use crate::hub_id::HubId;
use crate::hub_settings::HubSettings;
use crate::model_config::{ModelConfig, read_json};
use crate::progress::Tally;

/// How often the caller is asked whether to stop.
const POLL: Duration = Duration::from_millis(20);

/// A folder that holds the chosen files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) root: PathBuf,
    pub(crate) choice: Choice,
}

/// Finds `id` in the cache or brings it there.
pub(crate) fn find_on_hub(
    settings: &HubSettings,
    id: &HubId,
    file: Option<&str>,
    tally: &mut Tally<'_>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Snapshot, Error> {
    let hub = Hub { settings, id, file, cache: HubCache::new(&settings.cache, id) };
    if settings.offline {
        return hub.in_cache();
    }
    let client = HubClient::new(settings, id)?;
    if tokio::runtime::Handle::try_current().is_ok() {
        let message = "a model cannot be looked up on a thread that runs asynchronous work";
        return Err(Error::new(ErrorCode::EngineFailed, message));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime
        .map_err(|error| Error::new(ErrorCode::DownloadFailed, format!("no connection can be set up: {error}")))?;
    let outcome = runtime.block_on(async {
        tokio::select! {
            biased;
            () = raised(cancelled) => Err(aborted(id)),
            outcome = hub.through_network(&client, tally) => outcome,
        }
    });
    // Not waiting for a name look-up that is still under way.
    runtime.shutdown_background();
    outcome
}

async fn raised(cancelled: &(dyn Fn() -> bool + Sync)) {
    while !cancelled() {
        tokio::time::sleep(POLL).await;
    }
}

fn aborted(id: &HubId) -> Error {
    Error::new(ErrorCode::Aborted, format!("the download of {id} was stopped; what has come so far is kept"))
}

struct Hub<'a> {
    settings: &'a HubSettings,
    id: &'a HubId,
    file: Option<&'a str>,
    cache: HubCache,
}

impl Hub<'_> {
    async fn through_network(&self, client: &HubClient, tally: &mut Tally<'_>) -> Result<Snapshot, Error> {
        // Nobody waits for an absent network who does not need it.
        let listing = match self.in_cache() {
            Ok(_) => client.listing().await,
            Err(_) => patiently(|| client.listing()).await,
        };
        let listing = match listing {
            Ok(listing) => listing,
            Err(Failure::Lasting(error)) => return Err(error),
            // The network is away: what is in the cache will do.
            Err(Failure::Passing(error)) => {
                return self.in_cache().map_err(|missing| {
                    let message = format!("{error}. The cache does not help either: {missing}");
                    Error::new(ErrorCode::DownloadFailed, message)
                });
            }
        };
        let names: Vec<_> = listing.files.iter().map(|file| file.name.clone()).collect();
        let choice = self.choose(&names)?;
        let index = names.iter().any(|name| name == INDEX) && choice == Choice::Safetensors;
        if !matches!(choice, Choice::Gguf(_)) {
            let mut side_files = present(&SIDE_FILES, &names);
            side_files.extend(index.then(|| INDEX.to_owned()));
            self.bring(client, &listing, &side_files, false, tally).await?;
            self.check_config(&listing.commit)?;
            let modules = self.module_files(&listing.commit)?;
            self.bring(client, &listing, &modules, false, tally).await?;
        }
        let weights = self.weights(&choice, &names, &listing.commit)?;
        self.bring(client, &listing, &weights, true, tally).await?;
        self.cache.write_reference(&self.settings.revision, &listing.commit)?;
        Ok(Snapshot { root: self.cache.snapshot(&listing.commit), choice })
    }

    /// Brings those of `names` that are not in the cache. `last`: no more will be asked for.
    async fn bring(
        &self,
        client: &HubClient,
        listing: &Listing,
        names: &[String],
        last: bool,
        tally: &mut Tally<'_>,
    ) -> Result<(), Error> {
        let sizes: HashMap<_, _> = listing.files.iter().map(|file| (file.name.as_str(), file.size)).collect();
        let mut missing: Vec<(&str, FileFacts)> = Vec::new();
        for name in names {
            let Some(&size) = sizes.get(name.as_str()) else {
                let message = format!("{} lists {name}, but does not have it", self.id);
                return Err(Error::new(ErrorCode::ModelNotFound, message).with_file(name));
            };
            if self.cache.file(&listing.commit, name, size).is_none() {
                let facts = patiently(|| client.facts(&listing.commit, name, size)).await?;
                missing.push((name, facts));
            }
        }
        if last {
            tally.expect(missing.iter().map(|(_, facts)| facts.size).sum());
        }
        for (name, facts) in &missing {
            let wanted = Wanted { client, cache: &self.cache, commit: &listing.commit, name, facts };
            wanted.download(&mut |done| tally.file(name, done, facts.size)).await?;
            tally.finish(facts.size);
        }
        Ok(())
    }

    /// What the cache has, if it has all of it.
    fn in_cache(&self) -> Result<Snapshot, Error> {
        let Self { id, settings, .. } = self;
        let missing = |what: &str| {
            let message = format!(
                "{what} of {id} (revision {:?}) is not in the cache {}; load it once without offline",
                settings.revision,
                settings.cache.display()
            );
            Error::new(ErrorCode::ModelNotFound, message)
        };
        let Some(commit) = self.cache.commit(&settings.revision) else { return Err(missing("nothing")) };
        let names = self.cache.names(&commit);
        let choice = match self.choose(&names) {
            Ok(choice) => choice,
            Err(_) if self.file.is_some_and(|file| !names.iter().any(|name| name == file || has_tag(name, file))) => {
                return Err(missing(&format!("file {:?}", self.file.unwrap_or_default())));
            }
            // Weights without their config are the rest of a download that was stopped.
            Err(error) if error.code == ErrorCode::ModelNotFound => return Err(missing("the model")),
            Err(error) => return Err(error),
        };
        let mut needed = self.weights(&choice, &names, &commit)?;
        if !matches!(choice, Choice::Gguf(_)) {
            needed.extend(["config.json".to_owned(), "tokenizer.json".to_owned()]);
            needed.extend(self.module_files(&commit)?);
        }
        match needed.iter().find(|name| self.cache.file(&commit, name, None).is_none()) {
            Some(name) => Err(missing(name).with_file(name)),
            None => Ok(Snapshot { root: self.cache.snapshot(&commit), choice }),
        }
    }

    /// Refuses what the engine cannot run before its weights are brought.
    fn check_config(&self, commit: &str) -> Result<(), Error> {
        let embedding = self.cache.file(commit, MODULES, None).is_some();
        match self.cache.file(commit, "config.json", None) {
            Some(config) => ModelConfig::read(&config, embedding).map(|_| ()),
            None => Ok(()),
        }
    }

    /// What an embedding model has besides its transformer. The list of modules is in the cache by now, if there is one.
    fn module_files(&self, commit: &str) -> Result<Vec<String>, Error> {
        let modules = self.cache.file(commit, MODULES, None);
        Ok(modules.map(|path| read_json(&path)).transpose()?.as_ref().map(module_files).unwrap_or_default())
    }

    fn choose(&self, names: &[String]) -> Result<Choice, Error> {
        choose(names, self.file, &Place { name: &self.id.to_string(), prefers_q4_k_m: true })
    }

    /// The files with weights that `choice` stands for. The index is in the cache by now, if there is one.
    fn weights(&self, choice: &Choice, names: &[String], commit: &str) -> Result<Vec<String>, Error> {
        match choice {
            Choice::Gguf(name) => Ok(vec![name.clone()]),
            Choice::Uqff(parts) => Ok([parts.clone(), present(&[RESIDUAL], names)].concat()),
            Choice::Safetensors => {
                let path = self.cache.file(commit, INDEX, None).filter(|_| names.iter().any(|name| name == INDEX));
                let index = path.as_ref().map(std::fs::read_to_string).transpose();
                index
                    .map_err(|error| error.to_string())
                    .and_then(|index| weight_names(names, index.as_deref()))
                    .map_err(|message| {
                        Error::invalid_model(INDEX, format!("{INDEX} of {} is unusable: {message}", self.id))
                    })
            }
        }
    }
}

fn present(wanted: &[&str], names: &[String]) -> Vec<String> {
    wanted.iter().filter(|wanted| names.iter().any(|name| name == *wanted)).map(|&name| name.to_owned()).collect()
}

/// Asks up to three times while the failure may pass.
async fn patiently<T, F: Future<Output = Result<T, Failure>>>(mut ask: impl FnMut() -> F) -> Result<T, Failure> {
    for wait in [300, 900] {
        match ask().await {
            Err(Failure::Passing(_)) => tokio::time::sleep(Duration::from_millis(wait)).await,
            outcome => return outcome,
        }
    }
    ask().await
}
