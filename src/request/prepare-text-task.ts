import type { DetokenizeOptions, TokenizeOptions } from '../spec/tokenize-options.ts';
import { checkTokenList } from './check-sampling.ts';
import { checkBoolean, checkOptions, checkText, guardCheck, wrongValue } from './check-value.ts';

const tokenizeOptions = Object.keys({ addSpecialTokens: true } satisfies Record<keyof TokenizeOptions, true>);
const detokenizeOptions = Object.keys({ skipSpecialTokens: true } satisfies Record<keyof DetokenizeOptions, true>);

/** Checks what `tokenize` was given; the JSON of its task. Throws `invalid-argument`. */
export function prepareTokenize(text: unknown, options: unknown): string {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', tokenizeOptions);
    const checkedText = checkText(text, 'text');
    if (checkedText === undefined) throw wrongValue('text', 'a string', text);
    const addSpecialTokens = checkBoolean(checked['addSpecialTokens'], 'addSpecialTokens') ?? false;
    return JSON.stringify({ task: 'tokenize', text: checkedText, addSpecialTokens });
  });
}

/** Checks what `detokenize` was given; the JSON of its task. Throws `invalid-argument`. */
export function prepareDetokenize(tokens: unknown, options: unknown): string {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', detokenizeOptions);
    const checkedTokens = checkTokenList(tokens, 'tokens');
    if (checkedTokens === undefined) throw wrongValue('tokens', 'an array of token ids', tokens);
    const skipSpecialTokens = checkBoolean(checked['skipSpecialTokens'], 'skipSpecialTokens') ?? false;
    return JSON.stringify({ task: 'detokenize', tokens: checkedTokens, skipSpecialTokens });
  });
}
