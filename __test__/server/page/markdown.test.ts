import { describe, expect, it } from 'vitest';
import { parseInline, safeAddress } from '../../../src/server/page/browser/inline-markdown.js';
import { parseMarkdown } from '../../../src/server/page/browser/markdown.js';

const blocks = (text: string) => parseMarkdown(text).map(({ block }) => block);
const paragraph = (text: string) => ({ type: 'paragraph', text });
const text = (value: string) => ({ type: 'text', text: value });

describe('blocks', () => {
  it.each([
    ['paragraphs', 'one\ntwo\n\nthree', [paragraph('one\ntwo'), paragraph('three')]],
    ['headings', '# One\n### Two ##\n#no', [{ type: 'heading', level: 1, text: 'One' }, { type: 'heading', level: 3, text: 'Two' }, paragraph('#no')]],
    ['code', '```js\na\n\n  b\n```\nafter', [{ type: 'code', language: 'js', text: 'a\n\n  b' }, paragraph('after')]],
    ['code that is still coming', '~~~\na\n```', [{ type: 'code', language: '', text: 'a\n```' }]],
    ['code with fences in it', '````md\n```\nx\n```\n````', [{ type: 'code', language: 'md', text: '```\nx\n```' }]],
    ['quotes', '> a\n> > b', [{ type: 'quote', blocks: [paragraph('a'), { type: 'quote', blocks: [paragraph('b')] }] }]],
    ['rules', 'a\n\n---\n* * *', [paragraph('a'), { type: 'rule' }, { type: 'rule' }]],
    ['lists', '- a\n- b\n\n1. c\n2. d', [
      { type: 'list', ordered: false, start: 1, items: [[paragraph('a')], [paragraph('b')]] },
      { type: 'list', ordered: true, start: 1, items: [[paragraph('c')], [paragraph('d')]] },
    ]],
    ['lists in lists', '3. a\n   - b\n   - c\n4. d', [
      { type: 'list', ordered: true, start: 3, items: [[paragraph('a'), { type: 'list', ordered: false, start: 1, items: [[paragraph('b')], [paragraph('c')]] }], [paragraph('d')]] },
    ]],
    ['code in lists', '- a\n  ```\n  x\n    y\n  ```\n- b', [{ type: 'list', ordered: false, start: 1, items: [[paragraph('a'), { type: 'code', language: '', text: 'x\n  y' }], [paragraph('b')]] }]],
    ['tables', '| a | b |\n|---|:-:|\n| 1 | x\\|y |', [{ type: 'table', rows: [['a', 'b'], ['1', 'x|y']] }]],
    ['a year at the beginning of a line', 'It was in\n1984. It was', [paragraph('It was in\n1984. It was')]],
    ['nothing', '\n \n', []],
  ])('%s', (_, markdown, expected) => {
    expect(blocks(markdown)).toEqual(expected);
  });

  it('are made of all the lines there are, in their order', () => {
    const markdown = '# a\ntext\n- b\n  - c\n\n> d\n```\ne\n```\n| f | g |\n|---|---|\n| h | i |\n---\nj';
    expect(parseMarkdown(markdown).map(({ source }) => source).join('\n')).toBe(markdown.replace('\n\n', '\n'));
  });
});

describe('what stands in a line', () => {
  it.each([
    ['**a** _b_ ~~c~~ `d`', [{ type: 'strong', inside: [text('a')] }, text(' '), { type: 'em', inside: [text('b')] }, text(' '), { type: 'del', inside: [text('c')] }, text(' '), { type: 'code', text: 'd' }]],
    ['***a*** x', [{ type: 'strong', inside: [{ type: 'em', inside: [text('a')] }] }, text(' x')]],
    ['*a **b** c*', [{ type: 'em', inside: [text('a '), { type: 'strong', inside: [text('b')] }, text(' c')] }]],
    ['snake_case_name 2 * 3 * 4', [text('snake_case_name 2 * 3 * 4')]],
    ['``a`b``', [{ type: 'code', text: 'a`b' }]],
    ['\\*a\\* <b> &amp;', [text('*a* <b> &amp;')]],
    ['a\nb', [text('a'), { type: 'break' }, text('b')]],
    ['[a](https://x.org/b_(c)) d', [{ type: 'link', href: 'https://x.org/b_(c)', text: 'a' }, text(' d')]],
    ['see https://x.org/a. (http://y.org)', [text('see '), { type: 'link', href: 'https://x.org/a', text: 'https://x.org/a' }, text('. ('), { type: 'link', href: 'http://y.org/', text: 'http://y.org' }, text(')')]],
    ['![a](https://x.org/p.png)', [{ type: 'link', href: 'https://x.org/p.png', text: 'a' }]],
    ['**open `and [a](b', [text('**open `and [a](b')]],
  ])('%s', (line, expected) => {
    expect(parseInline(line)).toEqual(expected);
  });

  it.each(['javascript:alert(1)', 'JavaScript:alert(1)', 'java\nscript:x', ' javascript:x', 'data:text/html,x', 'vbscript:x', 'file:///etc/passwd', '//x.org', '/v1', 'blob:https://x.org/1', 'http://', 'https:x'])(
    'is no link to %j',
    (address) => {
      expect(safeAddress(address)).toBeUndefined();
      expect(JSON.stringify(parseInline(`[a](${address})`))).not.toContain('"text":"a"');
    },
  );

  it.each(['*a ', '**a ', '`', '`a``b', '[', '![', '[a](', 'https://', '_a_b', '~~', '\\', '> ', '- ', '  - a\n', '|', '| - |\n', '#', '1. a\n', '***'])(
    'is read in one go, however often %j is repeated',
    (piece) => {
      const long = piece.repeat(100_000);
      const characters = JSON.stringify(parseMarkdown(long)).length + JSON.stringify(parseInline(long)).length;
      expect(characters).toBeGreaterThan(0);
    },
  );
});
