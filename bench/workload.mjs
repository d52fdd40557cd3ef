/**
 * @typedef {object} Case
 * @property {string} key The figure's name in a contender's answer.
 * @property {string} title
 * @property {string} unit
 * @property {'less' | 'more'} better
 */

/**
 * What is measured, in the order of the report.
 * @type {readonly Case[]}
 */
export const CASES = [
  { key: 'decode', title: 'decode', unit: 'tokens/s', better: 'more' },
  { key: 'firstToken', title: 'first token, short prompt', unit: 's', better: 'less' },
  { key: 'prefill500', title: 'first token, prompt of 500', unit: 's', better: 'less' },
  { key: 'prefill2000', title: 'first token, prompt of 2,000', unit: 's', better: 'less' },
  { key: 'secondTurn', title: 'first token, second turn of a chat', unit: 's', better: 'less' },
  { key: 'streams4', title: '4 streams at once, together', unit: 'tokens/s', better: 'more' },
  { key: 'streams8', title: '8 streams at once, together', unit: 'tokens/s', better: 'more' },
  { key: 'streams8First', title: '8 streams at once, worst first token', unit: 's', better: 'less' },
  { key: 'load', title: 'load', unit: 's', better: 'less' },
  { key: 'memory', title: 'peak memory', unit: 'MB', better: 'less' },
];

/**
 * The prompts and lengths that every contender is given, as plain data: one of them is a Python program. Prompts differ
 * from their first word on, so that none is answered from what another left behind.
 */
export const WORKLOAD = {
  // Said by us, since the contenders have different ones of their own.
  system: 'You are a helpful assistant.',
  short: 'Write a long story about a dragon who lives on a mountain and a knight who wants to be his friend.',
  decodeTokens: 128,
  prefill500: `Summarise: ${'The quick brown fox jumps over the lazy dog near the river bank. '.repeat(33)}`,
  prefill2000: `Retell: ${'A slow red hen walks under the tall oak tree by the old stone mill. '.repeat(123)}`,
  chat: {
    first: `Remember this: ${'My small grey cat sleeps behind the warm stove in the yellow house. '.repeat(33)}`,
    replyTokens: 32,
    second: 'And where does the cat sleep?',
  },
  streamTokens: 64,
  streams: [4, 8],
};
