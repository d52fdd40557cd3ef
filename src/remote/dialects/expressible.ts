import { TramontaneError } from '../../spec/tramontane-error.ts';
import type { CheckedGenerateOptions, RemoteRequest } from '../dialect.ts';
import { isObject } from './loose-json.ts';
import type { LooseObject } from './loose-json.ts';

type OptionName = keyof CheckedGenerateOptions;

/** What each option is when it asks for nothing, so that it need not be said. */
const nothingAsked: { readonly [Name in OptionName]: (value: NonNullable<CheckedGenerateOptions[Name]>) => boolean } = {
  maxOutputTokens: () => false,
  temperature: () => false,
  topK: (count) => count === 0,
  topP: (share) => share === 1,
  minP: (share) => share === 0,
  repetitionPenalty: (factor) => factor === 1,
  frequencyPenalty: (penalty) => penalty === 0,
  presencePenalty: (penalty) => penalty === 0,
  dry: ({ multiplier }) => multiplier === 0,
  logitBias: (biases) => Object.keys(biases).length === 0,
  bannedTokens: (tokens) => tokens.length === 0,
  forcedTokens: (tokens) => tokens.length === 0,
  logprobs: () => false,
  seed: () => false,
  stopSequences: (sequences) => sequences.length === 0,
  grammar: () => false,
  responseFormat: ({ type }) => type === 'text',
  tools: (tools) => tools.length === 0,
  toolChoice: () => false,
  templateVariables: (variables) => Object.keys(variables).length === 0,
  contextOverflow: (policy) => policy === 'error',
  priority: (priority) => priority === 0,
  // How long to wait for the first byte is the transport's business.
  deadlineMs: () => true,
};

/** The options that ask for something. */
export function askedOptions(options: CheckedGenerateOptions): CheckedGenerateOptions {
  const asked: Record<string, unknown> = {};
  for (const name of Object.keys(nothingAsked) as OptionName[]) {
    const value = options[name];
    if (value !== undefined && !(nothingAsked[name] as (value: unknown) => boolean)(value)) asked[name] = value;
  }
  return asked;
}

/** Throws for the first option that asks for something and that is not among those `protocol` has a word for. */
export function refuseOthers(asked: CheckedGenerateOptions, known: ReadonlySet<OptionName>, protocol: string): void {
  for (const name of Object.keys(asked) as OptionName[]) if (!known.has(name)) throw inexpressible(name, protocol);
}

/** The error for a field that `protocol` has no word for. */
export function inexpressible(field: string, protocol: string, advice = 'leave it out'): TramontaneError {
  return new TramontaneError('invalid-argument', `${field} cannot be expressed in ${protocol}; ${advice}`, { field });
}

/** The JSON that is asked for, by a schema or any; nothing where text is. Throws for other grammars. */
export function jsonAsked(
  { responseFormat, grammar }: CheckedGenerateOptions,
  protocol: string,
): { readonly schema: object | boolean | undefined } | undefined {
  if (grammar && grammar.type !== 'json-schema') throw inexpressible('grammar.type', protocol, 'ask for a JSON schema');
  if (grammar) return { schema: grammar.schema };
  return responseFormat?.type === 'json' ? { schema: responseFormat.schema } : undefined;
}

/** The conversation, for protocols that continue no bare text. */
export function messagesOf({ prompt }: RemoteRequest, protocol: string): readonly MessageOf<typeof prompt>[] {
  if ('messages' in prompt) return prompt.messages;
  throw inexpressible('prompt', protocol, 'pass messages');
}

type MessageOf<Prompt> = Prompt extends { readonly messages: readonly (infer Message)[] } ? Message : never;

/** What a switch for thinking is set to by `templateVariables`; throws for variables that only a chat template could read. */
export function thinkingAsked({ templateVariables }: CheckedGenerateOptions, protocol: string): boolean | undefined {
  if (!templateVariables) return undefined;
  const { enable_thinking: thinking, ...others } = templateVariables;
  const [other] = Object.keys(others);
  if (other !== undefined) throw inexpressible(`templateVariables.${other}`, protocol, 'only enable_thinking is understood there');
  if (typeof thinking === 'boolean') return thinking;
  throw new TramontaneError('invalid-argument', 'templateVariables.enable_thinking must be true or false', {
    field: 'templateVariables.enable_thinking',
  });
}

/**
 * A body as it is sent: with the caller's own fields over ours, objects merged; without what is `undefined`; lone
 * surrogates, which many JSON parsers refuse, as U+FFFD.
 */
export function sentBody(body: LooseObject, providerOptions: LooseObject): unknown {
  return cleaned(merged(body, providerOptions));
}

function merged(body: LooseObject, over: LooseObject): LooseObject {
  const result: Record<string, unknown> = { ...body };
  for (const [name, value] of Object.entries(over)) {
    const ours = result[name];
    result[name] = isObject(ours) && isObject(value) ? merged(ours, value) : value;
  }
  return result;
}

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(cleaned);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([name, field]) => [name, cleaned(field)]));
}
