use super::super::{Sampler, Sampling};
use super::sampling;

fn run(settings: &Sampling, count: usize) -> Vec<u32> {
    let logits: Vec<f32> = (0..500).map(|i| (i as f32).cos()).collect();
    let mut sampler = Sampler::new(settings, 7, &[1, 2]);
    (0..count).map(|_| sampler.sample(&logits).unwrap().token).collect()
}

#[test]
fn forced_tokens_come_first_whatever_the_logits() {
    let settings = Sampling { forced_tokens: vec![3, 1, 3], banned_tokens: vec![3], ..sampling(0.0, 0, 1.0) };
    assert_eq!(run(&settings, 5), [3, 1, 3, 0, 0]);
}

#[test]
fn forcing_what_would_have_come_anyway_changes_nothing() {
    for settings in [sampling(1.0, 0, 0.95), Sampling { frequency_penalty: 1.0, ..sampling(1.0, 40, 1.0) }] {
        let free = run(&settings, 20);
        let forced = Sampling { forced_tokens: free[..8].to_vec(), ..settings };
        assert_eq!(run(&forced, 20), free);
    }
}

#[test]
fn forced_tokens_count_as_said() {
    let settings = Sampling { forced_tokens: vec![0], presence_penalty: 2.0, ..sampling(0.0, 0, 1.0) };
    let mut sampler = Sampler::new(&settings, 7, &[]);
    let tokens: Vec<u32> = (0..3).map(|_| sampler.sample(&[1.0, 0.5, 0.0]).unwrap().token).collect();
    assert_eq!(tokens, [0, 1, 2]);
}

#[test]
fn log_probabilities_are_those_of_the_model_itself() {
    let settings = Sampling {
        logprobs: Some(2),
        forced_tokens: vec![1],
        banned_tokens: vec![0],
        logit_bias: [(2, 50.0)].into(),
        ..sampling(0.1, 1, 0.1)
    };
    let mut sampler = Sampler::new(&settings, 1, &[]);
    let logits = [0.5f32.ln(), 0.3f32.ln(), 0.2f32.ln()];
    for (token, probability) in [(1, 0.3f64), (2, 0.2)] {
        let sampled = sampler.sample(&logits).unwrap();
        let report = sampled.log_probabilities.unwrap();
        assert_eq!((sampled.token, report.token), (token, token));
        assert!((report.logprob - probability.ln()).abs() < 1e-6);
        assert_eq!(report.top.iter().map(|entry| entry.token).collect::<Vec<_>>(), [0, 1]);
    }
    assert_eq!(Sampler::new(&sampling(1.0, 0, 1.0), 1, &[]).sample(&logits).unwrap().log_probabilities, None);
}
