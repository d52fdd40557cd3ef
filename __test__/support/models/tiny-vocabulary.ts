import { byteAlphabet } from './byte-alphabet.ts';

/**
 * A byte-level BPE vocabulary small enough to read: 320 tokens, so that every matrix keeps a round number of rows.
 *
 * A merge joins letters, or a leading space and letters, and nothing else. Byte-level pre-tokenizers differ over digits,
 * punctuation and white space; with these merges all of them give the same tokens.
 */
export interface TinyVocabulary {
  readonly tokens: readonly string[];
  readonly merges: readonly string[];
  /** Ids of `<|endoftext|>`, `<|im_start|>` and `<|im_end|>`. */
  readonly special: readonly number[];
  readonly bosId: number;
  readonly eosId: number;
}

const special = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'];

// "_" stands for the leading space, which the byte alphabet writes as U+0120.
const merges = `
  _ t|h e|i n|_t he|_ a|e r|a n|r e|o n|_ s|a t|e n|o u|_ w|i s|o r|i t|_ o|e s|n d|_a nd|_ c|_ b|in g|a l|a r|_o f|_ p|_ f|
  e d|_ in|_ m|_t o|l l|_ h|_ d|l e|o m|i on|s t|r o|_ l|_ n|_ is|v e|l y|e l|_ e|_ y|_y ou|_ g|u t|i d|c h|k e|_ it|_b e|
  a y|_w e|o w|_f or`
  .split('|')
  .map((merge) => merge.trim().replaceAll('_', byteAlphabet[0x20] ?? ' '));

export const tinyVocabulary: TinyVocabulary = {
  tokens: [...special, ...byteAlphabet, ...merges.map((merge) => merge.replace(' ', ''))],
  merges,
  special: [0, 1, 2],
  bosId: 0,
  eosId: 2,
};

/** ChatML, as a Jinja template. */
export const chatMlTemplate =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
