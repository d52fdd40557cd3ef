/**
 * What a schema of any library has to offer to be read here: Standard Schema, version 1 (https://standardschema.dev), as
 * zod, valibot, arktype and others implement it.
 */
export interface StandardSchema {
  readonly '~standard': {
    readonly version: 1;
    /** The library's name. */
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardSchemaResult | Promise<StandardSchemaResult>;
    /** There for TypeScript only. */
    readonly types?: { readonly input: unknown; readonly output: unknown } | undefined;
    /** Standard JSON Schema, where the library has it. */
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> } | undefined;
  };
}

/** What validating came to. */
export type StandardSchemaResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly StandardSchemaIssue[] };

/** Something that a schema finds wrong. */
export interface StandardSchemaIssue {
  readonly message: string;
  /** Where it is. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
