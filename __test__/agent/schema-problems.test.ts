import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { schemaProblems } from '../../src/agent/schema-problems.ts';

const trip = {
  type: 'object',
  properties: {
    from: { type: 'string', minLength: 2, maxLength: 4 },
    days: { type: 'integer', minimum: 1, maximum: 7 },
    by: { enum: ['train', 'ship'] },
    version: { const: 2 },
    stops: { type: 'array', items: { type: 'object', properties: { at: { type: ['string', 'null'] } }, required: ['at'] }, maxItems: 2, minItems: 1 },
    price: { anyOf: [{ type: 'number' }, { type: 'object', properties: { euros: { type: 'number' } }, required: ['euros'] }] },
    tags: { type: 'object', additionalProperties: { type: 'boolean' } },
    never: false,
    both: { allOf: [{ type: 'number' }, { type: 'number', minimum: 3 }] },
  },
  required: ['from'],
  additionalProperties: false,
};

const cases: [unknown, string[]][] = [
  [{ from: 'Genova'.slice(0, 4) }, []],
  [{ from: 'A😀' }, []],
  [{ from: '😀😀😀😀😀' }, ['from must have a length of at most 4']],
  [{ from: 'x' }, ['from must have a length of at least 2']],
  [{}, ['from is missing']],
  ['text', ['the input must be of type object']],
  [null, ['the input must be of type object']],
  [[], ['the input must be of type object']],
  [{ from: 'ab', days: 1.5 }, ['days must be of type integer']],
  [{ from: 'ab', days: 0 }, ['days must be at least 1']],
  [{ from: 'ab', days: 8 }, ['days must be at most 7']],
  [{ from: 'ab', by: 'car' }, ['by must be "train" or "ship"']],
  [{ from: 'ab', version: 3 }, ['version must be 2']],
  [{ from: 'ab', stops: [] }, ['stops must have a number of items of at least 1']],
  [{ from: 'ab', stops: [{ at: 'x' }, { at: null }] }, []],
  [{ from: 'ab', stops: [{ at: 'x' }, { at: 3 }] }, ['stops[1].at must be of type string or null']],
  [{ from: 'ab', stops: [{}] }, ['stops[0].at is missing']],
  [{ from: 'ab', price: 3 }, []],
  [{ from: 'ab', price: { euros: 3 } }, []],
  [{ from: 'ab', price: 'x' }, ['price must be of type number']],
  [{ from: 'ab', tags: { warm: true } }, []],
  [{ from: 'ab', tags: { warm: 1 } }, ['tags.warm must be of type boolean']],
  [{ from: 'ab', never: 1 }, ['never is not allowed']],
  [{ from: 'ab', to: 'x' }, ['to is not allowed']],
  [{ from: 'ab', both: 2 }, ['both must be at least 3']],
  [{ from: 'ab', days: 0, by: 'car' }, ['days must be at least 1', 'by must be "train" or "ship"']],
];

describe('what is wrong with a value by a JSON schema', () => {
  const valid = new Ajv2020({ allowUnionTypes: true }).compile(trip);

  it.each(cases)('%j is told as it is, and found where another validator finds it', (value, problems) => {
    expect(schemaProblems(trip, value)).toEqual(problems);
    expect(valid(value)).toBe(problems.length === 0);
  });

  it.each([[true], [{}], [undefined], [{ $ref: '#/$defs/x' }], [{ type: [] }], [{ enum: [] }]])('a schema of %j has nothing against anything', (schema) => {
    for (const value of [1, 'x', null, [], {}]) expect(schemaProblems(schema, value)).toEqual([]);
  });
});
