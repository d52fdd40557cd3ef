import { expect, it } from 'vitest';
import { modelReference } from '../../src/cli/model/reference.ts';
import { harmlessText } from '../../src/cli/terminal/harmless-text.ts';

it.each([
  ['./model.gguf', { kind: 'local', model: './model.gguf' }],
  ['org/name', { kind: 'local', model: 'org/name' }],
  ['org/name:Q4_K_M.gguf', { kind: 'local', model: 'org/name', file: 'Q4_K_M.gguf' }],
  ['C:\\models\\a.gguf', { kind: 'local', model: 'C:\\models\\a.gguf' }],
  ['/odd:path/a.gguf', { kind: 'local', model: '/odd:path/a.gguf' }],
  ['nobody:name', { kind: 'local', model: 'nobody:name' }],
  ['ollama:llama3.2:1b', { kind: 'remote', provider: 'ollama', model: 'llama3.2:1b' }],
  ['vllm:org/name', { kind: 'remote', provider: 'vllm', model: 'org/name' }],
])('%s is understood', (text, reference) => {
  expect(modelReference(text)).toEqual(reference);
});

it('what a model writes cannot steer the terminal', () => {
  expect(harmlessText('a\tb\r\nc\u001b]0;title\u0007\u009b2J é')).toBe('a\tb\nc\ufffd]0;title\ufffd\ufffd2J é');
});
