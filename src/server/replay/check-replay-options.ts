import { checkInteger, checkOptions, largestCount } from '../../request/check-value.ts';
import type { ResumableStreamsSettings } from './resumable-streams.ts';

/** Checks `replay` of a handler's options. Throws `invalid-argument`. */
export function checkReplayOptions(value: unknown): ResumableStreamsSettings {
  const options = checkOptions(value, 'replay', ['maxEvents', 'maxBytes', 'maxTotalBytes', 'graceMs'], 'replay.');
  const count = (name: string) => checkInteger(options[name], `replay.${name}`, { min: 1, max: largestCount });
  return {
    maxEvents: count('maxEvents') ?? 10_000,
    maxBytes: count('maxBytes') ?? 4 * 2 ** 20,
    maxTotalBytes: count('maxTotalBytes') ?? 64 * 2 ** 20,
    graceMs: checkInteger(options['graceMs'], 'replay.graceMs', { min: 0, max: 2 ** 31 - 1 }) ?? 60_000,
  };
}
