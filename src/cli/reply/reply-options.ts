import type { GenerateOptions } from '../../index.ts';
import type { OptionSpecs, ValuesOf } from '../arguments/option.ts';

/** How to generate: the library's own options under the names that command lines have. */
export const replyOptions = {
  'max-tokens': {
    kind: 'integer',
    short: 'n',
    value: 'N',
    group: 'Reply',
    field: 'maxOutputTokens',
    help: 'the most tokens of the reply',
    default: 'what is left of the context',
  },
  temperature: {
    kind: 'number',
    short: 't',
    value: 'T',
    group: 'Reply',
    field: 'temperature',
    help: 'how freely to choose, from 0 (always the likeliest token) to 100',
    default: '0.7',
  },
  seed: { kind: 'integer', value: 'N', group: 'Reply', field: 'seed', help: 'makes the reply repeatable', default: 'another one each time' },
  'top-k': { kind: 'integer', value: 'N', group: 'Reply', field: 'topK', help: 'choose among the N likeliest tokens; 0 for all', default: '0' },
  'top-p': { kind: 'number', value: 'P', group: 'Reply', field: 'topP', help: 'choose among the likeliest tokens that together have this probability', default: '1' },
  'min-p': { kind: 'number', value: 'P', group: 'Reply', field: 'minP', help: 'choose among tokens at least this times as probable as the likeliest', default: '0' },
  'repetition-penalty': { kind: 'number', value: 'F', group: 'Reply', field: 'repetitionPenalty', help: 'above 1 repeats less', default: '1' },
  'frequency-penalty': { kind: 'number', value: 'F', group: 'Reply', field: 'frequencyPenalty', help: 'from -2 to 2, above 0 repeats less', default: '0' },
  'presence-penalty': { kind: 'number', value: 'F', group: 'Reply', field: 'presencePenalty', help: 'from -2 to 2, above 0 repeats less', default: '0' },
  stop: { kind: 'texts', value: 'TEXT', group: 'Reply', field: 'stopSequences', help: 'ends the reply where this text would begin' },
} as const satisfies OptionSpecs;

/** What was asked for, under the library's names; what was not given is left out. */
export function generateOptions(values: ValuesOf<typeof replyOptions>): GenerateOptions {
  const options: Record<string, unknown> = {};
  for (const [name, { field }] of Object.entries(replyOptions)) {
    const value = values[name as keyof typeof replyOptions];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) options[field] = value;
  }
  return options;
}
