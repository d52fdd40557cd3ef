import { parseArgs } from 'node:util';
import { BuildError } from './build-error.mjs';
import { buildDist } from './build-dist.mjs';
import { CHECKOUT } from './build.mjs';
import { getModel } from './get-model.mjs';
import { installLlamaCppPython, llamaCppPython } from './llama-cpp-python.mjs';
import { installOllama, ollama } from './ollama.mjs';
import { ProgressLine } from './progress-line.mjs';
import { nodeToolEnv, runCommand } from './run-command.mjs';
import { runScript } from './run-script.mjs';

const SERVERS = [
  { name: 'llama-cpp-python', find: llamaCppPython, install: installLlamaCppPython, needs: 'Python 3, a C++ compiler, cmake' },
  { name: 'Ollama', find: ollama, install: installOllama, needs: 'Go 1.24.1, a C++ compiler, Python 3' },
];

const HELP = `Runs remote engines against real servers on this machine, each with the test model.

  npm run test:servers [-- OPTIONS]

  --install   first installs the servers that are missing into the cache folder, compiling each for minutes:
${SERVERS.map(({ name, needs }) => `                ${name.padEnd(18)} needs ${needs}`).join('\n')}
  --help      this text

Without --install, servers that are not there are skipped; npm test does the same.
`;

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({ options: { install: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const progress = new ProgressLine();
  for (const { name, find, install } of SERVERS) {
    if (find() === null && values.install) {
      await install({ progress }).catch((error) => {
        if (!(error instanceof BuildError)) throw error;
        // The others can be tried all the same.
        progress.log(`${error.message}\n\n${name} could not be installed; why is above.`);
        process.exitCode = 1;
      });
    }
    progress.log(`${name}: ${find() ?? 'not installed (--install does it)'}`);
  }
  await buildDist(CHECKOUT);
  const env = { ...nodeToolEnv(CHECKOUT), TRAMONTANE_TEST_MODEL: await getModel({ progress }) };
  /** @param {string} line */
  const print = (line) => void process.stdout.write(`${line}\n`);
  const args = ['run', '--project', 'model', '--reporter=verbose', '__test__/remote/'];
  const { code } = await runCommand('vitest', args, { cwd: CHECKOUT, env, onStdoutLine: print, onStderrLine: print });
  process.exitCode ||= code;
});
