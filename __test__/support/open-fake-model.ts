import type { Model } from '../../src/engine/model.ts';
import { openModel } from '../../src/engine/open-model.ts';
import { fakeBinding } from './fake-native-model.ts';
import type { FakeNativeModel } from './fake-native-model.ts';

/** A loaded model on a fake native one. */
export async function openFakeModel(): Promise<{ model: Model; native: FakeNativeModel }> {
  const { binding, models } = fakeBinding();
  const opening = openModel({ json: '{}', abortSignal: undefined, onProgress: undefined }, () => binding);
  const [native] = models;
  if (!native) throw new Error('openModel made no native model');
  native.finishLoad();
  return { model: await opening, native };
}
