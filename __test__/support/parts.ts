import type { FinishReason, StreamPart, TokenLogProbabilities } from '../../src/index.ts';
import { timings, usage } from './fake-native-model.ts';

/** A token and one alternative to it, all of whose numbers follow from its text. */
export function likely(text: string): TokenLogProbabilities {
  const token = { tokenId: text.length, text, logProbability: 0 - text.length };
  return { ...token, alternatives: [token] };
}

/** Parts, written short. */
export const part = {
  text: (delta: string): StreamPart => ({ type: 'text-delta', delta }),
  thought: (delta: string): StreamPart => ({ type: 'reasoning-delta', delta }),
  toolStart: (index: number, toolCallId: string, toolName: string): StreamPart => ({
    type: 'tool-call-start',
    index,
    toolCallId,
    toolName,
  }),
  toolDelta: (index: number, toolCallId: string, delta: string): StreamPart => ({
    type: 'tool-call-delta',
    index,
    toolCallId,
    delta,
  }),
  tool: (index: number, toolCallId: string, toolName: string, input: unknown): StreamPart => ({
    type: 'tool-call',
    index,
    toolCallId,
    toolName,
    input,
    inputText: JSON.stringify(input),
  }),
  likely: (...texts: string[]): StreamPart => ({ type: 'log-probabilities', tokens: texts.map(likely) }),
  finish: (finishReason: FinishReason = 'stop'): StreamPart => ({ type: 'finish', finishReason, usage, timings }),
};

/** One of every kind, in an order in which a model may give them. */
export const everyPart: readonly StreamPart[] = [
  part.thought('Let me '),
  part.thought('look.'),
  part.likely('One', ' '),
  part.text('One '),
  part.text('moment'),
  part.toolStart(0, 'call-1', 'weather'),
  part.toolDelta(0, 'call-1', '{"city":'),
  part.toolDelta(0, '', '"Genova"}'),
  part.tool(0, 'call-1', 'weather', { city: 'Genova' }),
  part.finish('tool-calls'),
];
