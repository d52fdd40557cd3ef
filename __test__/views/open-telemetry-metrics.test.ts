import { expect, it } from 'vitest';
import { openTelemetryMetrics } from '../../src/index.ts';
import type { ModelMetrics } from '../../src/index.ts';

const metrics: ModelMetrics = {
  liveSequences: 1,
  queuedSequences: 2,
  parkedSequences: 3,
  totalSequences: 4,
  finishedSequences: 5,
  failedSequences: 6,
  abortedSequences: 7,
  inputTokens: 8,
  cachedTokens: 9,
  prefillTokens: 10,
  generatedTokens: 11,
  bellsRung: 12,
  unreadParts: 13,
};
const observed = openTelemetryMetrics(metrics);

it('gives every count once', () => {
  expect(observed.map(({ value }) => value).toSorted((one, other) => one - other)).toEqual(Object.values(metrics));
});

it('gives each value a name and attributes that no other has', () => {
  const keys = observed.map(({ name, attributes }) => JSON.stringify([name, attributes]));
  expect(new Set(keys).size).toBe(keys.length);
});

it('has names, units and descriptions that instruments take, the same for all values of one', () => {
  const instruments = new Map<string, string>();
  for (const { name, kind, unit, description } of observed) {
    expect(name).toMatch(/^[a-z][a-z0-9_.]{0,254}$/);
    expect(unit).toMatch(/^\{[a-z]+\}$/);
    const instrument = JSON.stringify([kind, unit, description]);
    expect(instruments.get(name) ?? instrument).toBe(instrument);
    instruments.set(name, instrument);
  }
});

it('calls what can only grow a counter', () => {
  const gauges = observed.filter(({ kind }) => kind === 'up-down-counter').map(({ value }) => value);
  expect(gauges).toEqual([1, 2, 3, 13]);
});
