//! Decodes with the engine alone, without Node: what `bench/stream-costs.mjs` compares the package with.
//!
//! `decode_rate MODEL THREADS PROMPT TOKENS` prints the tokens per second of one greedy reply to a chat.

use std::error::Error;
use std::sync::mpsc::channel;

use serde_json::json;
use tramontane_engine::{LoadOptions, LoadedModel, load, set_threads};
use tramontane_session::{GenerationRequest, Session, SessionOptions, StreamPart};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, threads, prompt, tokens] = &arguments[..] else { return Err("MODEL THREADS PROMPT TOKENS".into()) };
    let threads = set_threads(Some(threads.parse()?)).map_err(|error| error.message)?;
    let options = LoadOptions::from_json(json!({ "model": model })).map_err(|error| error.message)?;
    let LoadedModel { backend, text, .. } =
        load(&options, threads, &mut |_| {}, &|| false).map_err(|error| error.message)?;
    let (bell, rung) = channel();
    let session =
        Session::new(backend, text, SessionOptions::default(), Box::new(move || bell.send(()).unwrap_or_default()))
            .map_err(|error| error.message)?;
    let request = json!({
        "prompt": { "messages": [{ "role": "user", "content": prompt }] },
        "temperature": 0,
        "maxOutputTokens": tokens.parse::<u32>()?,
    });
    session.submit(1, move || GenerationRequest::from_json(&request.to_string()), || {});
    loop {
        rung.recv()?;
        for (_, part) in session.drain(usize::MAX).parts {
            match part {
                StreamPart::Finish { timings, .. } => {
                    println!("{}", timings.tokens_per_second.unwrap_or(f64::NAN));
                    return Ok(());
                }
                StreamPart::Error { error, .. } => return Err(error.message.into()),
                _ => {}
            }
        }
    }
}
