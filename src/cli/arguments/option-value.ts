import { CommandError } from '../command-error.ts';
import type { OptionSpec } from './option.ts';

const byteUnits: Readonly<Record<string, number>> = {
  '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30,
};
const msUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads the text that was given for an option.
 *
 * @param name - As it was typed, for the error: `--seed`, `-m`.
 */
export function optionValue(spec: OptionSpec, name: string, text: string): string | number {
  switch (spec.kind) {
    case 'number':
      return numberOf(text) ?? wrong(name, 'a number', text);
    case 'integer': {
      const value = numberOf(text);
      return value !== undefined && Number.isInteger(value) ? value : wrong(name, 'a whole number', text);
    }
    case 'bytes':
      return measured(text, byteUnits) ?? wrong(name, 'a size such as 512MiB, 2GB or 0', text);
    case 'duration':
      return text === '0' ? 0 : (measured(text, msUnits) ?? wrong(name, 'a time such as 500ms, 30s, 10m or 0', text));
    case 'choice':
      return spec.choices.includes(text) ? text : wrong(name, `one of ${spec.choices.join(', ')}`, text);
    default:
      return text === '' ? wrong(name, 'a value that is not empty', text) : text;
  }
}

function numberOf(text: string): number | undefined {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}

function measured(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = units[unit.toLowerCase()];
  return digits === '' || factor === undefined ? undefined : Math.round(Number(digits) * factor);
}

function wrong(name: string, expected: string, text: string): never {
  throw CommandError.usage(`${name} takes ${expected}, not ${JSON.stringify(text)}`);
}
