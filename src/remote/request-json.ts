import { setTimeout as wait } from 'node:timers/promises';
import { checkAbortSignal, checkOptions, guardCheck } from '../request/check-value.ts';
import type { Failure } from '../spec/failure-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { RequestBody } from './dialect.ts';
import type { Endpoint } from './endpoint.ts';
import { RemoteCall } from './remote-call.ts';
import type { RemoteCounts } from './remote-counts.ts';
import { failureOf } from './remote-failure.ts';
import { RetryDelays } from './retry-delays.ts';

/** Room for 2,048 vectors of 4,096 numbers each. */
const mostBytes = 256 * 2 ** 20;

/**
 * Asks for one JSON value.
 *
 * @throws {TramontaneError} `aborted`, `closed`, and what the engine or the way to it has failed with
 */
export async function requestJson<Value>(
  endpoint: Endpoint,
  body: RequestBody,
  retries: number,
  counts: RemoteCounts,
  options: { readonly abortSignal?: AbortSignal | undefined } | undefined,
  read: (body: unknown) => Value,
): Promise<Value> {
  const { abortSignal } = guardCheck('options', () => {
    const checked = checkOptions(options, 'options', ['abortSignal']);
    return { abortSignal: checkAbortSignal(checked['abortSignal'], 'abortSignal') };
  });
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  abortSignal?.addEventListener('abort', onAbort, { once: true });
  const untrack = counts.track({ cancel: onAbort });
  const stopIfAsked = () => {
    if (counts.closed) throw new TramontaneError('closed', 'the model was closed; connect again to ask it');
    if (abortSignal?.aborted) {
      throw new TramontaneError('aborted', 'the call was aborted by its abortSignal', { cause: abortSignal.reason });
    }
  };
  const delays = new RetryDelays(retries);
  try {
    for (;;) {
      stopIfAsked();
      try {
        return read(await attempt(endpoint, body, stop.signal));
      } catch (error) {
        stopIfAsked();
        const failure = failureOf(error);
        const delayMs = delays.after(failure);
        if (delayMs === undefined) throw asError(endpoint.redacted(failure.failure));
        await wait(delayMs, undefined, { signal: stop.signal }).catch(() => {});
      }
    }
  } finally {
    abortSignal?.removeEventListener('abort', onAbort);
    untrack();
  }
}

async function attempt(endpoint: Endpoint, body: RequestBody, signal: AbortSignal): Promise<unknown> {
  const call = new RemoteCall(endpoint, true);
  const close = () => call.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await call.open(body, 'application/json', false);
    return JSON.parse(await call.text(mostBytes));
  } finally {
    signal.removeEventListener('abort', close);
  }
}

function asError({ code, message, ...details }: Failure): TramontaneError {
  return new TramontaneError(code, message, details);
}
