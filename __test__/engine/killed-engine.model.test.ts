import { expect, it } from 'vitest';
import { openModel } from '../../src/engine/open-model.ts';
import { loadBinding } from '../../src/native/load-binding.ts';
import type { NativeModel } from '../../src/native/native-binding.ts';
import { prepareLoad } from '../../src/request/prepare-load.ts';
import type { TramontaneError } from '../../src/spec/tramontane-error.ts';
import { testModel } from '../support/test-model.ts';
import { untilQuiet } from '../support/until-quiet.ts';

it('when the engine dies, running streams fail with their partial text, and the next one works', async () => {
  let native: NativeModel | undefined;
  const binding = () => ({
    NativeModel: new Proxy(loadBinding().NativeModel, {
      construct: (constructor, options) => (native = Reflect.construct(constructor, options) as NativeModel),
    }),
  });
  const model = await openModel(prepareLoad(testModel()), binding);
  const ask = (prompt: string, maxOutputTokens: number) =>
    model.streamCompletion({ prompt, temperature: 0, maxOutputTokens });
  const before = await ask('Once upon a time', 8).result();

  for (let round = 0; round < 3; round += 1) {
    const stream = ask('The sea is', 500);
    let text = '';
    const reading = (async () => {
      for await (const delta of stream.textStream) {
        text += delta;
        if (text.length > 20) native?.killEngine();
      }
    })();
    const error: TramontaneError = await reading.then(
      () => expect.unreachable('the stream did not fail'),
      (reason: TramontaneError) => reason,
    );
    expect(error).toMatchObject({ code: 'engine-failed', partial: { text } });
    expect(text.length).toBeGreaterThan(20);
    expect(error.partial?.usage.outputTokens).toBeGreaterThan(0);
    expect(await ask('Once upon a time', 8).result()).toMatchObject({ text: before.text, finishReason: 'length' });
    expect(await untilQuiet(model)).toMatchObject({ liveSequences: 0, queuedSequences: 0, parkedSequences: 0 });
  }
  await model.close();
});
