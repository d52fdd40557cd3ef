/** Thrown to leave what waits once a run is cancelled. It never leaves the run. */
export class RunCancelled extends Error {}

/** What `work` comes to; throws `RunCancelled` as soon as the run is cancelled, and lets `work` come to what it may. */
export async function unlessCancelled<Value>(signal: AbortSignal, work: () => Value | Promise<Value>): Promise<Value> {
  if (signal.aborted) throw new RunCancelled();
  let onAbort: (() => void) | undefined;
  const cancelled = new Promise<never>((_, reject) => {
    onAbort = () => reject(new RunCancelled());
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(), cancelled]);
  } finally {
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}
