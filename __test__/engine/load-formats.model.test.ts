import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { GenerateOptions, LoadModelOptions, Model } from '../../src/index.ts';
import { array } from '../support/models/gguf-value.ts';
import { writeGguf } from '../support/models/gguf-writer.ts';
import { tinyModel, writeTinyGguf, writeTinySafetensors } from '../support/models/tiny-model.ts';
import { chatMlTemplate, tinyVocabulary } from '../support/models/tiny-vocabulary.ts';
import { runScript } from '../support/run-script.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModel } from '../support/test-model.ts';

const scratch = scratchFolder();
const gguf = join(scratch, 'tiny.gguf');
const folder = join(scratch, 'tiny');
writeTinyGguf(gguf);
writeTinySafetensors(folder);

const greedy: GenerateOptions = { temperature: 0, maxOutputTokens: 60 };
const question = 'What is in the box?';

/** What a model answers to the question, greedily, and how long the question was. */
async function answer(path: string, options?: LoadModelOptions): Promise<{ text: string; inputTokens: number }> {
  await using model = await loadModel(path, options);
  const { text, usage } = await model.streamPrompt(question, greedy).result();
  return { text, inputTokens: usage.inputTokens };
}

/** The same for text that no template is put around. */
async function continuation(model: Model, prompt: string): Promise<{ text: string; inputTokens: number }> {
  const { text, usage } = await model.streamCompletion({ prompt, ...greedy }).result();
  return { text, inputTokens: usage.inputTokens };
}

describe('a real GGUF file', () => {
  it('says what it is', async () => {
    await using model = await loadModel(testModel());
    expect(model.info).toEqual({
      model: testModel(),
      format: 'gguf',
      architecture: 'llama',
      parameterCount: 134_515_008,
      quantization: 'Q4_1',
      contextLength: 8192,
      trainedContextLength: 8192,
      vocabularySize: 49_152,
      chatTemplate: expect.stringContaining('<|im_start|>'),
      device: 'cpu',
      dtype: 'f32',
      threads: expect.any(Number),
      memoryBytes: expect.any(Number),
    });
    // The file has 98 MB; the embedding is looked up unquantised, and takes another 113 MB.
    expect(model.info.memoryBytes).toBeGreaterThan(90e6);
    expect(model.info.memoryBytes).toBeLessThan(600e6);
    expect(model.info.threads).toBeGreaterThanOrEqual(1);
  });
});

describe('a file and a folder', () => {
  it('of the same weights give the same greedy tokens', async () => {
    expect(await answer(folder)).toEqual(await answer(gguf));
  });

  it('of other weights give others', async () => {
    const other = join(scratch, 'other.gguf');
    writeTinyGguf(other, { seed: 2 });
    expect((await answer(other)).text).not.toBe((await answer(gguf)).text);
  });

  it('say what they are', async () => {
    await using fromFile = await loadModel(gguf);
    await using fromFolder = await loadModel(folder);
    const same = { contextLength: 512, trainedContextLength: 512, vocabularySize: 320, quantization: 'F32' };
    expect(fromFile.info).toMatchObject({ ...same, format: 'gguf', architecture: 'llama' });
    expect(fromFolder.info).toMatchObject({ ...same, format: 'safetensors', architecture: 'LlamaForCausalLM' });
    expect(fromFolder.info.parameterCount).toBe(fromFile.info.parameterCount);
    expect(fromFolder.info.chatTemplate).toBe(chatMlTemplate);
  });

  it.each(['F16', 'Q8_0'] as const)('a GGUF file in %s begins its reply like the one in F32', async (type) => {
    const file = join(scratch, `${type}.gguf`);
    writeTinyGguf(file, { type });
    const { text } = await answer(file);
    expect(text.slice(0, 8)).toBe((await answer(gguf)).text.slice(0, 8));
    await using model = await loadModel(file);
    expect(model.info.quantization).toBe(type);
  });

  it('with whole rows of 256, which other kernels compute, agree too', async () => {
    const shape = { hidden: 256, feedForward: 512, heads: 8, kvHeads: 2, layers: 3 };
    const wideFile = join(scratch, 'wide.gguf');
    const wideFolder = join(scratch, 'wide');
    writeTinyGguf(wideFile, shape);
    writeTinySafetensors(wideFolder, shape);
    expect(await answer(wideFolder)).toEqual(await answer(wideFile));
  });

  it('a folder given by one of its safetensors is the folder', async () => {
    expect(await answer(join(folder, 'model.safetensors'))).toEqual(await answer(gguf));
  });

  it('a folder with one GGUF file is that file, and of several, file chooses one', async () => {
    const several = join(scratch, 'several');
    mkdirSync(several);
    cpSync(gguf, join(several, 'tiny-F32.gguf'));
    expect(await answer(several)).toEqual(await answer(gguf));
    writeTinyGguf(join(several, 'tiny-Q8_0.gguf'), { type: 'Q8_0' });
    expect(await answer(several, { file: 'tiny-F32.gguf' })).toEqual(await answer(gguf));
    expect(await answer(several, { file: 'f32' })).toEqual(await answer(gguf));
    await using model = await loadModel(several, { file: 'Q8_0' });
    expect(model.info.quantization).toBe('Q8_0');
  });

  it('may lie under a path with spaces and letters of any script', async () => {
    const odd = join(scratch, 'models à moi', '模型 🌬');
    mkdirSync(odd, { recursive: true });
    const oddFile = join(odd, 'tiny ünïcode.gguf');
    cpSync(gguf, oddFile);
    cpSync(folder, join(odd, 'a folder'), { recursive: true });
    const expected = await answer(gguf);
    expect(await answer(oddFile)).toEqual(expected);
    expect(await answer(join(odd, 'a folder'))).toEqual(expected);
  });
});

it('merges whose tokens the vocabulary lacks are left out', async () => {
  const { metadata, tensors } = tinyModel();
  const merges = [...tinyVocabulary.merges, 'never seen', 't never'];
  const path = join(scratch, 'merges.gguf');
  writeGguf(path, {
    metadata: new Map([...metadata, ['tokenizer.ggml.merges', array('string', merges)]]),
    tensors: tensors.map(({ name, shape, values }) => ({ name, shape, values, type: 'F32' })),
  });
  expect(await answer(path)).toEqual(await answer(gguf));
});

describe('the chat template', () => {
  const template = '{% for message in messages %}[{{ message.role }}] {{ message.content }}\n{% endfor %}> ';
  const rendered = `[user] ${question}\n> `;

  it("is the model's own, and writes what it says", async () => {
    await using model = await loadModel(gguf);
    expect(model.info.chatTemplate).toBe(chatMlTemplate);
    const written = `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;
    expect(await answer(gguf)).toEqual(await continuation(model, written));
  });

  it('of a folder may be in chat_template.jinja, which counts for more than tokenizer_config.json', async () => {
    const withJinja = join(scratch, 'with-jinja');
    cpSync(folder, withJinja, { recursive: true });
    writeFileSync(join(withJinja, 'chat_template.jinja'), template);
    await using model = await loadModel(withJinja);
    expect(model.info.chatTemplate).toBe(template);
    expect(await answer(withJinja)).toEqual(await continuation(model, rendered));
  });

  it('may be passed as text or as the path of a file, for a file and for a folder', async () => {
    const path = join(scratch, 'my template.jinja');
    writeFileSync(path, template);
    await using plain = await loadModel(gguf);
    const expected = await continuation(plain, rendered);
    expect(await answer(gguf, { chatTemplate: template })).toEqual(expected);
    expect(await answer(gguf, { chatTemplate: path })).toEqual(expected);
    expect(await answer(folder, { chatTemplate: template })).toEqual(expected);
    await using model = await loadModel(folder, { chatTemplate: path });
    expect(model.info.chatTemplate).toBe(template);
  });
});

describe('the options', () => {
  it('tokenizer takes the place of the own one', async () => {
    // The same vocabulary without merges: every byte is a token.
    const path = join(scratch, 'bytes.json');
    const own = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as { model: { merges: unknown[] } };
    own.model.merges = [];
    writeFileSync(path, JSON.stringify(own));
    for (const model of [gguf, folder]) {
      await using withBytes = await loadModel(model, { tokenizer: path });
      await using withMerges = await loadModel(model);
      expect((await continuation(withBytes, 'the rest of it')).inputTokens).toBe(14);
      expect((await continuation(withMerges, 'the rest of it')).inputTokens).toBeLessThan(14);
    }
  });

  it('contextLength may be less than the model was trained for, and ends a reply there', async () => {
    await using whole = await loadModel(gguf);
    await using model = await loadModel(gguf, { contextLength: 48 });
    expect(model.info).toMatchObject({ contextLength: 48, trainedContextLength: 512 });
    const tokens = Array.from({ length: 10 }, (_, index) => 40 + index);
    const { text, finishReason, usage } = await model.streamCompletion({ tokens, temperature: 0 }).result();
    expect({ finishReason, usage }).toMatchObject({
      finishReason: 'length',
      usage: { inputTokens: 10, outputTokens: 38, totalTokens: 48 },
    });
    const longer = await whole.streamCompletion({ tokens, temperature: 0, maxOutputTokens: 38 }).result();
    expect(text).toBe(longer.text);
  });

  it('without them a reply may fill the context', async () => {
    await using model = await loadModel(gguf);
    const { usage, finishReason } = await model.streamCompletion({ tokens: [40], temperature: 0 }).result();
    expect({ finishReason, totalTokens: usage.totalTokens }).toEqual({ finishReason: 'length', totalTokens: 512 });
  });

  it.each([gguf, folder])('dtype is what activations are computed in (%#)', async (path) => {
    await using half = await loadModel(path, { dtype: 'f16' });
    expect(half.info.dtype).toBe('f16');
    await using single = await loadModel(path, { dtype: 'f32' });
    expect(single.info.dtype).toBe('f32');
    const [inHalves, inSingles] = [await continuation(half, question), await continuation(single, question)];
    expect(inHalves.text.slice(0, 8)).toBe(inSingles.text.slice(0, 8));
  });

  it('threads holds for the whole process: the first load decides, another number is refused by name', async () => {
    const end = await runScript(`
      const path = ${JSON.stringify(gguf)};
      const first = await loadModel(path, { threads: 1 });
      const refused = await loadModel(path, { threads: 2 }).catch(({ code, field, message }) => ({ code, field, message }));
      const same = await loadModel(path, { threads: 1 });
      const unsaid = await loadModel(path);
      const { text } = await unsaid.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 5 }).result();
      console.log(JSON.stringify({ threads: [first, same, unsaid].map((model) => model.info.threads), refused, said: text !== '' }));
    `);
    expect(end.stderr).toBe('');
    expect(JSON.parse(end.stdout)).toEqual({
      threads: [1, 1, 1],
      refused: { code: 'invalid-argument', field: 'threads', message: expect.stringMatching(/2.*1/) },
      said: true,
    });
  });

  it('threads changes the time a reply takes, not the reply', async () => {
    const reply = async (threads: number) => {
      const end = await runScript(`
        const model = await loadModel(${JSON.stringify(gguf)}, { threads: ${threads} });
        console.log((await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 60 }).result()).text);
      `);
      return end.stdout;
    };
    const alone = await reply(1);
    expect(alone.length).toBeGreaterThan(30);
    expect(await reply(2)).toBe(alone);
  });
});
