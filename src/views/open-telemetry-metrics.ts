import type { ModelMetrics } from '../spec/model-metrics.ts';
import type { OpenTelemetryMetric } from '../spec/open-telemetry-metric.ts';

type Instrument = Pick<OpenTelemetryMetric, 'name' | 'kind' | 'unit' | 'description'>;

const sequences: Instrument = {
  name: 'tramontane.sequences',
  kind: 'up-down-counter',
  unit: '{sequence}',
  description: 'Generations by what they are doing at this moment.',
};
const ended: Instrument = {
  name: 'tramontane.sequences.ended',
  kind: 'counter',
  unit: '{sequence}',
  description: 'Generations that are over, by how they ended.',
};
const tokens: Instrument = {
  name: 'tramontane.tokens',
  kind: 'counter',
  unit: '{token}',
  description: 'Tokens of prompts and of answers.',
};
const counter = (name: string, unit: string, description: string): Instrument => ({ name, kind: 'counter', unit, description });

/** Where each count goes. OpenTelemetry's conventions have the attribute `gen_ai.token.type`, and no such counters. */
const places: Readonly<Record<keyof ModelMetrics, readonly [Instrument, Readonly<Record<string, string>>?]>> = {
  liveSequences: [sequences, { state: 'live' }],
  queuedSequences: [sequences, { state: 'queued' }],
  parkedSequences: [sequences, { state: 'parked' }],
  totalSequences: [counter('tramontane.sequences.started', '{sequence}', 'Generations ever started.')],
  finishedSequences: [ended, { outcome: 'finished' }],
  failedSequences: [ended, { outcome: 'failed' }],
  abortedSequences: [ended, { outcome: 'aborted' }],
  inputTokens: [tokens, { 'gen_ai.token.type': 'input' }],
  generatedTokens: [tokens, { 'gen_ai.token.type': 'output' }],
  cachedTokens: [counter('tramontane.tokens.cached', '{token}', 'Tokens of prompts that were not computed again.')],
  prefillTokens: [counter('tramontane.tokens.prefilled', '{token}', 'Tokens computed before there was one to choose.')],
  bellsRung: [counter('tramontane.bells', '{bell}', 'How often the engine woke JavaScript.')],
  unreadParts: [
    { name: 'tramontane.parts.unread', kind: 'up-down-counter', unit: '{part}', description: 'Parts not handed over yet.' },
  ],
};

/**
 * A model's metrics under OpenTelemetry's rules for names, units and kinds, to be observed by asynchronous instruments.
 * Pure: it names no SDK and keeps nothing.
 *
 * How long things take is told per stream, by the `timings` of its result: `firstTokenMs` is OpenTelemetry's
 * `gen_ai.server.time_to_first_token`, `totalMs` its `gen_ai.server.request.duration`, and one by `tokensPerSecond` its
 * `gen_ai.server.time_per_output_token`; these count in seconds.
 *
 * @example
 * const instruments = new Map(
 *   openTelemetryMetrics(model.metrics()).map(({ name, kind, ...options }) => [
 *     name,
 *     kind === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableUpDownCounter(name, options),
 *   ]),
 * );
 * meter.addBatchObservableCallback((result) => {
 *   for (const { name, value, attributes } of openTelemetryMetrics(model.metrics())) {
 *     result.observe(instruments.get(name), value, attributes);
 *   }
 * }, [...instruments.values()]);
 */
export function openTelemetryMetrics(metrics: ModelMetrics): OpenTelemetryMetric[] {
  return Object.entries(places).map(([count, [{ name, kind, unit, description }, attributes = {}]]) => {
    const value = metrics[count as keyof ModelMetrics];
    return { name, kind, unit, description, value, attributes };
  });
}
