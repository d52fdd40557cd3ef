import { expect, it } from 'vitest';
import { closestName } from '../../src/request/closest-name.ts';

const known = ['maxOutputTokens', 'temperature', 'topK', 'topP', 'seed', 'stopSequences', 'abortSignal'];

it.each([
  ['maxTokens', 'maxOutputTokens'],
  ['max_tokens', 'maxOutputTokens'],
  ['max_new_tokens', 'maxOutputTokens'],
  ['maxOuputTokens', 'maxOutputTokens'],
  ['temp', 'temperature'],
  ['temprature', 'temperature'],
  ['top_k', 'topK'],
  ['topp', 'topP'],
  ['TOP_P', 'topP'],
  ['stop', 'stopSequences'],
  ['stopWords', 'stopSequences'],
  ['signal', 'abortSignal'],
  ['sed', 'seed'],
])('takes %s for %s', (name, meant) => {
  expect(closestName(name, known)).toBe(meant);
});

it.each(['', '?', '温度', 'x'.repeat(1_000_000)])('names something for any text', (name) => {
  expect(known).toContain(closestName(name, known));
});
