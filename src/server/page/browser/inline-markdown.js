/**
 * What stands inside a block of Markdown. Links are those that lead to the web or to a mailbox; all else is text.
 *
 * @typedef {{ type: 'text', text: string }
 *   | { type: 'code', text: string }
 *   | { type: 'break' }
 *   | { type: 'link', href: string, text: string }
 *   | { type: 'strong' | 'em' | 'del', inside: Inline[] }} Inline
 */

const interesting = /[\\`*_~[!\n]|https?:\/\//g;
// Their lengths are bounded, so that no text makes them look at the same characters again and again.
const link = /!?\[([^[\]\n]{0,500})\]\( {0,5}<?([^\s<>()]{1,2000}(?:\([^\s()]{0,500}\)[^\s<>()]{0,500})?)>?(?: {1,5}"[^"\n]{0,200}")? {0,5}\)/y;
const address = /https?:\/\/[^\s<>"'`\\]{1,2000}/y;

/** @type {readonly { mark: string, type: 'strong' | 'em' | 'del', closing: RegExp }[]} */
const spans = [
  { mark: '**', type: 'strong', closing: /(?<=\S)\*\*(?!\*)/g },
  { mark: '__', type: 'strong', closing: /(?<=\S)__(?![_\p{L}\p{N}])/gu },
  { mark: '~~', type: 'del', closing: /(?<=\S)~~/g },
  { mark: '*', type: 'em', closing: /(?<=[^\s*])\*(?!\*)/g },
  { mark: '_', type: 'em', closing: /(?<=[^\s_])_(?![_\p{L}\p{N}])/gu },
];
/** Deeper emphasis is text. */
const deepest = 6;

/**
 * @param {string} text
 * @param {number} depth
 * @returns {Inline[]}
 */
export function parseInline(text, depth = 0) {
  /** @type {Inline[]} */
  const parsed = [];
  /** Marks that nothing closes from here on: looking for that again would take time by the square of the length. */
  const unclosed = new Set();
  let plain = '';
  /** @param {Inline} inline */
  const add = (inline) => {
    if (plain !== '') parsed.push({ type: 'text', text: plain });
    plain = '';
    parsed.push(inline);
  };
  for (let at = 0; at < text.length; ) {
    interesting.lastIndex = at;
    const next = interesting.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at === text.length) break;
    const found = inlineAt(text, at, depth, unclosed);
    if (typeof found.inline === 'string') plain += found.inline;
    else add(found.inline);
    at = found.end;
  }
  if (plain !== '') parsed.push({ type: 'text', text: plain });
  return parsed;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {number} depth
 * @param {Set<string>} unclosed
 * @returns {{ inline: Inline | string, end: number }}
 */
function inlineAt(text, at, depth, unclosed) {
  const char = text[at] ?? '';
  switch (char) {
    case '\n':
      return { inline: { type: 'break' }, end: at + 1 };
    case '\\':
      return /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '') ? { inline: text[at + 1] ?? '', end: at + 2 } : { inline: char, end: at + 1 };
    case '`':
      return codeAt(text, at, unclosed);
    case '[':
    case '!':
    case 'h':
      return linkAt(text, at) ?? { inline: char, end: at + 1 };
    default:
      return spanAt(text, at, depth, unclosed);
  }
}

/**
 * @param {string} text
 * @param {number} at
 * @param {Set<string>} unclosed
 * @returns {{ inline: Inline | string, end: number }}
 */
function codeAt(text, at, unclosed) {
  const mark = runAt(text, at);
  const from = at + mark.length;
  for (let end = unclosed.has(mark) ? -1 : text.indexOf(mark, from); end >= 0; ) {
    const closing = runAt(text, end);
    if (closing.length === mark.length) {
      const inside = text.slice(from, end).replaceAll('\n', ' ');
      const padded = inside.length > 2 && inside.startsWith(' ') && inside.endsWith(' ');
      return { inline: { type: 'code', text: padded ? inside.slice(1, -1) : inside }, end: end + mark.length };
    }
    end = text.indexOf(mark, end + closing.length);
  }
  unclosed.add(mark);
  return { inline: mark, end: from };
}

/**
 * @param {string} text
 * @param {number} at
 * @returns {{ inline: Inline, end: number } | undefined}
 */
function linkAt(text, at) {
  address.lastIndex = at;
  const [bare] = address.exec(text) ?? [];
  if (bare !== undefined) {
    const trimmed = bare.replace(/[.,;:!?*_~]{1,20}$/, '');
    const shown = trimmed.endsWith(')') && !trimmed.includes('(') ? trimmed.replace(/\){1,20}$/, '') : trimmed;
    const href = safeAddress(shown);
    return href === undefined ? undefined : { inline: { type: 'link', href, text: shown }, end: at + shown.length };
  }
  link.lastIndex = at;
  const found = link.exec(text);
  const href = safeAddress(found?.[2] ?? '');
  if (!found || href === undefined) return undefined;
  // Pictures are shown as links: to fetch one would tell its owner who reads this, and what.
  return { inline: { type: 'link', href, text: found[1]?.trim() || href }, end: at + found[0].length };
}

/**
 * @param {string} text
 * @returns {string | undefined} Nothing for what leads elsewhere than to the web or a mailbox, such as `javascript:`.
 */
export function safeAddress(text) {
  if (!/^(https?:\/\/|mailto:)/i.test(text) || !URL.canParse(text)) return undefined;
  return new URL(text).href;
}

/**
 * @param {string} text
 * @param {number} at
 * @param {number} depth
 * @param {Set<string>} unclosed
 * @returns {{ inline: Inline | string, end: number }}
 */
function spanAt(text, at, depth, unclosed) {
  const run = runAt(text, at);
  const span = spans.find(({ mark }) => mark === (run.length >= 2 ? run.slice(0, 2) : run));
  const literal = { inline: run, end: at + run.length };
  if (!span || run.length > 3 || depth >= deepest || unclosed.has(span.mark)) return literal;
  const { mark, type, closing } = span;
  const from = at + mark.length;
  const inWord = mark[0] === '_' && /[\p{L}\p{N}]/u.test(text[at - 1] ?? '');
  if (inWord || /^\s?$/.test(text[from] ?? '')) return literal;
  closing.lastIndex = from + 1;
  const end = closing.exec(text)?.index;
  if (end === undefined) {
    unclosed.add(mark);
    return literal;
  }
  return { inline: { type, inside: parseInline(text.slice(from, end), depth + 1) }, end: end + mark.length };
}

/**
 * The same character as often as it stands there.
 *
 * @param {string} text
 * @param {number} at
 */
function runAt(text, at) {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return text.slice(at, end);
}
