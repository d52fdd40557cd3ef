/** One value of a metric, as OpenTelemetry's instruments observe it. */
export interface OpenTelemetryMetric {
  /** The instrument's name; several values that differ in their attributes share one. */
  readonly name: string;
  /** `counter` only grows; `up-down-counter` is a count of this moment. */
  readonly kind: 'counter' | 'up-down-counter';
  /** The unit, in UCUM's notation. */
  readonly unit: string;
  readonly description: string;
  readonly value: number;
  readonly attributes: Readonly<Record<string, string>>;
}
