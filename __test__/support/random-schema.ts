import type { RandomNumbers } from './models/random-numbers.ts';

/** A JSON schema, as far as these make use of it. */
export type Schema = Readonly<Record<string, unknown>>;

/** A random JSON schema whose values are all of a bounded length, but for the digits of plain numbers. */
export function randomSchema(random: RandomNumbers, depth = 3): Schema {
  const kinds = depth > 0 ? [...leaves, 'object', 'object', 'array', 'anyOf', 'tuple'] : leaves;
  switch (kinds[random.below(kinds.length)]) {
    case 'object':
      return randomObject(random, depth);
    case 'array': {
      const minItems = random.below(3);
      return { type: 'array', items: randomSchema(random, depth - 1), minItems, maxItems: minItems + random.below(3) };
    }
    case 'tuple': {
      const items = Array.from({ length: 1 + random.below(3) }, () => randomSchema(random, depth - 1));
      return { type: 'array', prefixItems: items, items: false, minItems: items.length };
    }
    case 'anyOf':
      return { anyOf: Array.from({ length: 2 + random.below(2) }, () => randomSchema(random, depth - 1)) };
    case 'string': {
      const minLength = random.below(4);
      return { type: 'string', minLength, maxLength: minLength + random.below(12) };
    }
    case 'pattern':
      return { type: 'string', pattern: patterns[random.below(patterns.length)] };
    case 'format':
      return { type: 'string', format: formats[random.below(formats.length)] };
    case 'enum':
      return { enum: Array.from({ length: 1 + random.below(4) }, (_, at) => constants[(random.below(3) + 3 * at) % constants.length]) };
    case 'const':
      return { const: constants[random.below(constants.length)] };
    case 'integer': {
      const minimum = random.below(2000) - 1000;
      return { type: 'integer', minimum, maximum: minimum + random.below(5000) };
    }
    case 'number':
      return { type: 'number', minimum: -random.below(100), exclusiveMaximum: 1 + random.below(1000) };
    case 'boolean':
      return { type: 'boolean' };
    default:
      return { type: ['null', 'boolean'] };
  }
}

/** A random schema of an object, some of whose properties are required. */
export function randomObject(random: RandomNumbers, depth: number): Schema {
  const keys = Array.from({ length: random.below(5) }, (_, at) => `${names[random.below(names.length)]}${at}`);
  return {
    type: 'object',
    properties: Object.fromEntries(keys.map((key) => [key, randomSchema(random, depth - 1)])),
    required: keys.filter(() => random.below(3) > 0),
    additionalProperties: false,
  };
}

const leaves = ['string', 'pattern', 'format', 'enum', 'const', 'integer', 'number', 'boolean', 'nothing'];
const names = ['name', 'x', 'größe', 'a b', '"', 'city', '$ref', '日本'];
const constants = ['red', '', 'a"b\\c', 'ü', 0, -1.5, 12345678, true, false, null, 'line\nbreak', 'tab\t'];
const patterns = ['^[a-z]{2,5}$', '^(yes|no|maybe)$', '^\\d{3}-\\d{2}$', '^[A-F0-9]{8}$', '^x{1,4}y?$'];
// Not times: the grammar has a leap second in every minute, as RFC 3339's own has, and the validator knows better.
const formats = ['date', 'uuid', 'ipv4'];
