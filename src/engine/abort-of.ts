import type { TramontaneError } from '../spec/tramontane-error.ts';

/** A promise that only ever rejects, once `signal` is raised, and what to call when nobody waits for that any more. */
export function abortOf(
  signal: AbortSignal | undefined,
  errorOf: (signal: AbortSignal) => TramontaneError,
): { raised: Promise<never>; unlisten: () => void } {
  let onAbort: (() => void) | undefined;
  const raised = new Promise<never>((_, reject) => {
    if (!signal) return;
    onAbort = () => reject(errorOf(signal));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return { raised, unlisten: () => void (onAbort && signal?.removeEventListener('abort', onAbort)) };
}
