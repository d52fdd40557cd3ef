/** What a byte-level BPE tokenizer is made of. `special` lists the ids that are cut out of a text before anything else. */
export interface ByteLevelTokenizer {
  readonly tokens: readonly string[];
  /** Pairs, first the one to join first, each written `left right`. */
  readonly merges: readonly string[];
  readonly special: readonly number[];
  /** Whether each digit is a word of its own. */
  readonly splitDigits: boolean;
}

/** The content of a Hugging Face `tokenizer.json` for such a tokenizer. It adds no tokens of its own to a text. */
export function byteLevelTokenizerJson({ tokens, merges, special, splitDigits }: ByteLevelTokenizer): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((id) => ({
      id,
      content: tokens[id],
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: splitDigits
      ? { type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits: true }, byteLevel] }
      : byteLevel,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((merge) => merge.split(' ')),
    },
  };
}
