/** A tool that the model may ask for. It is never run here: the caller runs it, and answers with a `tool` message. */
export interface ToolDefinition {
  /** 1 to 64 letters, digits, underscores and hyphens; each tool has its own. */
  readonly name: string;
  /** What it is for and when to use it, for the model. */
  readonly description?: string | undefined;
  /**
   * What its arguments look like: a JSON schema, usually of type `object`. It must be a plain JSON value, at most 64
   * levels deep.
   */
  readonly inputSchema: object;
}

/**
 * Whether the model may, must or must not call a tool.
 *
 * - `auto`: it decides.
 * - `none`: it is not told of the tools, and its answer is text, whatever it looks like.
 * - `required`: it makes exactly one call, whose name and arguments match one of the tools.
 * - a tool by name: it makes exactly one call of that tool, with arguments that match its schema.
 */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly type: 'tool'; readonly toolName: string };

/** Tools in a request. All fields are optional, and `undefined` counts as left out. */
export interface ToolOptions {
  /**
   * The tools that the model may ask for, at most 128. For conversations only, since the chat template shows them to the
   * model.
   *
   * @defaultValue none
   */
  readonly tools?: readonly ToolDefinition[] | undefined;
  /**
   * Whether the model may, must or must not call one. `'required'` and a tool by name hold the answer to a grammar, so
   * they exclude `grammar` and a `responseFormat` of JSON.
   *
   * @defaultValue `'auto'`
   */
  readonly toolChoice?: ToolChoice | undefined;
}
