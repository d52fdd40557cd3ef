interface OptionBase {
  /** One letter, for `-m`. */
  readonly short?: string;
  /** What it does, for the help: a phrase without a full stop. */
  readonly help: string;
  /** What it is without being given, in words, with its unit. */
  readonly default?: string;
  /** The heading of the help that it stands under. */
  readonly group?: string;
  /** The library's name for it, as it stands in that one's errors. */
  readonly field?: string;
}

/** An option of the command line as data: parsing, help and the names in errors all come from it. */
export type OptionSpec = OptionBase &
  (
    | { readonly kind: 'flag' }
    /** `value` stands for the value in the help: `FILE`. `texts` may be given several times. */
    | { readonly kind: 'text' | 'texts'; readonly value: string }
    /** `bytes` takes `512MiB`, `duration` takes `30s` and gives milliseconds. */
    | { readonly kind: 'number' | 'integer' | 'bytes' | 'duration'; readonly value: string }
    | { readonly kind: 'choice'; readonly choices: readonly string[] }
  );

/** Options by their long name. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec extends { readonly kind: 'flag' }
  ? boolean
  : Spec extends { readonly kind: 'text' }
    ? string | undefined
    : Spec extends { readonly kind: 'texts' }
      ? readonly string[]
      : Spec extends { readonly kind: 'choice'; readonly choices: readonly (infer Choice)[] }
        ? Choice | undefined
        : number | undefined;

/** What was given, by the options' long names. A flag that was not given is false, a list empty, all others `undefined`. */
export type ValuesOf<Specs extends OptionSpecs> = { readonly [Name in keyof Specs]: ValueOf<Specs[Name]> };
