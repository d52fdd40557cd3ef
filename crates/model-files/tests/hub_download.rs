//! Bringing models from a hub, against one on this machine.

mod gguf_writer;
mod hub_server;
mod scratch_folder;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gguf_writer::GgufWriter;
use hub_server::{COMMIT, Faults, HubServer, etag};
use scratch_folder::ScratchFolder;
use tramontane_error::{Error, ErrorCode};
use tramontane_model_files::{ModelFiles, ModelReference, Phase, Progress, resolve};

const CONFIG: &str = r#"{"architectures":["LlamaForCausalLM"],"model_type":"llama"}"#;

fn weights(elements: usize) -> Vec<u8> {
    let end = elements * 2;
    let header = format!(r#"{{"w":{{"dtype":"BF16","shape":[{elements}],"data_offsets":[0,{end}]}}}}"#);
    let data = (0..end).map(|index| (index * 31 % 251) as u8).collect::<Vec<_>>();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

/// A hub with a model in two weight files, and an empty cache.
struct Scene {
    hub: HubServer,
    cache: ScratchFolder,
}

impl Scene {
    fn new() -> Self {
        let hub = HubServer::start();
        hub.add("README.md", "not needed", false);
        hub.add("config.json", CONFIG, false);
        hub.add("tokenizer.json", "{}", false);
        hub.add("pytorch_model.bin", "not needed", true);
        hub.add("a.safetensors", weights(100_000), true);
        hub.add("b.safetensors", weights(50), true);
        let index = r#"{"weight_map":{"x":"a.safetensors","y":"b.safetensors"}}"#;
        hub.add("model.safetensors.index.json", index, false);
        Self { hub, cache: ScratchFolder::new() }
    }

    fn reference(&self) -> ModelReference {
        ModelReference {
            model: "org/name".into(),
            file: None,
            revision: Some("main".into()),
            token: Some("hf_very_secret".into()),
            cache_dir: Some(self.cache.path().to_owned()),
            offline: Some(false),
            endpoint: Some(self.hub.endpoint.clone()),
        }
    }

    fn get(&self) -> Result<ModelFiles, Error> {
        resolve(&self.reference(), &mut |_| {}, &|| false)
    }

    fn get_offline(&self) -> Result<ModelFiles, Error> {
        resolve(&ModelReference { offline: Some(true), ..self.reference() }, &mut |_| {}, &|| false)
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join("models--org--name")
    }

    fn blob(&self, content: &[u8]) -> PathBuf {
        self.folder().join("blobs").join(etag(content, true))
    }

    fn part(&self, content: &[u8]) -> PathBuf {
        self.folder().join("blobs").join(format!("{}.incomplete", etag(content, true)))
    }
}

#[track_caller]
fn assert_whole(found: Result<ModelFiles, Error>) {
    match found {
        Ok(ModelFiles::Safetensors(folder)) => assert_eq!(folder.parameter_count, 100_050),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_error(found: Result<ModelFiles, Error>, code: ErrorCode, parts: &[&str]) {
    let error = found.expect_err("it succeeded");
    assert_eq!(error.code, code, "{error}");
    for part in parts {
        assert!(error.message.contains(part), "{part:?} is not in: {error}");
    }
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
}

#[test]
fn a_model_is_brought_into_the_cache_in_its_standard_layout() {
    let scene = Scene::new();
    assert_whole(scene.get());
    let folder = scene.folder();
    assert_eq!(std::fs::read_to_string(folder.join("refs/main")).unwrap(), COMMIT);
    let snapshot = folder.join("snapshots").join(COMMIT);
    assert_eq!(std::fs::read(snapshot.join("a.safetensors")).unwrap(), weights(100_000));
    assert_eq!(std::fs::read(scene.blob(&weights(50))).unwrap(), weights(50));
    #[cfg(unix)]
    {
        let link = std::fs::read_link(snapshot.join("b.safetensors")).unwrap();
        assert_eq!(link, PathBuf::from(format!("../../blobs/{}", etag(&weights(50), true))));
    }
    assert!(!snapshot.join("README.md").exists() && !snapshot.join("pytorch_model.bin").exists());
    let left = std::fs::read_dir(folder.join("blobs")).unwrap().flatten();
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().ends_with(".incomplete")));

    scene.hub.requests();
    assert_whole(scene.get());
    let again = scene.hub.requests();
    assert_eq!(again.len(), 1, "only the list of files is asked for again: {again:?}");
}

#[test]
fn progress_rises_to_the_total() {
    let scene = Scene::new();
    scene.hub.set(Faults { pause: Duration::from_millis(3), cuts: [50_000].into(), ..Faults::default() });
    let mut reports: Vec<Progress> = Vec::new();
    assert_whole(resolve(&scene.reference(), &mut |report| reports.push(report), &|| false));
    assert_eq!(reports[0].phase, Phase::Resolve);
    assert!(reports.len() > 8, "{} reports", reports.len());
    assert!(reports.windows(2).all(|pair| pair[0].done <= pair[1].done));
    assert!(reports.iter().all(|report| report.total.is_none_or(|total| report.done <= total)));
    assert!(reports.iter().all(|report| report.file_total.is_none_or(|total| report.file_done <= total)));
    let last = reports.last().unwrap();
    assert_eq!((Some(last.done), last.file.as_deref()), (last.total, Some("b.safetensors")));
}

#[test]
fn the_token_goes_to_the_hub_and_nowhere_else() {
    let scene = Scene::new();
    scene.hub.set(Faults { token: Some("hf_very_secret"), ..Faults::default() });
    assert_whole(scene.get());
    let requests = scene.hub.requests();
    assert!(requests.iter().any(|request| request.storage));
    assert!(requests.iter().all(|request| request.authorization.is_none() == request.storage), "{requests:?}");
}

#[test]
fn a_broken_transfer_is_gone_on_with() {
    let scene = Scene::new();
    scene.hub.set(Faults { cuts: [30_000, 90_000].into(), ..Faults::default() });
    assert_whole(scene.get());
    let ranges: Vec<_> = scene.hub.requests().into_iter().filter(|r| r.storage).filter_map(|r| r.range).collect();
    assert!(ranges.contains(&"bytes=120000-".to_owned()), "{ranges:?}");
}

#[test]
fn a_hub_without_ranges_is_asked_for_the_whole_again() {
    let scene = Scene::new();
    scene.hub.set(Faults { cuts: [30_000].into(), no_ranges: true, ..Faults::default() });
    assert_whole(scene.get());
}

#[test]
fn a_cancelled_download_stops_soon_and_is_gone_on_with_later() {
    let scene = Scene::new();
    let large = weights(100_000);
    scene.hub.set(Faults { pause: Duration::from_millis(10), ..Faults::default() });
    let seen = AtomicU64::new(0);
    let mut progress = |report: Progress| {
        if report.file.as_deref() == Some("a.safetensors") {
            seen.store(report.file_done, Ordering::Relaxed);
        }
    };
    let began = Instant::now();
    let outcome = resolve(&scene.reference(), &mut progress, &|| seen.load(Ordering::Relaxed) > 40_000);
    let took = began.elapsed();
    assert_error(outcome, ErrorCode::Aborted, &["org/name"]);
    assert!(took < Duration::from_secs(2), "{took:?}");
    let kept = std::fs::metadata(scene.part(&large)).unwrap().len();
    assert!((40_000..large.len() as u64).contains(&kept), "{kept} bytes kept");
    assert!(!scene.folder().join("refs/main").exists(), "a snapshot that is not whole has no name");

    scene.hub.set(Faults::default());
    scene.hub.requests();
    assert_whole(scene.get());
    let ranges: Vec<_> = scene.hub.requests().into_iter().filter_map(|request| request.range).collect();
    assert!(ranges.contains(&format!("bytes={kept}-")), "{ranges:?}");
}

#[test]
fn a_silent_hub_does_not_hold_up_a_cancellation() {
    let scene = Scene::new();
    scene.hub.set(Faults { silent: true, ..Faults::default() });
    let flag = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            flag.store(true, Ordering::Relaxed);
        });
        let began = Instant::now();
        let outcome = resolve(&scene.reference(), &mut |_| {}, &|| flag.load(Ordering::Relaxed));
        assert_error(outcome, ErrorCode::Aborted, &[]);
        assert!(began.elapsed() < Duration::from_millis(600), "{:?}", began.elapsed());
    });
}

#[test]
fn what_an_earlier_download_left_damaged_is_fetched_again() {
    let scene = Scene::new();
    let large = weights(100_000);
    let part = scene.part(&large);
    std::fs::create_dir_all(part.parent().unwrap()).unwrap();
    std::fs::write(&part, vec![0; 50_000]).unwrap();
    assert_whole(scene.get());
    std::fs::write(scene.blob(&large), b"short").unwrap();
    std::fs::write(&part, vec![0; 5_000_000]).unwrap();
    assert_whole(scene.get());
}

#[test]
fn a_file_that_arrives_damaged_is_removed_and_reported() {
    let scene = Scene::new();
    for (faults, part) in [
        (Faults { damage: true, ..Faults::default() }, "checksum"),
        (Faults { length_change: -10, ..Faults::default() }, "less than"),
        (Faults { length_change: 10, ..Faults::default() }, "more than"),
    ] {
        let scene = Scene::new();
        // The small files have no checksum; they come first and soundly.
        scene.hub.set(Faults::default());
        let small_only = ModelReference { file: Some("none".into()), ..scene.reference() };
        drop(resolve(&small_only, &mut |_| {}, &|| false));
        scene.hub.add("config.json", CONFIG, true);
        scene.hub.set(faults);
        assert_error(scene.get(), ErrorCode::DownloadFailed, &["config.json", part]);
        assert!(!scene.part(CONFIG.as_bytes()).exists() && !scene.blob(CONFIG.as_bytes()).exists());
        scene.hub.set(Faults::default());
        assert_whole(scene.get());
    }
    drop(scene);
}

#[test]
fn refusals_say_what_to_do() {
    let scene = Scene::new();
    let refused = |status: u16, code: &'static str, token: &str| {
        scene.hub.set(Faults { status: Some((status, code)), ..Faults::default() });
        let reference = ModelReference { token: Some(token.into()), ..scene.reference() };
        resolve(&reference, &mut |_| {}, &|| false)
    };
    assert_error(refused(401, "", ""), ErrorCode::DownloadFailed, &["org/name", "set token"]);
    assert_error(refused(401, "", "hf_very_secret"), ErrorCode::DownloadFailed, &["refused the token"]);
    assert_error(refused(403, "GatedRepo", ""), ErrorCode::DownloadFailed, &["conditions", "set token"]);
    assert_error(refused(403, "GatedRepo", "hf_very_secret"), ErrorCode::DownloadFailed, &["granted access"]);
    assert_error(refused(404, "RepoNotFound", ""), ErrorCode::ModelNotFound, &["org/name", "main", "spelling"]);
    assert_error(refused(500, "", ""), ErrorCode::DownloadFailed, &["500", "try again", "not in the cache"]);
    assert_error(refused(429, "", ""), ErrorCode::DownloadFailed, &["429"]);
    assert_error(refused(418, "", ""), ErrorCode::DownloadFailed, &["418"]);
    scene.hub.set(Faults::default());
    let reference = ModelReference { revision: Some("v9".into()), ..scene.reference() };
    let outcome = resolve(&reference, &mut |_| {}, &|| false);
    assert_error(outcome, ErrorCode::ModelNotFound, &["org/name", "no revision \"v9\""]);
}

#[test]
fn options_that_cannot_be_used_are_named() {
    let scene = Scene::new();
    let field = |reference: ModelReference| {
        let error = resolve(&reference, &mut |_| {}, &|| false).unwrap_err();
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        error.field.unwrap_or_default()
    };
    assert_eq!(field(ModelReference { token: Some("hf_secret\u{7}".into()), ..scene.reference() }), "token");
    assert_eq!(field(ModelReference { endpoint: Some("ftp://x:secret@y".into()), ..scene.reference() }), "endpoint");
    assert_eq!(field(ModelReference { revision: Some("../..".into()), ..scene.reference() }), "revision");
}

#[test]
fn branches_tags_and_commits_are_revisions() {
    let scene = Scene::new();
    for revision in ["v1.0", "refs/pr/1", COMMIT] {
        let reference = ModelReference { revision: Some(revision.into()), ..scene.reference() };
        assert_whole(resolve(&reference, &mut |_| {}, &|| false));
        let offline = ModelReference { offline: Some(true), ..reference };
        assert_whole(resolve(&offline, &mut |_| {}, &|| false));
    }
    assert_eq!(std::fs::read_to_string(scene.folder().join("refs/refs/pr/1")).unwrap(), COMMIT);
    assert!(!scene.folder().join("refs").join(COMMIT).exists());
}

#[test]
fn offline_uses_the_cache_alone_and_names_what_is_missing() {
    let scene = Scene::new();
    assert_error(scene.get_offline(), ErrorCode::ModelNotFound, &["org/name", "not in the cache", "without offline"]);
    assert_whole(scene.get());
    scene.hub.requests();
    assert_whole(scene.get_offline());
    assert!(scene.hub.requests().is_empty());
    for name in ["b.safetensors", "tokenizer.json", "config.json"] {
        std::fs::remove_file(scene.folder().join("snapshots").join(COMMIT).join(name)).unwrap();
        let part = if name == "config.json" { "the model" } else { name };
        assert_error(scene.get_offline(), ErrorCode::ModelNotFound, &[part, "not in the cache"]);
        assert_whole(scene.get());
    }
}

#[test]
fn without_a_network_the_cache_will_do() {
    let scene = Scene::new();
    assert_whole(scene.get());
    scene.hub.set(Faults { status: Some((503, "")), ..Faults::default() });
    assert_whole(scene.get());
    scene.hub.stop();
    assert_whole(scene.get());
    std::fs::remove_file(scene.folder().join("snapshots").join(COMMIT).join("b.safetensors")).unwrap();
    assert_error(scene.get(), ErrorCode::DownloadFailed, &["cannot be reached", "b.safetensors"]);
}

#[test]
fn two_callers_share_one_download() {
    let scene = Scene::new();
    scene.hub.set(Faults { pause: Duration::from_millis(2), ..Faults::default() });
    std::thread::scope(|scope| {
        let callers = [(); 3].map(|()| scope.spawn(|| scene.get()));
        callers.into_iter().for_each(|caller| assert_whole(caller.join().unwrap()));
    });
    let stored = |request: &hub_server::Request| request.storage && request.path.contains("a.safetensors");
    assert_eq!(scene.hub.requests().iter().filter(|request| stored(request)).count(), 1);
}

#[test]
fn a_hub_cannot_write_outside_the_cache() {
    let scene = Scene::new();
    let index = r#"{"weight_map":{"x":"../../../../escaped.safetensors"}}"#;
    scene.hub.add("model.safetensors.index.json", index, false);
    scene.hub.add("../../../../escaped.safetensors", weights(1), false);
    assert_error(scene.get(), ErrorCode::InvalidModel, &["weight_map"]);
    assert!(!scene.cache.path().parent().unwrap().join("escaped.safetensors").exists());
}

#[test]
fn of_several_gguf_files_the_one_asked_for_is_brought() {
    let hub = HubServer::start();
    let gguf = |name: &str| {
        let mut file = GgufWriter::llama(&["a", "b"]);
        file.set("general.name", gguf_writer::string_value(name));
        file.bytes()
    };
    for name in ["m-Q4_K_M.gguf", "m-Q8_0.gguf", "sub/m F16.gguf"] {
        hub.add(name, gguf(name), true);
    }
    hub.add("sub/m%20F16.gguf", gguf("sub/m F16.gguf"), true);
    let scene = Scene { hub, cache: ScratchFolder::new() };
    let name = |file: Option<&str>| {
        let reference = ModelReference { file: file.map(str::to_owned), ..scene.reference() };
        match resolve(&reference, &mut |_| {}, &|| false) {
            Ok(ModelFiles::Gguf { header, .. }) => Ok(header.name.unwrap_or_default()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        }
    };
    assert_eq!(name(None).unwrap(), "m-Q4_K_M.gguf");
    assert_eq!(name(Some("q8_0")).unwrap(), "m-Q8_0.gguf");
    let error = name(Some("Q2_K")).unwrap_err();
    assert_eq!((error.code, error.field.as_deref()), (ErrorCode::InvalidArgument, Some("file")));
    assert!(error.message.contains("m-Q8_0.gguf"), "{error}");
    let offline = ModelReference { offline: Some(true), file: Some("F16".into()), ..scene.reference() };
    assert_error(resolve(&offline, &mut |_| {}, &|| false), ErrorCode::ModelNotFound, &["F16", "not in the cache"]);
    assert!(!scene.folder().join("snapshots").join(COMMIT).join("sub").exists());
}
