import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../src/index.ts';
import type { ModelInfo } from '../../src/index.ts';
import { writeTinySafetensors } from '../support/models/tiny-model.ts';
import { runScript } from '../support/run-script.ts';
import { scratchFolder } from '../support/scratch-folder.ts';
import { testModelFolder } from '../support/test-model.ts';

const tiny = join(scratchFolder(), 'tiny');

interface Figures {
  readonly info: ModelInfo;
  /** Resident memory that loading has added, in bytes. */
  readonly resident: number;
  readonly told: string;
  readonly counted: string;
}

/** Loads the real weights in a process of its own, so that memory can be compared. */
async function figuresOf(isq?: number): Promise<Figures> {
  const end = await runScript(
    `
    const before = process.memoryUsage.rss();
    const model = await loadModel(${JSON.stringify(testModelFolder())}, { isq: ${isq} });
    const resident = process.memoryUsage.rss() - before;
    const reply = async (request) => (await model.streamCompletion({ temperature: 0, ...request }).result()).text;
    const told = await reply({ messages: [{ role: 'user', content: 'Tell me about the sea.' }], maxOutputTokens: 16 });
    const counted = await reply({ prompt: '1, 2, 3, 4, 5,', maxOutputTokens: 12 });
    console.log(JSON.stringify({ info: model.info, resident, told, counted }));
  `,
    100_000,
  );
  expect({ code: end.code, signal: end.signal, stderr: end.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(end.stdout) as Figures;
}

describe('real weights', () => {
  let plain: Figures;
  let eight: Figures;
  let four: Figures;
  beforeAll(async () => {
    plain = await figuresOf();
    eight = await figuresOf(8);
    four = await figuresOf(4);
  }, 300_000);

  it('say sensible things as they are and quantised to 8 and to 4 bits', () => {
    for (const { told, counted } of [plain, eight, four]) {
      expect(told).toMatch(/\bsea\b/i);
      expect(told).toMatch(/^[\w ,.;:'’-]+$/);
      expect(counted).toMatch(/^ 6, 7, 8/);
    }
  });

  it('take less memory the fewer bits they have', () => {
    const memory = (figures: Figures) => figures.info.memoryBytes;
    expect(memory(four)).toBeLessThan(memory(eight));
    expect(memory(eight)).toBeLessThan(memory(plain));
    expect(four.resident).toBeLessThan(eight.resident);
    expect(eight.resident).toBeLessThan(plain.resident);
    // Loading leaves nothing beside the weights: the memory added is what info says, give or take the library's own.
    for (const figures of [plain, eight, four]) {
      expect(Math.abs(figures.resident - memory(figures))).toBeLessThan(100e6);
    }
  });

  it('are called by what they are held in', () => {
    expect([plain, eight, four].map(({ info }) => info.quantization)).toEqual(['F32', 'Q8_0', 'Q4K']);
    for (const { info } of [plain, eight, four]) {
      expect(info).toMatchObject({ format: 'safetensors', architecture: 'LlamaForCausalLM', parameterCount: 134_515_008 });
    }
  });
});

describe('the quantisations by name', () => {
  beforeAll(() => {
    writeTinySafetensors(tiny, { hidden: 256, feedForward: 512 });
  });

  it.each([
    [2, 'Q2K'],
    [3, 'Q3K'],
    [4, 'Q4K'],
    [5, 'Q5K'],
    [6, 'Q6K'],
    [8, 'Q8_0'],
    ['Q4_0', 'Q4_0'],
    ['q4_1', 'Q4_1'],
    ['Q5_0', 'Q5_0'],
    ['Q5_1', 'Q5_1'],
    ['Q8_0', 'Q8_0'],
    ['Q4_K', 'Q4K'],
    ['Q6K', 'Q6K'],
    ['HQQ8', 'HQQ8'],
    ['HQQ4', 'HQQ4'],
  ] as const)('%s is %s, and runs', async (isq, quantization) => {
    await using model = await loadModel(tiny, { isq });
    expect(model.info.quantization).toBe(quantization);
    const { usage } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 8 }).result();
    expect(usage.outputTokens).toBe(8);
  });

  it.each(['Q8_1', 'Q8K', 'FP8', 'AFQ2', 'AFQ4', 'AFQ8', 'F8Q8', 'MXFP4'])(
    '%s, made for other devices, runs or is refused, and the process lives',
    async (isq) => {
      const end = await runScript(`
        try {
          const model = await loadModel(${JSON.stringify(tiny)}, { isq: ${JSON.stringify(isq)} });
          const { usage } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 8 }).result();
          console.log(usage.outputTokens === 8 ? 'ran' : 'broke off');
        } catch ({ code, message }) {
          console.log(code);
        }
      `);
      expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
      expect(end.stdout.trim()).toMatch(/^(ran|invalid-argument|unsupported-device|engine-failed)$/);
    },
  );

  it('a model too narrow for whole blocks is held in what fits, or refused by name', async () => {
    const narrow = `${tiny}-narrow`;
    writeTinySafetensors(narrow, { hidden: 64 });
    const end = await runScript(`
      try {
        const model = await loadModel(${JSON.stringify(narrow)}, { isq: 4 });
        const { usage } = await model.streamPrompt('Hi', { temperature: 0, maxOutputTokens: 8 }).result();
        console.log(usage.outputTokens === 8 ? 'ran' : 'broke off');
      } catch ({ code, field }) {
        console.log(code, field);
      }
    `);
    expect({ code: end.code, signal: end.signal }).toEqual({ code: 0, signal: null });
    expect(end.stdout.trim()).toMatch(/^(ran|invalid-argument isq)$/);
  });
});
