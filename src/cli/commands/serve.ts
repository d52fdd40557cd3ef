import { createServer } from '../../server/index.ts';
import type { ListenOptions, ServerOptions } from '../../server/index.ts';
import { exitCodes } from '../command-error.ts';
import { defineCommand } from '../command.ts';
import { hubOptions, loadOptions, remoteOptions } from '../model/model-options.ts';
import { errorMessage } from '../report-error.ts';
import { readApiKeys } from '../serve/read-api-keys.ts';
import { servedModels } from '../serve/served-models.ts';
import { untilSignalled } from '../serve/until-signalled.ts';

// Besides the keys that clients bring, it would be taken for theirs.
const { 'api-key-env': remoteKey, ...reachOptions } = remoteOptions;
const options = {
  model: {
    kind: 'texts',
    short: 'm',
    value: 'NAME=MODEL',
    help: 'a model to serve, and the name that requests call it by; without NAME= by its own; the first is the default one',
    default: 'TRAMONTANE_MODEL in the environment',
  },
  host: { kind: 'text', value: 'HOST', field: 'host', help: 'the address to listen on; 0.0.0.0 for all of this machine', default: '127.0.0.1, this machine only' },
  port: { kind: 'integer', short: 'p', value: 'PORT', field: 'port', help: 'the port; 0 for one that is free', default: '8080' },
  'api-key-file': { kind: 'text', value: 'FILE', help: 'a file with the keys that clients may send, one a line; TRAMONTANE_API_KEY in the environment holds one', default: 'no key is needed' },
  cors: { kind: 'texts', value: 'ORIGIN', field: 'cors', help: 'web pages that may use it, such as https://chat.example.org; * for all', default: 'none' },
  'allowed-host': { kind: 'texts', value: 'NAME', field: 'allowedHosts', help: 'a name that requests may call this server by', default: 'any; without keys on 127.0.0.1 only those of this machine' },
  'no-page': { kind: 'flag', help: 'no page to chat on at /' },
  lazy: { kind: 'flag', help: 'load each model when the first request asks for it' },
  'idle-unload': { kind: 'duration', value: 'TIME', field: 'idleUnloadMs', help: 'unload a model that was not asked for so long, such as 10m; implies --lazy', default: '0, never' },
  'max-loaded': { kind: 'integer', value: 'N', field: 'maxLoadedModels', help: 'the most models at once; one that is idle gives way; implies --lazy', default: 'no limit' },
  'max-queue': { kind: 'integer', value: 'N', field: 'maxQueue', help: 'the most requests that wait for a model; one more gets status 429', default: '1024' },
  'max-connections': { kind: 'integer', value: 'N', field: 'maxConnections', help: 'the most connections at once', default: 'no limit' },
  'max-body': { kind: 'bytes', value: 'SIZE', field: 'maxBodyBytes', help: "the largest request's body", default: '32MiB' },
  'request-timeout': { kind: 'duration', value: 'TIME', field: 'maxRequestMs', help: 'how long a request may take, such as 5m', default: '0, as long as it likes' },
  grace: { kind: 'duration', value: 'TIME', field: 'deadlineMs', help: 'how long running answers may go on after the first Ctrl-C or SIGTERM', default: '10s' },
  json: { kind: 'flag', help: 'a line of JSON with url and models, once it listens' },
  ...hubOptions,
  ...loadOptions,
  ...reachOptions,
  'remote-key-env': remoteKey,
} as const;
const graceMs = 10_000;

/** `tramontane serve`: a server with OpenAI's API and Ollama's. */
export const serve = defineCommand({
  summary: 'Serve models to any client of OpenAI or Ollama',
  usage: ['[OPTIONS] [NAME=]MODEL...'],
  about:
    'Listens for requests as OpenAI\'s API has them, below /v1, and Ollama\'s, below /api, and shows a page to chat on at /. Models of both kinds are served, those that write text and those that turn it into vectors; --url or --remote has them all behind one engine elsewhere. Models are loaded before it says that it serves, and requests wait for them, unless --lazy, --idle-unload or --max-loaded say otherwise. Keys are never taken from the command line, which all users of a machine can read. Ctrl-C or SIGTERM takes no more requests and lets running answers end; a second one ends at once.',
  examples: [
    { line: 'tramontane serve ./model.gguf', does: 'one model, for this machine' },
    { line: 'tramontane serve small=./small.gguf large=org/name:Q4_K_M.gguf --max-loaded 1 --idle-unload 10m', does: 'two models, one of them in memory at a time' },
    { line: 'TRAMONTANE_API_KEY=... tramontane serve ./model.gguf --host 0.0.0.0 --cors "*"', does: 'for other machines and web pages that have the key' },
  ],
  positionals: { min: 0, max: Infinity },
  options,
  async run({ values, positionals, terminal, paint }) {
    const { stderr, stdout } = terminal;
    const log = (text: string) => void stderr.write(`${paint.stderr('dim', text)}\n`);
    const apiKeys = await readApiKeys(terminal, values['api-key-file']);
    const host = values.host ?? '127.0.0.1';
    await using models = servedModels([...positionals, ...values.model], { ...values, 'api-key-env': values['remote-key-env'] }, terminal, log);
    await using server = createServer({
      models: models.byName,
      maxLoadedModels: values['max-loaded'],
      apiKeys,
      cors: values.cors.length === 0 ? undefined : values.cors.includes('*') ? true : values.cors,
      allowedHosts: values['allowed-host'].length === 0 ? undefined : values['allowed-host'],
      page: !values['no-page'],
      maxConnections: values['max-connections'],
      maxBodyBytes: values['max-body'],
      maxRequestMs: values['request-timeout'],
      onError: ({ error, requestId, route }) => void stderr.write(`${paint.stderr('red', 'failed:')} ${route ?? 'request'} ${requestId}: ${errorMessage(error)}\n`),
    } satisfies ServerOptions);
    const url = await server.listen({ host, port: values.port ?? 8080 } satisfies ListenOptions);
    // The port is had before models are loaded, which may take minutes.
    await models.preload();
    // Heard from before the address is told: whoever reads that may end the server at once.
    const ended = untilSignalled(terminal, async () => {
      log('ending: running answers may go on for a while; a second time ends at once');
      await server.close({ deadlineMs: values.grace ?? graceMs });
    });
    const names = Object.keys(models.byName);
    if (values.json) stdout.write(`${JSON.stringify({ url: `${url}/v1`, models: names })}\n`);
    else {
      stdout.write(`serving ${names.join(', ')} at ${paint.stdout('bold', `${url}/v1`)}\n`);
      if (!values['no-page']) stdout.write(`chat at ${paint.stdout('bold', `${url}/`)}\n`);
    }
    if (apiKeys.length === 0 && !/^(127\.|localhost$|::1$)/.test(host)) {
      log('whoever can reach this machine can use it: set TRAMONTANE_API_KEY to ask for a key');
    }
    await ended;
    return exitCodes.done;
  },
});
