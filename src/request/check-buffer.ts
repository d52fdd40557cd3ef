import type { BufferPolicy } from '../spec/buffering.ts';
import { checkChoice, checkInteger, largestCount } from './check-value.ts';

/** How much may wait for a reader, and what happens to more. */
export interface BufferBudget {
  readonly maxParts: number;
  readonly maxBytes: number;
  readonly policy: BufferPolicy;
}

const policies = ['pause', 'buffer', 'error'] as const satisfies readonly BufferPolicy[];

/** Checks the buffer's options among `options`. Throws `invalid-argument`. */
export function checkBuffer(options: Readonly<Record<string, unknown>>): BufferBudget {
  return {
    maxParts: checkInteger(options['maxBufferedParts'], 'maxBufferedParts', { min: 1, max: largestCount }) ?? 1024,
    maxBytes:
      checkInteger(options['maxBufferedBytes'], 'maxBufferedBytes', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? 2 ** 20,
    policy: checkChoice(options['bufferPolicy'], 'bufferPolicy', policies) ?? 'pause',
  };
}
