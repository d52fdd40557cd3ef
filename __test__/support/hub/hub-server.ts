import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { hubFile } from './hub-file.ts';
import type { HubFile, HubFileSource } from './hub-file.ts';
import { sendFile } from './send-file.ts';
import type { Sending } from './send-file.ts';

/** A repository: its files by path, and the names under which its one commit is known (default `main`). */
export interface HubRepository {
  readonly files: Readonly<Record<string, HubFileSource>>;
  readonly revisions?: readonly string[];
}

/** A request the server has received. `origin` says which of its two servers did. */
export interface HubRequest {
  readonly origin: 'hub' | 'storage';
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** How the server behaves; every field may also be changed on the running server. */
export interface HubBehaviour extends Sending {
  /** Only requests with this bearer token are answered, others refused as for a gated repository. Null: no token needed. */
  requireToken: string | null;
  /** A status to refuse a request with, or undefined to answer it. */
  refuse: (request: HubRequest) => number | undefined;
  /** Redirects small files once more, to a relative address, as the hub does for those it caches. */
  relativeRedirects: boolean;
}

/** Starts a server that speaks the hub's protocol, on loopback, on a free port. Close it, or use `await using`. */
export async function startHubServer(
  repositories: Readonly<Record<string, HubRepository>>,
  behaviour: Partial<HubBehaviour> = {},
): Promise<HubServer> {
  const server = new HubServer(repositories, behaviour);
  await server.listen();
  return server;
}

export class HubServer {
  readonly behaviour: HubBehaviour;
  /** All requests so far, in the order they came. */
  readonly requests: HubRequest[] = [];
  readonly #repositories: Map<string, StoredRepository>;
  readonly #hub: Server;
  readonly #storage: Server;

  constructor(repositories: Readonly<Record<string, HubRepository>>, behaviour: Partial<HubBehaviour>) {
    this.behaviour = { ...wellBehaved, ...behaviour };
    this.#repositories = new Map(Object.entries(repositories).map(([id, source]) => [id, store(id, source)]));
    this.#hub = createServer(this.#answer('hub'));
    this.#storage = createServer(this.#answer('storage'));
  }

  /** What to pass as the hub's address, without a slash at its end. */
  get endpoint(): string {
    return originOf(this.#hub);
  }

  /** The address that large files are redirected to. */
  get storageEndpoint(): string {
    return originOf(this.#storage);
  }

  /** The commit id of a repository, 40 hexadecimal digits. */
  commitOf(id: string): string {
    const repository = this.#repositories.get(id);
    if (repository === undefined) throw new Error(`this hub has no repository ${id}`);
    return repository.commit;
  }

  async listen(): Promise<void> {
    await Promise.all([listenOnLoopback(this.#hub), listenOnLoopback(this.#storage)]);
  }

  /** Cuts all connections and frees both ports. */
  async close(): Promise<void> {
    await Promise.all([closeNow(this.#hub), closeNow(this.#storage)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #answer(origin: HubRequest['origin']): RequestListener {
    return (incoming, response) => {
      const { method = 'GET', url = '/', headers } = incoming;
      const request: HubRequest = { origin, method, url, headers };
      this.requests.push(request);
      const status = this.behaviour.refuse(request);
      if (status !== undefined) return refuse(response, status, undefined, `refused with ${status}`);
      if (method !== 'GET' && method !== 'HEAD') return refuse(response, 405, undefined, `no ${method} here`);
      const answered = origin === 'hub' ? this.#answerHub(incoming, response) : this.#answerStorage(incoming, response);
      // The client may go away in the middle of a body; that is its right.
      answered.catch(() => response.destroy());
    };
  }

  async #answerHub(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.endpoint);
    const asked = parsePath(pathname);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
    const repository = asked && this.#repositories.get(asked.id);
    if (!asked || !repository) {
      // The hub does not tell strangers which repositories there are.
      if (token === undefined) return refuse(response, 401, undefined, 'Invalid username or password.');
      return refuse(response, 404, 'RepoNotFound', 'Repository not found');
    }
    const { requireToken } = this.behaviour;
    if (requireToken !== null && token !== requireToken) {
      const reason = `Access to model ${asked.id} is restricted.`;
      return refuse(response, token === undefined ? 401 : 403, 'GatedRepo', reason);
    }
    if (!repository.revisions.has(asked.revision)) {
      return refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${asked.revision}`);
    }
    if (asked.kind === 'info')
      return sendJson(response, describe(asked.id, repository, searchParams.get('blobs') === 'true'));

    response.setHeader('X-Repo-Commit', repository.commit);
    const file = repository.files.get(asked.path);
    if (file === undefined) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
    response.setHeader('ETag', `"${file.etag}"`);
    if (file.lfs) {
      response.setHeader('X-Linked-Etag', `"${file.etag}"`);
      response.setHeader('X-Linked-Size', file.bytes.length);
      response.writeHead(302, { Location: `${this.storageEndpoint}/${file.etag}` }).end();
    } else if (this.behaviour.relativeRedirects && asked.kind === 'resolve') {
      const location = `/api/resolve-cache/models/${asked.id}/${repository.commit}/${encodePath(asked.path)}`;
      response.setHeader('X-Linked-Size', file.bytes.length);
      response.writeHead(307, { Location: location }).end();
    } else {
      await sendFile(request, response, file, this.behaviour);
    }
  }

  async #answerStorage(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const etag = request.url?.slice(1);
    for (const { files } of this.#repositories.values()) {
      for (const file of files.values()) {
        if (file.lfs && file.etag === etag) {
          response.setHeader('ETag', `"${file.etag}"`);
          return sendFile(request, response, file, this.behaviour);
        }
      }
    }
    refuse(response, 404, undefined, 'no such object');
  }
}

const wellBehaved: HubBehaviour = {
  requireToken: null,
  refuse: () => undefined,
  relativeRedirects: false,
  chunkBytes: 64 * 1024,
  delayMsPerChunk: 0,
  failAfterBytes: Infinity,
  failTimes: Infinity,
  ignoreRange: false,
};

interface StoredRepository {
  readonly commit: string;
  readonly revisions: ReadonlySet<string>;
  readonly files: ReadonlyMap<string, HubFile>;
}

function store(id: string, { files, revisions = ['main'] }: HubRepository): StoredRepository {
  const stored = new Map(Object.entries(files).map(([path, source]) => [path, hubFile(source)]));
  const hash = createHash('sha1').update(id);
  for (const [path, { etag }] of stored) hash.update(`\n${path} ${etag}`);
  const commit = hash.digest('hex');
  return { commit, revisions: new Set([...revisions, commit]), files: stored };
}

type Asked =
  | { kind: 'info'; id: string; revision: string }
  | { kind: 'resolve' | 'cached'; id: string; revision: string; path: string };

/** Takes a request's path apart. A slash inside a revision arrives as %2F, so parts are decoded after the split. */
function parsePath(pathname: string): Asked | null {
  const info = /^\/api\/models\/([^/]+(?:\/[^/]+)??)(?:\/revision\/([^/]+))?$/.exec(pathname);
  if (info) return { kind: 'info', id: decode(info[1]), revision: decode(info[2] ?? 'main') };
  const cached = /^\/api\/resolve-cache\/models\/([^/]+(?:\/[^/]+)?)\/([0-9a-f]{40})\/(.+)$/.exec(pathname);
  const file = cached ?? /^\/([^/]+(?:\/[^/]+)?)\/resolve\/([^/]+)\/(.+)$/.exec(pathname);
  if (!file) return null;
  const kind = cached ? 'cached' : 'resolve';
  return { kind, id: decode(file[1]), revision: decode(file[2]), path: decode(file[3]) };
}

/** What the hub tells of a repository; sizes and hashes only when asked for `blobs`. */
function describe(id: string, { commit, files }: StoredRepository, blobs: boolean): object {
  const siblings = Array.from(files, ([rfilename, { bytes, lfs, etag, blobId, pointerSize }]) => {
    if (!blobs) return { rfilename };
    const size = bytes.length;
    const whole = { rfilename, size, blobId };
    return lfs ? { ...whole, lfs: { sha256: etag, size, pointerSize } } : whole;
  });
  return { id, modelId: id, sha: commit, private: false, gated: false, disabled: false, siblings };
}

function sendJson(response: ServerResponse, content: object): void {
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(content));
}

function refuse(response: ServerResponse, status: number, code: string | undefined, message: string): void {
  if (code !== undefined) response.setHeader('X-Error-Code', code);
  response.setHeader('X-Error-Message', message);
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify({ error: message }));
}

const decode = (text: string | undefined): string => decodeURIComponent(text ?? '');

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

function listenOnLoopback(server: Server): Promise<void> {
  return new Promise((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
}

function closeNow(server: Server): Promise<void> {
  return new Promise((closed) => {
    server.close(() => closed());
    server.closeAllConnections();
  });
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
