import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { TramontaneError } from '../../src/index.ts';
import { copyJson } from '../../src/request/check-json.ts';

/** The field that is at fault. */
function faultOf(value: unknown): string | undefined {
  try {
    copyJson(value, 'schema');
  } catch (error) {
    if (TramontaneError.isInstance(error) && error.code === 'invalid-argument') return error.field;
    throw error;
  }
  return undefined;
}

const copied = (value: unknown) => JSON.parse(JSON.stringify(copyJson(value, 'schema'))) as unknown;
const cyclic: { properties: { self?: unknown } } = { properties: {} };
cyclic.properties.self = cyclic;
const list: unknown[] = [];
list.push([list]);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 1; level < depth; level += 1) value = level % 2 ? { a: value } : [value];
  return value;
}

describe('a JSON value', () => {
  it.each([
    [null],
    [true],
    [-0.5],
    ['text'],
    [[]],
    [{ a: [1, { b: null }], '': 'empty' }],
    [JSON.parse('{"__proto__":{"a":1},"constructor":2,"toJSON":3}')],
    [runInNewContext('({ a: [1, {}] })')],
    [Object.assign(Object.create(null), { a: 1 })],
  ])('is copied as it is: %j', (value) => {
    expect(JSON.stringify(copied(value))).toBe(JSON.stringify(value));
  });

  it('leaves out properties that are undefined, or not its own, or symbols', () => {
    const value = { a: undefined, b: 1, [Symbol('kind')]: 2 };
    Object.defineProperty(value, 'hidden', { value: 3 });
    expect(copied(value)).toEqual({ b: 1 });
  });

  it('is well-formed text, its keys too', () => {
    expect(copied({ 'a\uD83D': 'b\uD83D' })).toEqual({ 'a\uFFFD': 'b\uFFFD' });
  });

  it('is not changed by what happens to the original', () => {
    const original = { a: [1] };
    const copy = copyJson(original, 'schema');
    original.a.push(2);
    expect(JSON.stringify(copy)).toBe('{"a":[1]}');
  });

  it('may hold the same object in several places', () => {
    const shared = { type: 'string' };
    expect(copied({ a: shared, b: [shared, shared] })).toEqual({ a: shared, b: [shared, shared] });
  });

  it('may be 64 levels deep', () => {
    expect(faultOf(nested(64))).toBeUndefined();
    expect(faultOf(nested(65))).toBe('schema');
  });
});

describe('what JSON would change or drop is refused, by where it is', () => {
  it.each<[string, unknown]>([
    ['schema', undefined],
    ['schema', () => ({})],
    ['schema', Symbol('a')],
    ['schema', 1n],
    ['schema', Number.NaN],
    ['schema.a', { a: Infinity }],
    ['schema.a[1]', { a: [1, undefined] }],
    // oxlint-disable-next-line no-sparse-arrays
    ['schema[1]', [1, , 2]],
    ['schema.a.b', { a: { b: () => 1 } }],
    ['schema.at', { at: new Date() }],
    ['schema.map', { map: new Map() }],
    ['schema.text', { text: Object('boxed') }],
    ['schema.own', { own: { toJSON: () => 'surprise' } }],
    ['schema.made', { made: new (class Made { readonly a = 1; })() }],
    ['schema.properties.self', cyclic],
    ['schema[0][0]', list],
  ])('%s', (field, value) => {
    expect(faultOf(value)).toBe(field);
  });

  it('and so is what is too large, before it takes long', () => {
    let doubled: unknown = {};
    for (let level = 0; level < 60; level += 1) doubled = [doubled, doubled];
    expect(faultOf(doubled)).toBe('schema');
    expect(faultOf(Object.assign([], { length: 2 ** 32 - 1 }))).toBe('schema');
    expect(faultOf(Array.from({ length: 100_000 }, () => 1))).toBe('schema');
    expect(faultOf(Array.from({ length: 99_999 }, () => 1))).toBeUndefined();
  });
});
