import type { DialectName } from '../spec/dialect-name.ts';
import type { Dialect } from './dialect.ts';

/** The protocols, by their names. */
export const dialects: Readonly<Partial<Record<DialectName, Dialect>>> = {};
