import { checkOptions } from '../request/check-value.ts';
import type { GenerateOptions } from '../spec/generate-options.ts';

/**
 * What a call can be told by `providerOptions.tramontane`: the options of {@link GenerateOptions} for which the AI SDK
 * has no setting of its own. Meanings and defaults are the same. A name that is none of these is an error.
 *
 * @example
 * const tramontane = { minP: 0.05, priority: 10 } satisfies TramontaneProviderOptions;
 * streamText({ model, prompt, providerOptions: { tramontane } });
 */
export interface TramontaneProviderOptions
  extends Pick<
    GenerateOptions,
    | 'minP'
    | 'repetitionPenalty'
    | 'dry'
    | 'logitBias'
    | 'bannedTokens'
    | 'forcedTokens'
    | 'logprobs'
    | 'grammar'
    | 'templateVariables'
    | 'contextOverflow'
    | 'priority'
    | 'deadlineMs'
    | 'firstTokenTimeoutMs'
    | 'idleTimeoutMs'
    | 'maxBufferedParts'
    | 'maxBufferedBytes'
    | 'bufferPolicy'
  > {}

const names = Object.keys({
  minP: true,
  repetitionPenalty: true,
  dry: true,
  logitBias: true,
  bannedTokens: true,
  forcedTokens: true,
  logprobs: true,
  grammar: true,
  templateVariables: true,
  contextOverflow: true,
  priority: true,
  deadlineMs: true,
  firstTokenTimeoutMs: true,
  idleTimeoutMs: true,
  maxBufferedParts: true,
  maxBufferedBytes: true,
  bufferPolicy: true,
} satisfies Record<keyof TramontaneProviderOptions, true>);

const field = 'providerOptions.tramontane';

/** The options among a call's for this provider. Names are checked here, values with the rest of the request. */
export function tramontaneOptions(providerOptions: Readonly<Record<string, unknown>> | undefined): TramontaneProviderOptions {
  return checkOptions(providerOptions?.['tramontane'], field, names, `${field}.`);
}
