import type { Failure } from '../spec/failure-part.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';

/**
 * Whether a call that failed may be made again: `later`, after a while; `at-once`, since the server had closed a
 * connection that was kept from an earlier call and has not seen this one, or since it has another protocol.
 */
export type Retry = 'never' | 'later' | 'at-once';

/** A call to a remote engine that has failed. */
export class RemoteFailure extends Error {
  readonly failure: Failure;
  readonly retry: Retry;

  constructor(failure: Failure, retry: Retry) {
    super(failure.message);
    this.failure = failure;
    this.retry = retry;
  }
}

/** What went wrong, in a few words: the system's name for it where there is one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'for an unknown reason';
  const { code } = error as NodeJS.ErrnoException;
  // fetch says "fetch failed", and what it was one level down.
  if (code === undefined && error.cause instanceof Error) return reasonOf(error.cause);
  return [code, error.message].filter((text) => text).join(': ') || error.name;
}

/** Whether a failure says nothing of the request, so that the same may succeed later. */
export function isPassing({ code }: Pick<Failure, 'code'>): boolean {
  return code === 'connection-lost' || code === 'connection-failed' || code === 'rate-limited';
}

/** Whatever was thrown on the way to an answer. */
export function failureOf(error: unknown): RemoteFailure {
  if (error instanceof RemoteFailure) return error;
  if (TramontaneError.isInstance(error)) {
    const { code, message, field } = error;
    return new RemoteFailure({ code, message, ...(field !== undefined && { field }) }, isPassing(error) ? 'later' : 'never');
  }
  const message = `the engine's answer could not be read: ${reasonOf(error)}`;
  return new RemoteFailure({ code: 'remote-failed', message, cause: error }, 'never');
}
