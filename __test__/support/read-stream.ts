import type { TramontaneError } from '../../src/index.ts';

/** Everything an iterable yields. */
export async function readAll<Value>(iterable: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of iterable) values.push(value);
  return values;
}

/** What an iterable yields until it throws, and what it throws. */
export async function readUntilError<Value>(
  iterable: AsyncIterable<Value>,
): Promise<{ values: Value[]; error: TramontaneError | undefined }> {
  const values: Value[] = [];
  try {
    for await (const value of iterable) values.push(value);
  } catch (error) {
    return { values, error: error as TramontaneError };
  }
  return { values, error: undefined };
}

/** The error a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<TramontaneError> {
  try {
    await promise;
  } catch (error) {
    return error as TramontaneError;
  }
  throw new Error('nothing was thrown');
}
