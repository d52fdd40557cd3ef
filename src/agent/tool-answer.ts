/** What a tool returns where the model is to be told something else than its output, or that it has failed. */
export class ToolAnswer {
  readonly output: unknown;
  /** What the model is told. */
  readonly content: string;
  readonly isError: boolean;

  constructor(output: unknown, content: string, isError: boolean) {
    this.output = output;
    this.content = content;
    this.isError = isError;
  }
}
