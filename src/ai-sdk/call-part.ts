import type { LanguageModelV3CallOptions, LanguageModelV4CallOptions, LanguageModelV4StreamPart } from '@ai-sdk/provider';

/** What the AI SDK asks for. Version 3 of its specification lacks `reasoning`, and shows files in the prompt otherwise. */
export type CallOptions = Omit<LanguageModelV4CallOptions, 'prompt'> & {
  prompt: LanguageModelV3CallOptions['prompt'] | LanguageModelV4CallOptions['prompt'];
};

type Given =
  | 'text-start'
  | 'text-delta'
  | 'text-end'
  | 'reasoning-start'
  | 'reasoning-delta'
  | 'reasoning-end'
  | 'tool-input-start'
  | 'tool-input-delta'
  | 'tool-input-end'
  | 'tool-call'
  | 'raw'
  | 'error';

/** The parts of the AI SDK's stream that are given here. They are the same in versions 3 and 4 of its specification. */
export type CallPart = Extract<LanguageModelV4StreamPart, { readonly type: Given }> | CallStart | CallMetadata | CallFinish;

/** The first part. Version 3 has fewer kinds of warnings, so what it lacks is not used. */
export interface CallStart {
  type: 'stream-start';
  warnings: CallWarning[];
}

/** Who answers, and since when. */
export interface CallMetadata {
  type: 'response-metadata';
  modelId: string;
  timestamp: Date;
}

/** The last part. Version 3 has fewer finish reasons too. */
export type CallFinish = Extract<LanguageModelV4StreamPart, { readonly type: 'finish' }> & {
  readonly finishReason: { readonly unified: 'stop' | 'length' | 'tool-calls' | 'error' | 'other' };
};

/** What the AI SDK is told that could not be done as it asked. */
export type CallWarning =
  | { type: 'unsupported'; feature: string; details?: string }
  | { type: 'compatibility'; feature: string; details?: string };
