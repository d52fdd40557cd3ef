import { providers } from '../../remote/providers.ts';

/** Where a model is: in this process, by what `loadModel` takes, or behind a remote engine, by what `connect` takes. */
export type ModelReference =
  | { readonly kind: 'local'; readonly model: string; readonly file?: string }
  | { readonly kind: 'remote'; readonly provider: string; readonly model: string };

/**
 * Reads one word for a model: `PROVIDER:NAME` of a provider that `connect` knows, `org/name:FILE` for one file of a hub
 * repository, and everything else as `loadModel` takes it.
 */
export function modelReference(text: string): ModelReference {
  const [, provider, remoteModel] = /^([^:/\\]+):(.+)$/s.exec(text) ?? [];
  if (provider !== undefined && remoteModel !== undefined && Object.hasOwn(providers, provider)) {
    return { kind: 'remote', provider, model: remoteModel };
  }
  // A drive letter and a path within a folder look otherwise: a repository has one slash, before the colon.
  const [, repository, file] = /^([\w.-]+\/[\w.-]+):([^/\\:][^:]*)$/s.exec(text) ?? [];
  return repository === undefined || file === undefined
    ? { kind: 'local', model: text }
    : { kind: 'local', model: repository, file };
}
