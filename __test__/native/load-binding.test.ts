import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { loadModel } from '../../src/index.ts';
import { errorOf } from '../support/read-stream.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tramontane-binding-'));
  return () => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  };
});

function useLibrary(source: string): string {
  const path = join(folder, 'library.cjs');
  writeFileSync(path, source);
  vi.stubEnv('TRAMONTANE_NATIVE_PATH', path);
  return path;
}

it('says which file was named, where there is none', async () => {
  const path = join(folder, 'missing.node');
  vi.stubEnv('TRAMONTANE_NATIVE_PATH', path);
  expect(await errorOf(loadModel('a.gguf'))).toMatchObject({ code: 'native-unavailable', file: path });
});

it('gives what the library threw while being loaded as the cause', async () => {
  useLibrary('throw new Error("wrong ELF class")');
  expect(await errorOf(loadModel('a.gguf'))).toMatchObject({
    code: 'native-unavailable',
    message: expect.stringContaining('wrong ELF class'),
    cause: { message: 'wrong ELF class' },
  });
});

it('refuses a library that is another one', async () => {
  useLibrary('module.exports = {}');
  expect(await errorOf(loadModel('a.gguf'))).toMatchObject({
    code: 'native-unavailable',
    message: expect.stringContaining('no native library of tramontane'),
  });
});

it('does not load a library for a bad argument or a raised signal', async () => {
  useLibrary('throw new Error("loaded")');
  expect(await errorOf(loadModel(''))).toMatchObject({ code: 'invalid-argument', field: 'model' });
  const reason = new Error('gone');
  const error = await errorOf(loadModel('a.gguf', { abortSignal: AbortSignal.abort(reason) }));
  expect(error).toMatchObject({ code: 'aborted', cause: reason });
});

// Last, as a library is loaded once and kept.
it('tries again after a failure, and loads the library named by TRAMONTANE_NATIVE_PATH', async () => {
  useLibrary(`module.exports = { NativeEmbeddingModel: class {}, NativeModelFiles: class {} };
  module.exports.NativeModel = class {
    constructor(options) { this.options = options }
    loaded() { return Promise.resolve(JSON.stringify({ info: { model: JSON.parse(this.options).model } })) }
    close() { return Promise.resolve() }
    drain() { return '{"parts":[],"more":false}' }
    shutdown() {}
  }`);
  const model = await loadModel('a.gguf');
  expect(model.info).toEqual({ model: 'a.gguf' });
  expect(Object.isFrozen(model.info)).toBe(true);
  await model.close();
});
