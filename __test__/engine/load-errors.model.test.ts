import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { LoadModelOptions } from '../../src/index.ts';
import { isErrorCode } from '../../src/spec/error-code.ts';
import { writeBrokenGgufs } from '../support/models/broken-gguf.ts';
import { writeTinyGguf, writeTinySafetensors } from '../support/models/tiny-model.ts';
import { errorOf } from '../support/read-stream.ts';
import { runScript } from '../support/run-script.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
const folder = join(scratch, 'tiny');
writeTinyGguf(gguf);
writeTinySafetensors(folder);

/** What loading fails with. The tests of this file are offline: a name that looks like the hub's must not be asked for. */
function failure(path: string, options?: LoadModelOptions) {
  return errorOf(loadModel(path, { offline: true, ...options }));
}

/** Copies the good folder and changes the copy. */
function spoiled(name: string, spoil: (copy: string) => void): string {
  const copy = join(scratch, `spoiled-${name}`);
  cpSync(folder, copy, { recursive: true });
  spoil(copy);
  return copy;
}

afterEach(async () => {
  // Whatever the test has tried, this process can load and run a model.
  await using model = await loadModel(gguf);
  const { usage } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 3 }).result();
  if (usage.outputTokens !== 3) throw new Error('a good model does not run any more');
});

describe('a model that is not there', () => {
  it.each(['/no/such/model.gguf', './no-such-folder/model.gguf', 'no-such-file.gguf', './no-such-folder'])(
    '%s is model-not-found, with the file',
    async (path) => {
      const error = await failure(path);
      expect(error).toMatchObject({ code: 'model-not-found', file: path });
      expect(error.message).toContain(path);
    },
  );

  it('nothing in the cache under that name is model-not-found, with what to do', async () => {
    const error = await failure('org/never-downloaded', { cacheDir: join(scratch, 'empty-cache') });
    expect(error).toMatchObject({ code: 'model-not-found', message: expect.stringContaining('offline') });
  });

  it('a folder without a model is model-not-found, with the folder', async () => {
    const empty = join(scratch, 'empty');
    mkdirSync(empty);
    expect(await failure(empty)).toMatchObject({ code: 'model-not-found', file: empty });
    writeFileSync(join(empty, 'notes.txt'), 'none here');
    expect(await failure(empty)).toMatchObject({ code: 'model-not-found', file: empty });
  });

  it('a folder with weights of another kind is unsupported-model', async () => {
    const torch = join(scratch, 'torch');
    mkdirSync(torch);
    writeFileSync(join(torch, 'pytorch_model.bin'), 'x');
    expect(await failure(torch)).toMatchObject({ code: 'unsupported-model', message: expect.stringContaining('GGUF') });
  });

  it('a folder with several models and no choice between them is invalid-argument, field file, naming them', async () => {
    const several = join(scratch, 'several');
    mkdirSync(several);
    for (const name of ['a.gguf', 'b.gguf']) cpSync(gguf, join(several, name));
    const unchosen = await failure(several);
    expect(unchosen).toMatchObject({ code: 'invalid-argument', field: 'file' });
    expect(unchosen.message).toMatch(/a\.gguf.*b\.gguf/);
    expect(await failure(several, { file: 'c.gguf' })).toMatchObject({ code: 'invalid-argument', field: 'file' });
  });
});

describe('a damaged GGUF file', () => {
  it.each(writeBrokenGgufs(gguf, join(scratch, 'broken')))('$name is $expect, with the file', async (broken) => {
    const error = await failure(broken.path);
    expect(error).toMatchObject({ code: broken.expect, file: broken.path });
    // A sentence somebody can act on: not a panic's, nor one without words.
    expect(error.message).toMatch(/[a-z]{3,} [a-z]+/);
    expect(error.message).not.toMatch(/panic|unwrap|index out of bounds/);
  });

  it.each([64, 4096, 1_000_000, 50_000_000, 98_362_431])('the real file cut after %i bytes is invalid-model', async (bytes) => {
    const cut = join(scratch, 'cut.gguf');
    writeFileSync(cut, readFileSync(testModel()).subarray(0, bytes));
    expect(await failure(cut)).toMatchObject({ code: 'invalid-model', file: cut });
    rmSync(cut);
  });

  it('a file that is something else altogether is invalid-model', async () => {
    const text = join(scratch, 'readme.gguf');
    writeFileSync(text, '# This is no model\n'.repeat(100));
    expect(await failure(text)).toMatchObject({ code: 'invalid-model', file: text });
  });
});

describe('a damaged folder', () => {
  const config = (copy: string, change: (values: Record<string, unknown>) => void) => {
    const path = join(copy, 'config.json');
    const values = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    change(values);
    writeFileSync(path, JSON.stringify(values));
  };

  it.each(['config.json', 'tokenizer.json'])('without %s names it', async (name) => {
    const copy = spoiled(`without-${name}`, (root) => rmSync(join(root, name)));
    const error = await failure(copy);
    expect(error.code).toBe('model-not-found');
    expect(error.message).toContain(name);
  });

  it.each(['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'model.safetensors'])(
    'with a %s of other content is invalid-model, with the file',
    async (name) => {
      const copy = spoiled(`other-${name}`, (root) => writeFileSync(join(root, name), 'no such thing'));
      expect(await failure(copy)).toMatchObject({ code: 'invalid-model', file: join(copy, name) });
    },
  );

  it.each([0, 7, 100, 5000, 400_000])('with weights cut after %i bytes is invalid-model, with the file', async (bytes) => {
    const copy = spoiled(`cut-${bytes}`, (root) => truncateSync(join(root, 'model.safetensors'), bytes));
    expect(await failure(copy)).toMatchObject({ code: 'invalid-model', file: join(copy, 'model.safetensors') });
  });

  it('with an architecture nobody knows is unsupported-model, with the file', async () => {
    const copy = spoiled('architecture', (root) => config(root, (values) => (values['architectures'] = ['AbacusLM'])));
    const error = await failure(copy);
    expect(error).toMatchObject({ code: 'unsupported-model', file: join(copy, 'config.json') });
    expect(error.message).toContain('AbacusLM');
  });

  it.each([
    ['max_position_embeddings', 0],
    ['max_position_embeddings', 1e8],
    ['max_position_embeddings', 1e15],
    ['num_hidden_layers', 0],
    ['num_hidden_layers', 4e9],
    ['num_attention_heads', 0],
    ['num_key_value_heads', 0],
  ])('whose config says that %s is %d is invalid-model, with the file', async (key, value) => {
    const copy = spoiled(`${key}-${value}`, (root) => config(root, (values) => (values[key] = value)));
    // In a process of its own, as a size like these may end one that does not look out.
    const end = await runScript(
      `await loadModel(${JSON.stringify(copy)}).catch(({ code, file, message }) => console.log(JSON.stringify({ code, file, message })));`,
    );
    expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
    expect(JSON.parse(end.stdout)).toEqual({
      code: 'invalid-model',
      file: join(copy, 'config.json'),
      message: expect.stringContaining(key),
    });
  });

  it.each([
    ['hidden_size', 128],
    ['hidden_size', 0],
    ['hidden_size', 'wide'],
    ['num_attention_heads', 3],
    ['num_key_value_heads', 4],
    ['num_hidden_layers', 3],
    ['intermediate_size', 64],
    ['vocab_size', 1000],
    ['vocab_size', 1e15],
    ['rope_theta', 'x'],
    ['rope_scaling', { type: 'x' }],
    ['hidden_act', 'shrug'],
  ])('whose config says that %s is %j fails with the folder and the reason', async (key, value) => {
    const copy = spoiled(`${key}-${JSON.stringify(value).length}`, (root) => config(root, (values) => (values[key] = value)));
    const error = await failure(copy);
    expect(['invalid-model', 'unsupported-model', 'engine-failed']).toContain(error.code);
    expect(error.file).toContain(copy);
    expect(error.message).toMatch(/: .*[a-z]{3,} [a-z]+/);
  });
});

it.each(['gguf', 'folder'])('a %s damaged at random, 150 times, is refused or runs, and the process lives', async (kind) => {
  const copy = join(scratch, `random-${kind}`);
  const end = await runScript(
    `
    import { cpSync, readFileSync, writeFileSync } from 'node:fs';
    import { join } from 'node:path';
    const [gguf, folder, copy] = ${JSON.stringify([gguf, folder, copy])};
    let state = 1;
    const below = (limit) => {
      state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
      return (state >>> 0) % limit;
    };
    const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'model.safetensors'];
    const ends = {};
    for (let round = 0; round < 150; round += 1) {
      let [good, damaged] = [gguf, copy + '.gguf'];
      if (${kind === 'folder'}) {
        const name = names[below(names.length)];
        cpSync(folder, copy, { recursive: true });
        [good, damaged] = [join(folder, name), join(copy, name)];
      }
      const bytes = readFileSync(good);
      // The first 9,000 bytes of the weights' files hold what they say about themselves.
      for (let change = 0; change <= below(3); change += 1) {
        bytes[below(Math.min(bytes.length, 9000))] = [0, 1, 255, below(256), 48 + below(10)][below(5)];
      }
      writeFileSync(damaged, bytes);
      let how = 'ran';
      try {
        const model = await loadModel(${kind === 'folder'} ? copy : damaged);
        try {
          await model.streamPrompt('Hi there', { temperature: 0, maxOutputTokens: 4 }).result();
        } finally {
          await model.close();
        }
      } catch (error) {
        how = error.code ?? String(error);
      }
      ends[how] = (ends[how] ?? 0) + 1;
    }
    console.log('\\n' + JSON.stringify(ends));
  `,
    100_000,
  );
  expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
  // What is damaged may make the tokenizer's library say so on the output; the last line is the script's.
  const ends = JSON.parse(end.stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  expect(Object.keys(ends).filter((how) => how !== 'ran' && !isErrorCode(how))).toEqual([]);
  expect(ends['invalid-model']).toBeGreaterThan(20);
});

describe('a bad option', () => {
  const options: [string, unknown][] = [
    ['isq', 'Q9_Z'],
    ['isq', 7],
    ['isq', -4],
    ['isq', NaN],
    ['device', 'tpu'],
    ['device', 'cuda:x'],
    ['dtype', 'f8'],
    ['dtype', 'bf16'],
    ['contextLength', 0],
    ['contextLength', -1],
    ['contextLength', 1.5],
    ['contextLength', NaN],
    ['contextLength', 513],
    ['contextLength', 1e12],
    ['threads', 0],
    ['threads', 1e9],
    ['chatTemplate', '{% for message in %}'],
    ['chatTemplate', '/no/such/template.jinja'],
    ['tokenizer', '/no/such/tokenizer.json'],
    ['temperature', 1],
  ];

  it.each(options)('%s %j is invalid-argument, with the field', async (field, value) => {
    for (const path of [gguf, folder]) {
      const error = await failure(path, { [field]: value } as LoadModelOptions);
      expect(error).toMatchObject({ code: 'invalid-argument', field });
      expect(error.message).toContain(field);
    }
  });

  it.each(['cuda', 'cuda:1', 'metal'] as const)('device %s, which this build lacks, is unsupported-device', async (device) => {
    const error = await failure(gguf, { device });
    expect(error).toMatchObject({ code: 'unsupported-device', field: 'device' });
    expect(error.message).toContain(device);
  });

  it('isq for a GGUF file is invalid-argument, field isq, and says what to load instead', async () => {
    const error = await failure(gguf, { isq: 4 });
    expect(error).toMatchObject({ code: 'invalid-argument', field: 'isq', file: gguf });
    expect(error.message).toContain('safetensors');
  });

  it('a tokenizer file that is none is invalid-argument, with field and file', async () => {
    for (const content of ['no JSON', '{}', '[1, 2]', '{"model":{"type":"BPE"}}', '']) {
      const path = join(scratch, 'no-tokenizer.json');
      writeFileSync(path, content);
      expect(await failure(gguf, { tokenizer: path })).toMatchObject({
        code: 'invalid-argument',
        field: 'tokenizer',
        file: path,
      });
    }
  });

  it('a chat template file that does not compile is invalid-argument, field chatTemplate', async () => {
    const path = join(scratch, 'broken.jinja');
    writeFileSync(path, '{% if %}');
    expect(await failure(gguf, { chatTemplate: path })).toMatchObject({ code: 'invalid-argument', field: 'chatTemplate' });
  });

  it('a raised abortSignal is aborted, with the reason, and nothing is loaded', async () => {
    const reason = new Error('changed my mind');
    const error = await failure(gguf, { abortSignal: AbortSignal.abort(reason) });
    expect(error).toMatchObject({ code: 'aborted', cause: reason });
  });
});

it("a model's own template that does not compile is invalid-model, and another one can be passed", async () => {
  const copy = spoiled('template', (root) => writeFileSync(join(root, 'chat_template.jinja'), '{% for message in %}'));
  const error = await failure(copy);
  expect(error).toMatchObject({ code: 'invalid-model', field: 'chatTemplate' });
  expect(error.message).toContain('pass another one');
  await using model = await loadModel(copy, { chatTemplate: '{{ messages[0].content }}' });
  expect((await model.streamPrompt('Hi', { maxOutputTokens: 1 }).result()).usage.outputTokens).toBe(1);
});
