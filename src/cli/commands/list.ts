import { listCachedModels } from '../../index.ts';
import type { CachedModel } from '../../index.ts';
import { exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { fileOptions } from '../model/model-options.ts';
import { columnsOf } from '../terminal/columns-of.ts';
import { formatBytes } from '../terminal/units.ts';

/** `tramontane list`: the models of the hub's cache. */
export const list = defineCommand({
  summary: 'List the downloaded models',
  usage: ['[OPTIONS]'],
  about: "Lists what is in the hub's shared cache, whichever tool has downloaded it, with its size on disk and when it was last used.",
  examples: [
    { line: 'tramontane list', does: 'which models are there' },
    { line: 'tramontane list --files', does: 'with the files of each' },
  ],
  positionals: { min: 0, max: 0 },
  options: {
    files: { kind: 'flag', help: 'the files of each model too' },
    json: { kind: 'flag', help: 'one JSON array, with sizes in bytes' },
    'cache-dir': fileOptions['cache-dir'],
  },
  async run({ values, terminal, paint }) {
    const models = await listCachedModels({ cacheDir: values['cache-dir'] });
    if (values.json) terminal.stdout.write(`${JSON.stringify(models)}\n`);
    else if (models.length === 0) terminal.stderr.write('no model was downloaded yet; "tramontane pull org/name" brings one\n');
    else {
      const rows = models.flatMap((model) => [rowOf(model)].concat(values.files ? fileRows(model) : []));
      const [header = '', ...lines] = columnsOf([['MODEL', 'SIZE', 'LAST USED', 'REVISIONS'], ...rows]);
      terminal.stdout.write(`${[paint.stdout('dim', header), ...lines].join('\n')}\n`);
    }
    return exitCodes.done;
  },
});

function rowOf({ model, bytes, partialBytes, lastUsedAt, revisions }: CachedModel): string[] {
  const names = revisions.map(({ names: [name], commit }) => name ?? commit.slice(0, 8)).join(', ');
  const unfinished = partialBytes > 0 ? `${names === '' ? '' : '; '}${formatBytes(partialBytes)} unfinished` : '';
  return [model, formatBytes(bytes), lastUsedAt.toISOString().slice(0, 10), names + unfinished];
}

function fileRows({ revisions }: CachedModel): string[][] {
  const [newest] = revisions;
  return (newest?.files ?? []).map(({ name, bytes }) => [`  ${name}`, formatBytes(bytes), '', '']);
}
