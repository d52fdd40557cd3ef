import { medianOf } from './statistics.mjs';
import { CASES } from './workload.mjs';

const COLOURS = ['#2f6f8f', '#c98a2b', '#8f8f8f'];
const [WIDTH, LEFT, RIGHT, BAR, GAP, TOP] = [960, 370, 90, 12, 14, 56];

/**
 * The same figures as bars: each case has a scale of its own, on which the longest bar fills the width.
 *
 * @param {import('./results-table.mjs').Results} results
 * @returns {string} An SVG document.
 */
export function resultsPlot({ model, machine, contenders, figures }) {
  const cases = CASES.filter(({ key }) => figures[contenders[0] ?? '']?.[key]);
  const rowHeight = contenders.length * BAR + GAP;
  const height = TOP + cases.length * rowHeight + 34;
  const rows = cases.map(({ key, title, unit, better }, row) => {
    const y = TOP + row * rowHeight;
    const medians = contenders.map((name) => medianOf(figures[name]?.[key]));
    const longest = Math.max(...medians.filter(Number.isFinite));
    const bars = medians.map((value, at) => {
      if (!Number.isFinite(value)) return '';
      const width = ((WIDTH - LEFT - RIGHT) * value) / longest;
      const barY = y + at * BAR;
      return (
        `<rect x="${LEFT}" y="${barY}" width="${width.toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[at]}"/>` +
        `<text x="${(LEFT + width + 5).toFixed(1)}" y="${barY + BAR - 3}" font-size="10">${value.toFixed(value < 10 ? 2 : 0)}</text>`
      );
    });
    const middle = y + (contenders.length * BAR) / 2 + 4;
    const label = `<text x="${LEFT - 10}" y="${middle}" text-anchor="end">${title}, ${unit} (${better} is better)</text>`;
    return label + bars.join('');
  });
  const legend = contenders.map(
    (name, at) =>
      `<rect x="${LEFT + at * 190}" y="32" width="10" height="10" fill="${COLOURS[at]}"/>` +
      `<text x="${LEFT + at * 190 + 15}" y="41">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="11" fill="#333">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="14" font-weight="600">${model}</text>
${legend.join('')}
${rows.join('\n')}
<text x="${LEFT}" y="${height - 12}" fill="#777">${machine}</text>
</svg>
`;
}
