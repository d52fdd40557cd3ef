import { medianOf, spreadOf } from './statistics.mjs';
import { CASES } from './workload.mjs';

/**
 * What was measured with one model.
 *
 * @typedef {object} Results
 * @property {string} model The model's title.
 * @property {string} machine
 * @property {readonly string[]} contenders Titles; the first is compared with the others.
 * @property {Record<string, Record<string, number[]>>} figures By contender's title, then by case: one figure per round.
 */

/**
 * A Markdown table: medians, their spread, and how the first contender compares with each other one. A ratio above 1 is
 * in the first one's favour, whether more or less is better.
 *
 * @param {Results} results
 * @returns {string}
 */
export function resultsTable({ model, contenders, figures }) {
  const [ours = '', ...peers] = contenders;
  const header = [model, ...contenders, ...peers.map((peer) => `ahead of ${peer.split(' ')[0]}`)];
  const rows = CASES.filter(({ key }) => figures[ours]?.[key]).map(({ key, title, unit, better }) => {
    const cells = contenders.map((name) => cellOf(figures[name]?.[key]));
    const mine = medianOf(figures[ours]?.[key]);
    const ratios = peers.map((peer) => {
      const theirs = medianOf(figures[peer]?.[key]);
      const ratio = better === 'more' ? mine / theirs : theirs / mine;
      return Number.isFinite(ratio) ? `${ratio.toFixed(2)}x` : '';
    });
    return [`${title}, ${unit}`, ...cells, ...ratios];
  });
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** @param {number[] | undefined} values */
function cellOf(values) {
  if (!values || values.length === 0) return '';
  const { median, least, most } = spreadOf(values);
  return values.length === 1 ? short(median) : `${short(median)} (${short(least)}–${short(most)})`;
}

/** @param {number} value */
function short(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
