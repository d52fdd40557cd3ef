import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { LoadableModel } from '../../src/server/index.ts';
import { ModelRegistry } from '../../src/server/model-registry.ts';
import { PlayedModel } from '../support/server/played-model.ts';
import { errorOf } from '../support/read-stream.ts';
import { turns } from '../support/turns.ts';

const never = new AbortController().signal;

/** A model to be loaded, and the loads that there were. */
function loadable(options: { idleUnloadMs?: number; loadMs?: number; failures?: number } = {}) {
  const loads: { readonly abortSignal: AbortSignal; readonly model: PlayedModel }[] = [];
  let failures = options.failures ?? 0;
  const source: LoadableModel = {
    load: async ({ abortSignal }) => {
      const model = new PlayedModel();
      loads.push({ abortSignal, model });
      await setTimeout(options.loadMs ?? 1, undefined, { signal: abortSignal });
      failures -= 1;
      if (failures >= 0) throw new Error('no such file');
      return model;
    },
    idleUnloadMs: options.idleUnloadMs,
  };
  return { source, loads };
}

function registryOf(models: Record<string, LoadableModel | PlayedModel>, maxLoadedModels = Infinity): ModelRegistry {
  return new ModelRegistry({ models: new Map(Object.entries(models)), defaultModel: Object.keys(models)[0], maxLoadedModels });
}

it('loads a model once for all who ask for it at the same time', async () => {
  const { source, loads } = loadable();
  const registry = registryOf({ a: source, alias: source });
  expect(loads).toHaveLength(0);
  const leases = await Promise.all([registry.acquire('a', never), registry.acquire('alias', never), registry.acquire(undefined, never)]);
  expect(loads).toHaveLength(1);
  for (const { model } of leases) expect(model).toBe(loads[0]?.model);
  expect([...registry.loaded.keys()]).toEqual(['a']);
});

it('reports a load that fails to all who wait, and tries again with the next', async () => {
  const { source, loads } = loadable({ failures: 1 });
  const registry = registryOf({ a: source });
  const errors = await Promise.all([errorOf(registry.acquire('a', never)), errorOf(registry.acquire('a', never))]);
  for (const error of errors) expect(error).toMatchObject({ status: 503, code: 'model_load_failed', cause: { message: 'no such file' } });
  expect(errors[0]?.message).not.toContain('no such file');
  await registry.acquire('a', never);
  expect(loads).toHaveLength(2);
});

it('ends a load that nobody waits for any more, and begins anew for who comes then', async () => {
  const { source, loads } = loadable({ loadMs: 30 });
  const registry = registryOf({ a: source });
  const controllers = [new AbortController(), new AbortController()];
  const waiting = controllers.map(({ signal }) => errorOf(registry.acquire('a', signal)));
  await turns();
  controllers[0]?.abort(new Error('first left'));
  expect(await waiting[0]).toMatchObject({ message: 'first left' });
  expect(loads[0]?.abortSignal.aborted).toBe(false);
  controllers[1]?.abort(new Error('second left'));
  await waiting[1];
  expect(loads[0]?.abortSignal.aborted).toBe(true);
  expect((await registry.acquire('a', never)).model).toBe(loads[1]?.model);
});

it('unloads a model that was idle long enough, and never one in use', async () => {
  const { source, loads } = loadable({ idleUnloadMs: 30 });
  const registry = registryOf({ a: source });
  const first = await registry.acquire('a', never);
  const second = await registry.acquire('a', never);
  first.release();
  await setTimeout(80);
  expect(loads[0]?.model.closed).toBe(false);
  second.release();
  await expect.poll(() => loads[0]?.model.closed).toBe(true);
  expect(registry.loaded.size).toBe(0);
  await registry.acquire('a', never);
  expect(loads).toHaveLength(2);
});

it('closes the model that was idle longest where there is room for no more', async () => {
  const models = { a: loadable(), b: loadable(), c: loadable() };
  const registry = registryOf({ a: models.a.source, b: models.b.source, c: models.c.source }, 2);
  for (const name of ['a', 'b', 'a']) {
    (await registry.acquire(name, never)).release();
    await setTimeout(2);
  }
  await registry.acquire('c', never);
  expect([...registry.loaded.keys()]).toEqual(['a', 'c']);
  expect(models.b.loads[0]?.model.closed).toBe(true);
});

it('waits for room where all models are in use, as long as the caller does', async () => {
  const models = { a: loadable(), b: loadable() };
  const registry = registryOf({ a: models.a.source, b: models.b.source }, 1);
  const a = await registry.acquire('a', never);
  const controller = new AbortController();
  const impatient = errorOf(registry.acquire('b', controller.signal));
  const patient = registry.acquire('b', never);
  await setTimeout(10);
  controller.abort(new Error('left'));
  expect(await impatient).toMatchObject({ message: 'left' });
  expect(models.b.loads).toHaveLength(0);
  a.release();
  await patient;
  expect(models.a.loads[0]?.model.closed).toBe(true);
});

it('gets by with little room however many models are asked for at once', async () => {
  const all = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`m${index}`, loadable()]));
  const registry = registryOf(Object.fromEntries(Object.entries(all).map(([name, { source }]) => [name, source])), 2);
  let most = 0;
  await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const lease = await registry.acquire(`m${index % 6}`, never);
      most = Math.max(most, registry.loaded.size);
      expect((lease.model as PlayedModel).closed).toBe(false);
      await setTimeout(index % 4);
      expect((lease.model as PlayedModel).closed).toBe(false);
      lease.release();
    }),
  );
  expect(most).toBeLessThanOrEqual(2);
});

it('closes what it has loaded, a load that runs included, and leaves alone what it was given', async () => {
  const given = new PlayedModel();
  const ready = loadable();
  const slow = loadable({ loadMs: 10_000 });
  const registry = registryOf({ given, ready: ready.source, slow: slow.source });
  await registry.acquire('ready', never);
  const waiting = errorOf(registry.acquire('slow', never));
  await turns();
  await registry.close();
  expect(ready.loads[0]?.model.closed).toBe(true);
  expect(slow.loads[0]?.abortSignal.aborted).toBe(true);
  expect(await waiting).toMatchObject({ code: 'model_load_failed' });
  expect(given.closed).toBe(false);
});
