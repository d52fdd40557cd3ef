import { wrongValue } from '../../request/check-value.ts';

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const duration = /^([+-]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/;

/**
 * How long a model is to stay without a request (`keep_alive`), in milliseconds: seconds as a number, or a duration as Go
 * writes them (`5m`, `1h30m`). Below 0 it stays: `Infinity`.
 *
 * @throws {TramontaneError} `invalid-argument`
 */
export function readKeepAlive(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? durationMs(value) : NaN;
  if (Number.isNaN(ms)) throw wrongValue('keep_alive', 'seconds, or a duration such as "5m"', value);
  return ms < 0 ? Infinity : ms;
}

function durationMs(text: string): number {
  if (/^[+-]?\d+$/.test(text)) return Number(text) * 1000;
  if (!duration.test(text)) return NaN;
  const pieces = Array.from(text.matchAll(/([\d.]+)([a-zµ]+)/g), ([, count, unit]) => Number(count) * (unitMs[unit ?? ''] ?? NaN));
  const ms = pieces.reduce((all, piece) => all + piece, 0);
  return text.startsWith('-') ? -ms : ms;
}
