/** A file of a model. */
export interface ModelFile {
  readonly path: string;
  readonly bytes: number;
}
