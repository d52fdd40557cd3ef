import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BuildError } from './build-error.mjs';

/**
 * Runs `main` when the file at `moduleUrl` is the script that node was started with, and does nothing when it is imported.
 * A BuildError is printed without its stack; every failure sets exit code 1. Ctrl-C and SIGTERM end the process
 * through `process.exit`, so that exit handlers release the build lock and stop child processes.
 *
 * @param {string} moduleUrl `import.meta.url` of the script.
 * @param {() => Promise<void>} main
 */
export async function runScript(moduleUrl, main) {
  if (!isStarted(fileURLToPath(moduleUrl))) return;
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    await main();
  } catch (error) {
    process.exitCode = 1;
    if (error instanceof BuildError || isParseArgsError(error)) process.stderr.write(`\n${error.message}\n`);
    else process.stderr.write(`\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
}

/** @param {string} file */
function isStarted(file) {
  try {
    return process.argv[1] !== undefined && realpathSync(process.argv[1]) === realpathSync(file);
  } catch {
    // What started this process is no file.
    return false;
  }
}

/**
 * @param {unknown} error
 * @returns {error is Error}
 */
function isParseArgsError(error) {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
