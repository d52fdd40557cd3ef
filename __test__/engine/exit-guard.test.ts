import { expect, it } from 'vitest';
import { openFakeModel } from '../support/open-fake-model.ts';

/** What the process does on its way out. Other listeners are not asked. */
function exitListeners(): (() => void)[] {
  return process.listeners('exit').filter(({ name }) => name === 'shutDownAll') as (() => void)[];
}

it('listens once, however many models there are', async () => {
  await Promise.all([openFakeModel(), openFakeModel(), openFakeModel()]);
  expect(exitListeners()).toHaveLength(1);
});

it('shuts every open model down on exit, and no closed one', async () => {
  const [open, other, closed] = await Promise.all([openFakeModel(), openFakeModel(), openFakeModel()]);
  await closed.model.close();
  other.native.shutdown = () => {
    throw new Error('stuck');
  };
  for (const listener of exitListeners()) listener();
  expect(open.native.shutdowns).toEqual([200]);
  expect(closed.native.shutdowns).toEqual([]);
});
