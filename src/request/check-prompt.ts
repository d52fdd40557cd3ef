import { TramontaneError } from '../spec/tramontane-error.ts';
import { checkMessages } from './check-messages.ts';
import { checkTokenList } from './check-sampling.ts';
import { checkFilledText, wrongValue } from './check-value.ts';

/** What a request goes on from, as the engine is given it. */
export type Prompt = { messages: object[] } | { text: string } | { tokens: number[] };

export const promptNames = ['prompt', 'messages', 'tokens'] as const;

/** The one prompt that a request has, checked and copied. Throws `invalid-argument`. */
export function checkPrompt(request: Readonly<Record<string, unknown>>): Prompt {
  const [name, second] = promptNames.filter((key) => request[key] !== undefined);
  if (name === undefined) {
    throw new TramontaneError('invalid-argument', 'pass one of prompt, messages and tokens', { field: 'prompt' });
  }
  if (second !== undefined) {
    const message = `pass only one of prompt, messages and tokens, not both ${name} and ${second}`;
    throw new TramontaneError('invalid-argument', message, { field: second });
  }
  switch (name) {
    case 'prompt':
      return { text: checkFilledText(request[name], name) ?? '' };
    case 'messages':
      return { messages: checkMessages(request[name]) };
    case 'tokens':
      return { tokens: checkTokens(request[name]) };
  }
}

function checkTokens(value: unknown): number[] {
  const tokens = checkTokenList(value, 'tokens') ?? [];
  if (tokens.length === 0) throw wrongValue('tokens', 'at least one token id', value);
  return tokens;
}
