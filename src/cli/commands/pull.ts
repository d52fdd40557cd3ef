import { downloadModel } from '../../index.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { filesOf } from '../model/files-of.ts';
import { fileOptions } from '../model/model-options.ts';
import { shortName } from '../model/open-model.ts';
import { ProgressBar } from '../terminal/progress-bar.ts';
import { formatBytes } from '../terminal/units.ts';
import { untilInterrupted } from '../terminal/until-interrupted.ts';

const { file, revision, endpoint, 'cache-dir': cacheDir } = fileOptions;
const options = {
  json: { kind: 'flag', help: 'what was downloaded, as one JSON object' },
  file,
  revision,
  'cache-dir': cacheDir,
  endpoint,
} as const;

/** `tramontane pull`: brings a model of the hub. */
export const pull = defineCommand({
  summary: 'Download a model',
  usage: ['[OPTIONS] MODEL'],
  about:
    "Brings what a load of the model reads into the hub's shared cache, which other tools use too. What is there already is not brought again. Ctrl-C stops; what has come is kept, and the next pull goes on from there.",
  examples: [
    { line: 'tramontane pull org/name', does: 'a repository with one model' },
    { line: 'tramontane pull org/name:model-Q4_K_M.gguf', does: 'one file of a repository that holds several' },
  ],
  positionals: { min: 1, max: 1 },
  options,
  async run({ values, positionals: [name = ''], terminal }) {
    const { model, options: where } = filesOf(name, values);
    const bar = new ProgressBar(terminal.stderr);
    try {
      const downloaded = await untilInterrupted(terminal, (abortSignal) =>
        downloadModel(model, {
          ...where,
          abortSignal,
          onProgress: ({ phase, done, total, unit, file: at }) =>
            bar.update({ label: `${phase === 'resolve' ? 'looking for' : 'downloading'} ${shortName(at ?? model)}`, done, total, unit }),
        }),
      );
      bar.stop();
      const { path, files, bytes, downloadedBytes } = downloaded;
      if (values.json) terminal.stdout.write(`${JSON.stringify(downloaded)}\n`);
      else {
        const brought = downloadedBytes === 0 ? 'all there already' : `${formatBytes(downloadedBytes)} downloaded`;
        terminal.stderr.write(`${name}: ${formatBytes(bytes)} in ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${brought}\n`);
        terminal.stdout.write(`${path}\n`);
      }
      return exitCodes.done;
    } catch (error) {
      bar.stop();
      if (!(error instanceof CommandError && error.exitCode === exitCodes.interrupted)) throw error;
      throw new CommandError('stopped; what has come is kept, and the same command goes on from there', exitCodes.interrupted);
    }
  },
});
