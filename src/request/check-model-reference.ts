import type { ModelReferenceOptions } from '../spec/model-reference-options.ts';
import { checkBoolean, checkFilledText, wrongValue } from './check-value.ts';

/** The names of the options below, for those who list theirs. */
export const referenceOptions = {
  file: true,
  revision: true,
  token: true,
  cacheDir: true,
  offline: true,
  endpoint: true,
} satisfies Record<keyof ModelReferenceOptions, true>;

/** Checks a model's name and where to look for it. Throws `invalid-argument`. */
export function checkModelReference(
  model: unknown,
  options: Readonly<Record<string, unknown>>,
): ModelReferenceOptions & { readonly model: string } {
  const checkedModel = checkFilledText(model, 'model');
  if (checkedModel === undefined) throw wrongValue('model', 'a hub repository, a file or a folder', model);
  const text = (name: keyof ModelReferenceOptions) => checkFilledText(options[name], name);
  return {
    model: checkedModel,
    file: text('file'),
    revision: text('revision'),
    token: text('token'),
    cacheDir: text('cacheDir'),
    offline: checkBoolean(options['offline'], 'offline'),
    endpoint: text('endpoint'),
  };
}
