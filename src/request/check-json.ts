import { TramontaneError } from '../spec/tramontane-error.ts';
import { wrongValue } from './check-value.ts';

/** How deep objects and arrays may be inside each other: the engine reads no deeper. */
const maxDepth = 64;
/** How many values there may be. One object that is in many places counts in each. */
const maxValues = 100_000;

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * A copy of what is to cross as JSON, so that later changes have no effect. Properties that are undefined are left out;
 * everything that JSON would silently change or drop is refused: functions, symbols, bigints, NaN, dates and other
 * instances of classes, objects with a `toJSON`, holes, and objects that contain themselves.
 */
export function copyJson(value: unknown, field: string): unknown {
  return new JsonCopy(field).copy(value, '', 1);
}

/** The same of a plain object. */
export function copyJsonObject(value: unknown, field: string, expected: string): JsonObject {
  if (!isPlainObject(value)) throw wrongValue(field, expected, value);
  return copyJson(value, field) as JsonObject;
}

class JsonCopy {
  readonly #field: string;
  #values = 0;
  /** The objects that the value at hand is in. */
  readonly #around = new Set<object>();

  constructor(field: string) {
    this.#field = field;
  }

  copy(value: unknown, path: string, depth: number): unknown {
    this.#values += 1;
    if (this.#values > maxValues) throw this.#tooLarge(`has more than ${maxValues} values`);
    if (depth > maxDepth) throw this.#tooLarge(`is nested more than ${maxDepth} levels deep`);
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    if (typeof value === 'string') return value.toWellFormed();
    if (Array.isArray(value)) return this.#inside(value, path, () => this.#array(value, path, depth));
    if (isPlainObject(value)) return this.#inside(value, path, () => this.#object(value, path, depth));
    throw wrongValue(`${this.#field}${path}`, 'a JSON value', value);
  }

  #array(values: unknown[], path: string, depth: number): unknown[] {
    // Array.from, not map: a hole is to be refused, not skipped. Asked for its length first, as that may be anything.
    if (values.length > maxValues) throw this.#tooLarge(`has more than ${maxValues} values`);
    return Array.from(values, (value, index) => this.copy(value, `${path}[${index}]`, depth + 1));
  }

  #object(object: object, path: string, depth: number): object {
    // Without a prototype, so that a property named `__proto__` is one like any other.
    const copied = Object.create(null) as Record<string, unknown>;
    for (const [key, value] of Object.entries(object)) {
      if (value !== undefined) copied[key.toWellFormed()] = this.copy(value, `${path}.${key.slice(0, 60)}`, depth + 1);
    }
    return copied;
  }

  #inside<Copied>(object: object, path: string, copy: () => Copied): Copied {
    if (this.#around.has(object)) {
      const field = `${this.#field}${path}`;
      throw new TramontaneError('invalid-argument', `${field} must be a JSON value, not one that contains itself`, { field });
    }
    this.#around.add(object);
    const copied = copy();
    this.#around.delete(object);
    return copied;
  }

  #tooLarge(what: string): TramontaneError {
    return new TramontaneError('invalid-argument', `${this.#field} ${what}; make it smaller`, { field: this.#field });
  }
}

/** Whether JSON shows the object as it is: not an instance of a class, of whichever realm, nor one that converts itself. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return isPlain && typeof (value as { readonly toJSON?: unknown }).toJSON !== 'function';
}
