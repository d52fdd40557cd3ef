import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir } from '../../build/cache-dir.mjs';
import { TEST_MODEL } from '../../build/get-model.mjs';
import { writeLlamaFolderOf } from './models/llama-folder-of-gguf.ts';

/**
 * The path of SmolLM2-135M-Instruct as GGUF: what `npm test` passes in TRAMONTANE_TEST_MODEL, or what it has downloaded
 * before. Throws where there is none, as a test that was left out looks like one that passed.
 */
export function testModel(): string {
  const path = process.env['TRAMONTANE_TEST_MODEL'] ?? join(cacheDir(), 'models', TEST_MODEL.hub.fileName);
  if (existsSync(path)) return path;
  throw new Error(`the test model ${path} is missing; run npm test, or node build/get-model.mjs, to download it`);
}

/** The same model as a folder of half-precision safetensors, 270 MB, written into the cache when it is first asked for. */
export function testModelFolder(): string {
  const folder = join(cacheDir(), 'fixtures', 'smollm2-safetensors');
  writeLlamaFolderOf(testModel(), folder);
  return folder;
}
