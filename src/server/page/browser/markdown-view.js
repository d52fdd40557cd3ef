import { copyButton, make } from './dom.js';
import { parseInline } from './inline-markdown.js';
import { parseMarkdown } from './markdown.js';

/** @typedef {import('./markdown.js').Block} Block */

const headings = /** @type {const} */ (['h3', 'h4', 'h5', 'h6']);

/** Shows Markdown that grows: what has not changed since the last time stays as it is, a selection in it included. */
export class MarkdownView {
  element = make('div', { className: 'markdown' });
  /** @type {readonly { block: Block, source: string }[]} */
  #shown = [];

  /** @param {string} text */
  update(text) {
    const blocks = parseMarkdown(text);
    let same = 0;
    while (same < blocks.length && blocks[same]?.source === this.#shown[same]?.source) same += 1;
    if (this.#growCode(this.#shown[same]?.block, blocks[same]?.block, same)) same += 1;
    while (this.element.childNodes.length > same) this.element.lastChild?.remove();
    this.element.append(...blocks.slice(same).map(({ block }) => blockElement(block)));
    this.#shown = blocks;
  }

  /**
   * Adds to code that was shown already: made anew, it would lose how far it was scrolled.
   *
   * @param {Block | undefined} shown
   * @param {Block | undefined} block
   * @param {number} at
   */
  #growCode(shown, block, at) {
    if (shown?.type !== 'code' || block?.type !== 'code' || shown.language !== block.language) return false;
    const code = this.element.children[at]?.querySelector('code')?.firstChild;
    if (!(code instanceof Text)) return false;
    if (block.text.startsWith(shown.text)) code.appendData(block.text.slice(shown.text.length));
    else code.data = block.text; // Half of the fence that closes it was taken for a line of it.
    return true;
  }
}

/**
 * @param {Block} block
 * @returns {HTMLElement}
 */
function blockElement(block) {
  switch (block.type) {
    case 'paragraph':
      return make('p', {}, ...inlineNodes(block.text));
    case 'heading':
      // The page has its own first two levels; a reply's begin below them.
      return make(headings[block.level - 1] ?? 'h6', { className: `level${block.level}` }, ...inlineNodes(block.text));
    case 'code':
      return codeFigure(block.text, block.language);
    case 'quote':
      return make('blockquote', {}, ...block.blocks.map(blockElement));
    case 'list': {
      const list = block.ordered ? make('ol', { start: block.start }) : make('ul');
      list.append(...block.items.map((item) => make('li', {}, ...itemNodes(item))));
      return list;
    }
    case 'table':
      return tableElement(block.rows);
    default:
      return make('hr');
  }
}

/**
 * What an item holds. Its first paragraph has no margins of its own.
 *
 * @param {readonly Block[]} blocks
 * @returns {Node[]}
 */
function itemNodes([first, ...rest]) {
  if (first?.type !== 'paragraph') return [...(first ? [first] : []), ...rest].map(blockElement);
  return [...inlineNodes(first.text), ...rest.map(blockElement)];
}

/**
 * Code with its language and a button that copies it.
 *
 * @param {string} text
 * @param {string} language
 */
export function codeFigure(text, language) {
  const code = make('code', {}, text);
  const caption = make('figcaption', {}, make('span', {}, language.slice(0, 40) || 'text'), copyButton(() => code.textContent ?? '', 'code'));
  return make('figure', {}, caption, make('pre', { tabIndex: 0 }, code));
}

/** @param {readonly string[][]} rows */
function tableElement([header = [], ...rows]) {
  const head = make('tr', {}, ...header.map((cell) => make('th', { scope: 'col' }, ...inlineNodes(cell))));
  const body = rows.map((row) => make('tr', {}, ...header.map((_, index) => make('td', {}, ...inlineNodes(row[index] ?? '')))));
  return make('div', { className: 'table', tabIndex: 0 }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...body)));
}

/**
 * @param {string} text
 * @returns {Node[]}
 */
function inlineNodes(text) {
  return parseInline(text).map(inlineNode);
}

/**
 * @param {import('./inline-markdown.js').Inline} inline
 * @returns {Node}
 */
function inlineNode(inline) {
  switch (inline.type) {
    case 'text':
      return document.createTextNode(inline.text);
    case 'code':
      return make('code', {}, inline.text);
    case 'break':
      return make('br');
    case 'link':
      // The title shows where a link leads that says something else.
      return make('a', { href: inline.href, title: inline.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, inline.text);
    default:
      return make(inline.type, {}, ...inline.inside.map(inlineNode));
  }
}
