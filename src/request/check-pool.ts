import type { PoolOptions } from '../spec/pool-options.ts';
import { checkNumber, checkOptions, guardCheck } from './check-value.ts';

const optionNames = Object.keys({ hedgeAfterMs: true } satisfies Record<keyof PoolOptions, true>);

/** Checks the options of a pool. Throws `invalid-argument`. */
export function checkPoolOptions(options: PoolOptions | undefined): { readonly hedgeAfterMs: number } {
  return guardCheck('options', () => {
    const checked = checkOptions(options, 'options', optionNames);
    return { hedgeAfterMs: checkNumber(checked['hedgeAfterMs'], 'hedgeAfterMs', { min: 0, max: 2 ** 31 - 1 }) ?? 0 };
  });
}
