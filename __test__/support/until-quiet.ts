import { setTimeout } from 'node:timers/promises';
import type { Model, ModelMetrics } from '../../src/index.ts';

/** Waits until the engine has nothing to do and nothing to deliver, and gives the metrics. Gives up after `limitMs`. */
export async function untilQuiet(model: Model, limitMs = 5000): Promise<ModelMetrics> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const metrics = model.metrics();
    const busy = metrics.liveSequences + metrics.queuedSequences + metrics.unreadParts;
    if (busy === 0 || performance.now() > giveUpAt) return metrics;
    await setTimeout(5);
  }
}
