import { describe, expect, it } from 'vitest';
import { runScript } from '../support/run-script.ts';
import { testModel } from '../support/test-model.ts';

interface Delays {
  /** Milliseconds by which the event loop was late. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  readonly tokens: number;
}

/** The lateness of the event loop while `work` goes on, in a process that does nothing else. */
async function delaysDuring(work: string): Promise<Delays> {
  const end = await runScript(
    `
    import { monitorEventLoopDelay } from 'node:perf_hooks';
    const model = await loadModel(${JSON.stringify(testModel())});
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const begin = () => delay.enable();
    let tokens = 0;
    ${work}
    delay.disable();
    const ms = (nanoseconds) => nanoseconds / 1e6;
    console.log(JSON.stringify({ p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max), tokens }));
  `,
    100_000,
  );
  expect({ code: end.code, signal: end.signal, stderr: end.stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return JSON.parse(end.stdout) as Delays;
}

/** What lateness is allowed in all but one of a hundred turns, in milliseconds. */
const limitMs = 20;

/** The best of up to three attempts: a machine that others use too delays everybody. */
async function bestOf(work: string): Promise<Delays> {
  const attempts: Delays[] = [];
  while (attempts.length < 3 && !attempts.some(({ p99 }) => p99 < limitMs)) attempts.push(await delaysDuring(work));
  return attempts.reduce((best, attempt) => (attempt.p99 < best.p99 ? attempt : best));
}

describe('the event loop is on time', () => {
  it('while a stream is read that the engine computes on all its threads', async () => {
    const { p99, tokens } = await bestOf(`
      const stream = model.streamCompletion({ prompt: 'Once upon a time', temperature: 0, maxOutputTokens: 80 });
      begin();
      for await (const part of stream) if (part.type === 'finish') tokens = part.usage.outputTokens;
    `);
    expect(tokens).toBe(80);
    expect(p99).toBeLessThan(limitMs);
  }, 320_000);

  it('while a long prompt is taken in', async () => {
    const { p99, tokens } = await bestOf(`
      const prompt = 'The wind blows from the mountains. '.repeat(40);
      begin();
      tokens = (await model.streamCompletion({ prompt, maxOutputTokens: 1 }).result()).usage.inputTokens;
    `);
    expect(tokens).toBeGreaterThan(200);
    expect(p99).toBeLessThan(limitMs);
  }, 320_000);

  it('while another model is loaded', async () => {
    const { p99 } = await bestOf(`
      begin();
      const second = await loadModel(${JSON.stringify(testModel())});
      await second.close();
    `);
    expect(p99).toBeLessThan(limitMs);
  }, 320_000);
});
