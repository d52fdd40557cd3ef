import { describe, expect, it } from 'vitest';
import type { AnyStreamPart } from '../../src/index.ts';
import { PartBuffer } from '../../src/stream/part-buffer.ts';
import { everyPart, part } from '../support/parts.ts';
import { randomFrom } from '../support/random.ts';

const texts = ['', 'a', 'é', '€', '😀', 'long '.repeat(20)];
const bytesOf = (parts: readonly AnyStreamPart[]) =>
  parts.reduce((sum, each) => sum + ('delta' in each ? Buffer.byteLength(each.delta) : 0), 0);

describe('a buffer of parts', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))('counts what is in it, whatever happens (round %i)', (seed) => {
    const random = randomFrom(seed);
    const buffer = new PartBuffer();
    let model: AnyStreamPart[] = [];
    const most = { parts: 0, bytes: 0 };
    const taken: [AnyStreamPart | undefined, AnyStreamPart | undefined][] = [];
    for (let step = 0; step < 300; step += 1) {
      const choice = random();
      if (choice < 0.55) {
        const delta = texts[Math.floor(random() * texts.length)] ?? '';
        const pushed = random() < 0.5 ? part.text(delta) : part.thought(delta);
        buffer.push(pushed);
        model.push(pushed);
      } else if (choice < 0.98) {
        taken.push([buffer.take(), model.shift()]);
      } else {
        const wants = ({ type }: AnyStreamPart) => type === 'text-delta';
        buffer.keepOnly(wants);
        model = model.filter(wants);
      }
      most.parts = Math.max(most.parts, model.length);
      most.bytes = Math.max(most.bytes, bytesOf(model));
      expect([buffer.length, buffer.bytes]).toEqual([model.length, bytesOf(model)]);
    }
    expect(buffer.most).toEqual(most);
    expect(taken.every(([is, shouldBe]) => is === shouldBe)).toBe(true);
  });

  it('counts the text of every kind of part, as UTF-8', () => {
    const cases: [AnyStreamPart, number][] = [
      [part.text('€'), 3],
      [part.thought('ab'), 2],
      [part.toolStart(0, 'id', 'name'), 0],
      [part.toolDelta(0, 'id', '{"a"'), 4],
      [part.tool(0, 'id', 'name', {}), 2],
      [part.likely('é', 'a'), 6],
      [part.finish(), 0],
    ];
    for (const [each, bytes] of cases) {
      const buffer = new PartBuffer();
      buffer.push(each);
      expect([each.type, buffer.bytes]).toEqual([each.type, bytes]);
    }
    expect(new Set(cases.map(([{ type }]) => type))).toEqual(new Set(everyPart.map(({ type }) => type)));
  });

  it('takes 300,000 parts through a reader that is never done, without keeping those that were taken', async () => {
    const buffer = new PartBuffer();
    const first = new WeakRef(part.text('first'));
    buffer.push(first.deref() as AnyStreamPart);
    for (let count = 0; count < 300_000; count += 1) {
      buffer.push(part.text('x'));
      if (count >= 100) buffer.take();
    }
    expect(buffer.length).toBe(101);
    await new Promise((resolve) => void setTimeout(resolve, 10));
    globalThis.gc?.();
    expect(first.deref()).toBeUndefined();
  });
});
