import { expect, it } from 'vitest';
import type { Script } from '../../src/testing/index.ts';
import { checkScript } from '../../src/testing/check-script.ts';

it('a script is sent as given, its replies as objects', () => {
  const script: Script = { replies: ['a', { text: 'b', stepMs: 5 }], reasoningFormat: 'none', toolCallFormat: 'llama3' };
  expect(JSON.parse(checkScript(script))).toEqual({ scripted: { ...script, replies: [{ text: 'a' }, { text: 'b', stepMs: 5 }] } });
});

it.each([
  ['reasoningFormat', 'loud'],
  ['toolCallFormat', null],
])('a script with the %s %s is refused', (field, value) => {
  expect(() => checkScript({ replies: ['a'], [field]: value } as Script)).toThrow(
    expect.objectContaining({ code: 'invalid-argument', field }),
  );
});
