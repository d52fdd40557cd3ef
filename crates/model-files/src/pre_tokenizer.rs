//! How text is split before byte-level BPE, by the name in `tokenizer.ggml.pre`.
//!
//! Must hold: a name listed here splits as the `tokenizer.json` of the models that carry it. Names whose rule is not
//! certain are not listed. Patterns of one name apply one after the other, each to the pieces that the ones before
//! it left; what a pattern does not match is a piece as well.

/// How text is split, and what else goes with the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SplitRule {
    pub(crate) patterns: &'static [&'static str],
    /// A piece that is a token as a whole is taken so, whatever the merges would make of it.
    pub(crate) ignore_merges: bool,
    /// Whether a prompt begins with BOS where the file does not say.
    pub(crate) add_bos: bool,
}

/// GPT-2's own rule. Contractions, words, numbers and other signs, each with the space before it.
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const DIGIT: &str = r"\p{N}";
const THREE_DIGITS: &str = r"\p{N}{1,3}";
/// Llama 3's: letters with any sign before them, numbers in groups of up to three.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 2's: as Llama 3's, every digit by itself.
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Qwen 3.5's: as Qwen 2's, with combining marks counted as letters.
const QWEN35: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// GPT-4o's: words split where lower case turns to upper case, contractions kept with their word.
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Mistral's Tekken: as GPT-4o's without contractions, every digit by itself.
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const SEED_CODER: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";
const CJK_RUNS: &str = "[一-龥\u{3040}-ゟ゠-ヿ]+";
const DEEPSEEK3: &str = r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##;

/// GPT-2's rule, for files that name none.
pub(crate) const GPT2_RULE: SplitRule = rule(&[GPT2]);

const fn rule(patterns: &'static [&'static str]) -> SplitRule {
    SplitRule { patterns, ignore_merges: false, add_bos: false }
}

/// The rule called `pre`; None for names that are not known.
pub(crate) fn split_rule(pre: &str) -> Option<SplitRule> {
    Some(match pre {
        "gpt-2" | "gpt2" | "phi-2" | "mpt" | "olmo" | "jais" | "trillion" | "mellum" | "exaone4" | "gigachat"
        | "a.x-4.0" | "modern-bert" | "granite-docling" => GPT2_RULE,
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" | "mellum2" => {
            rule(&[DIGIT, GPT2])
        }
        "llama3" | "llama-v3" | "llama-bpe" | "falcon3" | "falcon-h1" | "pixtral" | "midm-2.0" | "lfm2" => {
            SplitRule { patterns: &[LLAMA3], ignore_merges: true, add_bos: true }
        }
        "dbrx" | "smaug-bpe" | "glm4" | "chatglm-bpe" => rule(&[LLAMA3]),
        "qwen2" | "deepseek-r1-qwen" | "stablelm2" | "megrez" | "hunyuan" | "kormo" | "f2llmv2" | "solar-open"
        | "grok-2" => rule(&[QWEN2]),
        "qwen35" => rule(&[QWEN35]),
        "gpt-4o" | "llama4" | "kanana2" | "minimax-m2" => rule(&[GPT4O]),
        "tekken" => SplitRule { patterns: &[TEKKEN], ignore_merges: true, add_bos: true },
        "deepseek-coder" => rule(&["[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", "[一-龥ࠀ-一가-퟿]+", DIGIT]),
        "deepseek-v3" | "hunyuan-dense" | "joyai-llm" => rule(&[THREE_DIGITS, CJK_RUNS, DEEPSEEK3]),
        "seed-coder" => rule(&[SEED_CODER]),
        _ => return None,
    })
}

/// The rule for a file that says nothing or `default`: some architectures have always had one tokenizer.
pub(crate) fn split_rule_of_architecture(architecture: &str) -> Option<SplitRule> {
    split_rule(match architecture {
        "qwen2" | "qwen3" | "qwen3moe" => "qwen2",
        "starcoder2" => "starcoder",
        "phi2" => "phi-2",
        _ => return None,
    })
}
