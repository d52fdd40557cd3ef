import { setImmediate, setTimeout } from 'node:timers/promises';

/** Lets the event loop go round, so that bells ring and promises settle. */
export async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
}

/** Collects garbage until `done()` holds: finalisers run some time after a collection. Gives up after `attempts`. */
export async function collectUntil(done: () => boolean, attempts = 100): Promise<void> {
  const collect = globalThis.gc;
  if (!collect) throw new Error('run with --expose-gc, as vitest.config.ts does');
  for (let attempt = 0; attempt < attempts && !done(); attempt += 1) {
    // First out of the job in which done() ran, as what a WeakRef gives is kept alive to the end of its job.
    await setTimeout(20);
    collect();
  }
}
