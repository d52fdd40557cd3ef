import { TramontaneError } from '../spec/tramontane-error.ts';
import { checkFilledText, checkInteger, checkNumber, checkOptions, largestCount, wrongValue } from './check-value.ts';
import { utf8Length } from './utf8-length.ts';

type Options = Readonly<Record<string, unknown>>;

/** How many tokens `logitBias`, `bannedTokens` and `forcedTokens` may have each. */
const maxListedTokens = 10_000;
const maxBreakers = 64;
const maxBreakerBytes = 256;
/** The engine reads 32 bits, in which less would be none at all. */
const leastAboveZero = 1e-9;

const dryNames = ['multiplier', 'base', 'allowedLength', 'sequenceBreakers', 'rangeTokens'] as const;

/** The sampling fields of a request, checked and copied. Throws `invalid-argument`. */
export function checkSampling(options: Options): object {
  const number = (field: string, min: number, max: number) => checkNumber(options[field], field, { min, max });
  return {
    // Beyond 100 every token is equally likely, and 32-bit logits divided by huge values stop being numbers.
    temperature: number('temperature', 0, 100),
    topK: checkInteger(options['topK'], 'topK', { min: 0, max: largestCount }),
    topP: number('topP', leastAboveZero, 1),
    minP: number('minP', 0, 1),
    repetitionPenalty: number('repetitionPenalty', leastAboveZero, 100),
    frequencyPenalty: number('frequencyPenalty', -2, 2),
    presencePenalty: number('presencePenalty', -2, 2),
    dry: checkDry(options['dry']),
    logitBias: checkLogitBias(options['logitBias']),
    bannedTokens: checkTokenList(options['bannedTokens'], 'bannedTokens', maxListedTokens),
    forcedTokens: checkTokenList(options['forcedTokens'], 'forcedTokens', maxListedTokens),
    logprobs: checkInteger(options['logprobs'], 'logprobs', { min: 0, max: 20 }),
    seed: checkInteger(options['seed'], 'seed', { min: 0, max: Number.MAX_SAFE_INTEGER }),
  };
}

/** A copied list of token ids, or `undefined` where none was given. */
export function checkTokenList(value: unknown, field: string, most = Infinity): number[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongValue(field, 'an array of token ids', value);
  if (value.length > most) throw tooMany(field, most, 'tokens', value.length);
  // Array.from, not map: a hole in the array is to be refused, not skipped.
  return Array.from(value, (id: unknown, index) => {
    const checked = checkInteger(id, `${field}[${index}]`, { min: 0, max: largestCount });
    if (checked === undefined) throw wrongValue(`${field}[${index}]`, 'a token id', id);
    return checked;
  });
}

function checkDry(value: unknown): object | undefined {
  if (value === undefined) return undefined;
  const dry = checkOptions(value, 'dry', dryNames, 'dry.');
  const multiplier = checkNumber(dry['multiplier'], 'dry.multiplier', { min: 0, max: 100 });
  if (multiplier === undefined) throw wrongValue('dry.multiplier', 'a number from 0 to 100', multiplier);
  const count = (name: string) => checkInteger(dry[name], `dry.${name}`, { min: 1, max: largestCount });
  return {
    multiplier,
    base: checkNumber(dry['base'], 'dry.base', { min: 1, max: 100 }),
    allowedLength: count('allowedLength'),
    sequenceBreakers: checkBreakers(dry['sequenceBreakers'], 'dry.sequenceBreakers'),
    rangeTokens: count('rangeTokens'),
  };
}

function checkBreakers(value: unknown, field: string): string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrongValue(field, 'an array of strings', value);
  if (value.length > maxBreakers) throw tooMany(field, maxBreakers, 'entries', value.length);
  return Array.from(value, (breaker: unknown, index) => {
    const checked = checkFilledText(breaker, `${field}[${index}]`);
    if (checked === undefined || utf8Length(checked) > maxBreakerBytes) {
      throw wrongValue(`${field}[${index}]`, `a string of at most ${maxBreakerBytes} bytes`, breaker);
    }
    return checked;
  });
}

function checkLogitBias(value: unknown): Record<string, number> | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Map) {
    throw wrongValue('logitBias', 'an object from token ids to numbers from -100 to 100', value);
  }
  const entries = Object.entries(value).filter(([, bias]) => bias !== undefined);
  if (entries.length > maxListedTokens) throw tooMany('logitBias', maxListedTokens, 'tokens', entries.length);
  const biases: Record<string, number> = {};
  for (const [token, bias] of entries) {
    const field = `logitBias.${token.slice(0, 20)}`;
    // One way of writing an id only, so that no token has two biases.
    if (!/^(0|[1-9]\d{0,9})$/.test(token) || Number(token) > largestCount) {
      throw new TramontaneError('invalid-argument', `${field} is not a token id`, { field });
    }
    biases[token] = checkNumber(bias, field, { min: -100, max: 100 }) ?? 0;
  }
  return biases;
}

function tooMany(field: string, most: number, what: string, count: number): TramontaneError {
  return new TramontaneError('invalid-argument', `${field} may have at most ${most} ${what}, not ${count}`, { field });
}
