import { openTelemetryMetrics } from '../views/open-telemetry-metrics.ts';
import type { MetricFamily, Sample } from './prometheus-text.ts';
import { isLanguageModel } from './served-model.ts';
import type { ServedModel } from './served-model.ts';
import { durationBounds, latencyBounds } from './server-metrics.ts';
import type { LatencyCounts, RequestCounts, ServerMetrics } from './server-metrics.ts';

/** What the server counts itself. */
export function serverFamilies({ counts, inFlight, firstToken, nextToken }: ServerMetrics): MetricFamily[] {
  const all = [...counts.values()];
  return [
    {
      name: 'tramontane_http_requests_total',
      type: 'counter',
      help: 'Requests that are over, streamed answers included, by status.',
      samples: all.map((one) => ({ labels: labelsOf(one), value: one.requests })),
    },
    {
      name: 'tramontane_http_requests_in_flight',
      type: 'gauge',
      help: 'Requests that are not over.',
      samples: Array.from(inFlight, ([route, value]) => ({ labels: { route }, value })),
    },
    {
      name: 'tramontane_http_request_duration_seconds',
      type: 'histogram',
      help: 'From the arrival of a request to the last byte of its answer.',
      samples: all.flatMap((one) => histogram(labelsOf(one), durationBounds, one.buckets, one.requests, one.seconds)),
    },
    latencyFamily('tramontane_time_to_first_token_seconds', 'Of each answer: from its request to the model to its first token.', firstToken),
    latencyFamily('tramontane_time_per_output_token_seconds', 'Of each answer: its time for a token after the first, on average.', nextToken),
  ];
}

/** What each model counts, under the names that OpenTelemetry's become in Prometheus. */
export function modelFamilies(models: ReadonlyMap<string, ServedModel>): MetricFamily[] {
  const families = new Map<string, MetricFamily & { readonly samples: Sample[] }>();
  for (const [model, loaded] of models) {
    if (!isLanguageModel(loaded)) continue;
    for (const { name, kind, description, value, attributes } of openTelemetryMetrics(loaded.metrics())) {
      const type = kind === 'counter' ? 'counter' : 'gauge';
      const familyName = `${wordOf(name)}${type === 'counter' ? '_total' : ''}`;
      const family = families.get(familyName) ?? { name: familyName, type, help: description, samples: [] };
      families.set(familyName, family);
      const labels = Object.fromEntries(Object.entries(attributes).map(([key, text]) => [wordOf(key), String(text)]));
      family.samples.push({ labels: { model, ...labels }, value });
    }
  }
  return [...families.values()];
}

function latencyFamily(name: string, help: string, latencies: ReadonlyMap<string, LatencyCounts>): MetricFamily {
  const samples = Array.from(latencies, ([model, { buckets, count, seconds }]) => histogram({ model }, latencyBounds, buckets, count, seconds));
  return { name, type: 'histogram', help, samples: samples.flat() };
}

function histogram(labels: Record<string, string>, bounds: readonly number[], buckets: readonly number[], count: number, seconds: number): Sample[] {
  return [
    ...bounds.map((bound, place) => ({ suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: buckets[place] ?? 0 })),
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: seconds },
    { suffix: '_count', labels, value: count },
  ];
}

function labelsOf({ method, route, status }: RequestCounts): Record<string, string> {
  return { method, route, status: String(status) };
}

function wordOf(name: string): string {
  return name.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}
