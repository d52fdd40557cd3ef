import type { Paint } from '../terminal/paint.ts';
import { measures } from './measure-model.ts';
import type { Measure } from './measure-model.ts';
import type { Spread } from './spread.ts';

/** The figures as lines: what was measured, its median, and the least and the most of the rounds. */
export function benchTable(spreads: Partial<Record<Measure, Spread>>, paint: Paint): string {
  const rows = (Object.keys(measures) as Measure[]).flatMap((measure) => {
    const spread = spreads[measure];
    if (!spread) return [];
    const { title, unit } = measures[measure];
    return [[title, figure(spread.median), unit, `${figure(spread.least)} to ${figure(spread.most)}`] as const];
  });
  const [titles, medians] = [widest(rows.map(([title]) => title)), Math.max(6, widest(rows.map(([, median]) => median)))];
  const header = `${''.padEnd(titles)}  ${'median'.padStart(medians)}            least to most`;
  const lines = rows.map(([title, median, unit, range]) => `${title.padEnd(titles)}  ${median.padStart(medians)}  ${unit.padEnd(8)}  ${range}`);
  return [paint('dim', header), ...lines].join('\n');
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map(({ length }) => length));
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
