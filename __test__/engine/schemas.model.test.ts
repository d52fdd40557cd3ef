import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { Model } from '../../src/index.ts';
import { RandomNumbers } from '../support/models/random-numbers.ts';
import { writeTinyGguf } from '../support/models/tiny-model.ts';
import { randomObject, randomSchema } from '../support/random-schema.ts';
import { scratchFolder } from '../support/scratch-folder.ts';

const tinyGguf = join(scratchFolder(), 'tiny.gguf');
// Says any bytes, UTF-8 or not: all sense in the answers is the grammar's.
writeTinyGguf(tinyGguf, { contextLength: 4096, printable: false });

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

let model: Model;
beforeAll(async () => {
  model = await loadModel(tinyGguf);
});
afterAll(() => model?.close());

it('500 random schemas on random weights: every answer parses and validates', async () => {
  const random = new RandomNumbers(500);
  const schemas = Array.from({ length: 500 }, (_, at) => (at % 2 === 0 ? randomSchema(random) : randomObject(random, 3)));
  const failed: object[] = [];
  await Promise.all(
    schemas.map(async (schema, seed) => {
      const { text, finishReason } = await model
        .streamPrompt('JSON', { responseFormat: { type: 'json', schema }, temperature: 1.5, seed, maxOutputTokens: 3000 })
        .result();
      if (finishReason !== 'stop') failed.push({ schema, text, finishReason });
      else if (!holds(schema, text)) failed.push({ schema, text, errors: ajv.errors });
    }),
  );
  expect(failed).toEqual([]);
});

function holds(schema: object, text: string): boolean {
  try {
    return ajv.validate(schema, JSON.parse(text));
  } catch {
    return false;
  }
}
