import type { FinishReason } from '../spec/finish-reason.ts';

/** Why a generation ended, in OpenAI's words. */
export type OpenAIFinishReason = 'stop' | 'length' | 'tool_calls';

// A reader takes `stop` for a whole answer, and there is no word for one that was cut short but this.
const finishReasons: Readonly<Record<FinishReason, OpenAIFinishReason>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  aborted: 'length',
  error: 'length',
};

/** The word of OpenAI's chat completions for why a generation ended. */
export function openAIFinishReason(finishReason: FinishReason): OpenAIFinishReason {
  return finishReasons[finishReason] ?? 'stop';
}
