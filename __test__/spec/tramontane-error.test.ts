import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { timings, usage } from '../support/fake-native-model.ts';

it('is an Error with its code, and only those details it was given', () => {
  const error = new TramontaneError('closed', 'the model was closed');
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ name: 'TramontaneError', code: 'closed', message: 'the model was closed' });
  expect(Object.keys(error)).toEqual(['code']);
  expect('cause' in error).toBe(false);
});

it('keeps field, file, partial and cause', () => {
  const details = { field: 'a', file: 'b', partial: { text: 'c', reasoning: '', toolCalls: [], usage, timings }, cause: 'd' };
  expect(new TramontaneError('engine-failed', 'no', details)).toMatchObject(details);
});

it('shows its name and code when printed', () => {
  const printed = inspect(new TramontaneError('closed', 'the model was closed'));
  expect(printed).toContain('TramontaneError: the model was closed');
  expect(printed).toContain("code: 'closed'");
});

it('recognises its own kind, also of another copy of the package, and nothing else', async () => {
  const copy = (await import(/* @vite-ignore */ `${'../../src/spec/tramontane-error.ts'}?copy`)) as {
    TramontaneError: typeof TramontaneError;
  };
  const foreign = new copy.TramontaneError('closed', 'no');
  expect(foreign).not.toBeInstanceOf(TramontaneError);
  expect(TramontaneError.isInstance(foreign)).toBe(true);
  expect(TramontaneError.isInstance(new TramontaneError('closed', 'no'))).toBe(true);
  for (const other of [new Error('no'), { code: 'closed' }, null, undefined, 'closed', 7]) {
    expect(TramontaneError.isInstance(other)).toBe(false);
  }
});
