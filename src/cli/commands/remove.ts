import { listCachedModels, removeCachedModel, TramontaneError } from '../../index.ts';
import { closestName } from '../../request/closest-name.ts';
import { CommandError, exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { fileOptions } from '../model/model-options.ts';
import { formatBytes } from '../terminal/units.ts';

/** `tramontane remove`: takes models out of the hub's cache. */
export const remove = defineCommand({
  summary: 'Remove downloaded models',
  usage: ['[OPTIONS] MODEL...'],
  about:
    "Removes models from the hub's shared cache, at once and for all tools that use it. Files elsewhere are not touched. One that is being downloaded or removed by another program is left alone.",
  examples: [
    { line: 'tramontane remove org/name', does: 'all that is there of a model' },
    { line: 'tramontane remove org/name --revision v1.0', does: 'one revision; what others share with it stays' },
  ],
  positionals: { min: 1, max: Infinity },
  options: {
    revision: { kind: 'text', value: 'REV', field: 'revision', help: 'only this branch, tag or commit', default: 'all there is' },
    json: { kind: 'flag', help: 'what was removed, as one JSON array' },
    'cache-dir': fileOptions['cache-dir'],
  },
  async run({ values, positionals, terminal }) {
    const { revision, 'cache-dir': cacheDir } = values;
    const removed = [];
    for (const model of positionals) {
      try {
        const gone = await removeCachedModel(model, { revision, cacheDir });
        removed.push(gone);
        if (!values.json) terminal.stdout.write(`${model} is removed; ${formatBytes(gone.freedBytes)} are free\n`);
      } catch (error) {
        throw revision === undefined && TramontaneError.isInstance(error) && error.code === 'model-not-found'
          ? await notThere(model, cacheDir, error)
          : error;
      }
    }
    if (values.json) terminal.stdout.write(`${JSON.stringify(removed)}\n`);
    return exitCodes.done;
  },
});

async function notThere(model: string, cacheDir: string | undefined, cause: unknown): Promise<CommandError> {
  const names = (await listCachedModels({ cacheDir })).map((cached) => cached.model);
  const hint = names.length === 0 ? 'nothing was downloaded' : `did you mean ${closestName(model, names)}? "tramontane list" lists all`;
  return new CommandError(`${model} is not in the cache; ${hint}`, exitCodes.failed, cause);
}
