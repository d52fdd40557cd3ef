import { describe, expect, it } from 'vitest';
import { ResponseStore } from '../../../src/server/responses/response-store.ts';
import type { StoredResponse } from '../../../src/server/responses/response-store.ts';

const limits = { maxStored: 3, maxStoredBytes: 10_000, ttlMs: 1000 };

function stored(name: string, text = ''): StoredResponse {
  const output = [{ id: `msg_${name}_0`, type: 'message', content: text }];
  return { response: { id: `resp_${name}`, status: 'completed', output }, inputItems: [], conversation: [] };
}

describe('the store of responses', () => {
  it('gives a response by its id until it is deleted', () => {
    const store = new ResponseStore(limits);
    store.add(stored('a'));
    expect(store.get('resp_a')).toEqual(stored('a'));
    expect(store.delete('resp_a')).toBe(true);
    expect(store.delete('resp_a')).toBe(false);
    expect(store.get('resp_a')).toBeUndefined();
    expect(store.bytes).toBe(0);
  });

  it('forgets the oldest of too many', () => {
    const store = new ResponseStore(limits);
    for (const name of ['a', 'b', 'c', 'd']) store.add(stored(name));
    expect(store.size).toBe(3);
    expect(store.get('resp_a')).toBeUndefined();
    expect(store.get('resp_d')).toBeDefined();
  });

  it('keeps no more bytes than it may, and not what alone is more', () => {
    const store = new ResponseStore(limits);
    store.add(stored('a', 'x'.repeat(6000)));
    store.add(stored('b', 'x'.repeat(6000)));
    expect(store.get('resp_a')).toBeUndefined();
    expect(store.bytes).toBeLessThan(10_000);
    store.add(stored('c', 'x'.repeat(20_000)));
    expect(store.get('resp_c')).toBeUndefined();
    expect(store.get('resp_b')).toBeDefined();
  });

  it('forgets what is older than it may be', () => {
    let now = 0;
    const store = new ResponseStore(limits, () => now);
    store.add(stored('a'));
    now = 999;
    expect(store.get('resp_a')).toBeDefined();
    now = 1000;
    store.add(stored('b'));
    expect(store.size).toBe(1);
    expect(store.get('resp_a')).toBeUndefined();
  });

  it('finds an item by its id', () => {
    const store = new ResponseStore(limits);
    store.add(stored('a'));
    expect(store.itemById('msg_a_0')).toMatchObject({ id: 'msg_a_0' });
    expect(store.itemById('msg_a_1')).toBeUndefined();
    expect(store.itemById('msg_x')).toBeUndefined();
  });
});
