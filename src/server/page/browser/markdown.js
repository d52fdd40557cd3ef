/**
 * The blocks of Markdown as models write it: less than CommonMark, never an error, and no HTML.
 *
 * @typedef {{ type: 'paragraph', text: string }
 *   | { type: 'heading', level: number, text: string }
 *   | { type: 'code', language: string, text: string }
 *   | { type: 'quote', blocks: Block[] }
 *   | { type: 'list', ordered: boolean, start: number, items: Block[][] }
 *   | { type: 'table', rows: string[][] }
 *   | { type: 'rule' }} Block
 */

const fence = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)[^`]*$/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const rule = /^ {0,3}([-*_])(?:[ \t]*\1){2,}\s*$/;
const quote = /^ {0,3}> ?(.*)$/;
const item = /^( *)([-*+]|\d{1,9}[.)])(?:( +)(.*)|)$/;
const tableLine = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\s*$/;
/** Deeper quotes and lists are text. */
const deepest = 8;

/**
 * @param {string} text
 * @returns {{ block: Block, source: string }[]} Each with the lines that it was made from.
 */
export function parseMarkdown(text) {
  return parseLines(text.split(/\r?\n/).map((line) => line.replaceAll('\t', '    ')), 0);
}

/**
 * @param {readonly string[]} lines
 * @param {number} depth
 */
function parseLines(lines, depth) {
  /** @type {{ block: Block, source: string }[]} */
  const parsed = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at]?.trim() === '') {
      at += 1;
      continue;
    }
    const { block, end } = blockAt(lines, at, depth);
    parsed.push({ block, source: lines.slice(at, end).join('\n') });
    at = end;
  }
  return parsed;
}

/**
 * @param {readonly string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {{ block: Block, end: number }}
 */
function blockAt(lines, at, depth) {
  const line = lines[at] ?? '';
  const opened = fence.exec(line);
  if (opened) return codeAt(lines, at, opened);
  const headed = heading.exec(line);
  if (headed) return { block: { type: 'heading', level: headed[1]?.length ?? 1, text: headed[2] ?? '' }, end: at + 1 };
  if (rule.test(line)) return { block: { type: 'rule' }, end: at + 1 };
  if (depth < deepest && quote.test(line)) return quoteAt(lines, at, depth);
  if (depth < deepest && item.test(line)) return listAt(lines, at, depth);
  if (line.includes('|') && isTableLine(lines[at + 1])) return tableAt(lines, at);
  let end = at + 1;
  while (end < lines.length && !interrupts(lines, end)) end += 1;
  return { block: { type: 'paragraph', text: lines.slice(at, end).map((part) => part.trim()).join('\n') }, end };
}

/**
 * Whether a paragraph ends before this line.
 *
 * @param {readonly string[]} lines
 * @param {number} at
 */
function interrupts(lines, at) {
  const line = lines[at] ?? '';
  if (line.trim() === '' || fence.test(line) || heading.test(line) || rule.test(line) || quote.test(line)) return true;
  // A year at the beginning of a line is no list.
  const listed = item.exec(line);
  return (listed !== null && listed[4] !== undefined && (!/\d/.test(listed[2] ?? '') || /^1[.)]$/.test(listed[2] ?? ''))) || (line.includes('|') && isTableLine(lines[at + 1]));
}

/**
 * @param {readonly string[]} lines
 * @param {number} at
 * @param {RegExpExecArray} opened
 * @returns {{ block: Block, end: number }}
 */
function codeAt(lines, at, opened) {
  const mark = opened[1] ?? '';
  const indent = /^ */.exec(lines[at] ?? '')?.[0].length ?? 0;
  let end = at + 1;
  while (end < lines.length && !closes(lines[end] ?? '', mark)) end += 1;
  const text = lines.slice(at + 1, end).map((line) => line.slice(Math.min(indent, line.length - line.trimStart().length))).join('\n');
  // One that is not closed yet goes on to the end: the rest is still to come.
  return { block: { type: 'code', language: opened[2] ?? '', text }, end: Math.min(end + 1, lines.length) };
}

/**
 * @param {string} line
 * @param {string} mark
 */
function closes(line, mark) {
  const text = line.trim();
  return text.length >= mark.length && text === (mark[0] ?? '').repeat(text.length);
}

/**
 * @param {readonly string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {{ block: Block, end: number }}
 */
function quoteAt(lines, at, depth) {
  let end = at;
  while (end < lines.length && quote.test(lines[end] ?? '')) end += 1;
  const inner = lines.slice(at, end).map((line) => quote.exec(line)?.[1] ?? '');
  return { block: { type: 'quote', blocks: blocksOf(inner, depth + 1) }, end };
}

/**
 * @param {readonly string[]} lines
 * @param {number} at
 * @param {number} depth
 * @returns {{ block: Block, end: number }}
 */
function listAt(lines, at, depth) {
  const first = item.exec(lines[at] ?? '');
  const ordered = /\d/.test(first?.[2] ?? '');
  const indent = first?.[1]?.length ?? 0;
  /** @type {string[][]} */
  const items = [];
  let end = at;
  for (; end < lines.length; end += 1) {
    const line = lines[end] ?? '';
    const found = item.exec(line);
    const lead = line.length - line.trimStart().length;
    if (found && lead < indent + 2 && lead >= indent - 1 && !rule.test(line)) {
      if (/\d/.test(found[2] ?? '') !== ordered) break;
      items.push([found[4] ?? '']);
    } else if (line.trim() === '') {
      // The end of the list, unless what follows belongs to it.
      const next = lines.slice(end + 1, end + 3).find((candidate) => candidate.trim() !== '');
      if (next === undefined || (!belongs(next, indent) && !item.test(next))) break;
      items.at(-1)?.push('');
    } else if (belongs(line, indent)) {
      items.at(-1)?.push(line.slice(Math.min(lead, indent + (first?.[2]?.length ?? 1) + 1)));
    } else if (lines[end - 1]?.trim() !== '' && !interrupts(lines, end)) {
      items.at(-1)?.push(line);
    } else {
      break;
    }
  }
  const start = ordered ? Number.parseInt(first?.[2] ?? '1', 10) : 1;
  return { block: { type: 'list', ordered, start, items: items.map((inner) => blocksOf(inner, depth + 1)) }, end };
}

/**
 * Whether a line is indented as what belongs to an item is.
 *
 * @param {string} line
 * @param {number} indent - of the list
 */
function belongs(line, indent) {
  return line.length - line.trimStart().length >= indent + 2;
}

/**
 * @param {readonly string[]} lines
 * @param {number} at
 * @returns {{ block: Block, end: number }}
 */
function tableAt(lines, at) {
  let end = at + 2;
  while (end < lines.length && lines[end]?.includes('|')) end += 1;
  const rows = [lines[at] ?? '', ...lines.slice(at + 2, end)].map(cellsOf);
  return { block: { type: 'table', rows }, end };
}

/** @param {string | undefined} line */
function isTableLine(line) {
  return line !== undefined && line.includes('-') && line.includes('|') && tableLine.test(line);
}

/** @param {string} line */
function cellsOf(line) {
  return line.trim().replace(/^\||(?<!\\)\|$/g, '').split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/**
 * @param {readonly string[]} lines
 * @param {number} depth
 */
function blocksOf(lines, depth) {
  return parseLines(lines, depth).map(({ block }) => block);
}
