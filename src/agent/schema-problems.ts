type Fields = Readonly<Record<string, unknown>>;

/** How deep a schema is followed. Those that were checked are not deeper. */
const maxDepth = 64;

/**
 * What is wrong with a value, by the keywords of a JSON schema that models get wrong: types, properties, items,
 * enumerations, ranges, and combinations of these. Others are not looked at, so that a value it has nothing against may
 * still be one that the schema does not allow.
 */
export function schemaProblems(schema: unknown, value: unknown, path = '', depth = 0): string[] {
  if (schema === false) return [problem(path, 'is not allowed')];
  if (!isFields(schema) || depth > maxDepth) return [];
  const wrongType = typeProblem(schema['type'], value, path);
  // What is said of another type would only hide this.
  if (wrongType) return [wrongType];
  const inner = (part: unknown, of: unknown, at: string) => schemaProblems(part, of, at, depth + 1);
  return [
    ...choiceProblems(schema, value, path),
    ...rangeProblems(schema, value, path),
    ...(isFields(value) ? propertyProblems(schema, value, path, inner) : []),
    ...(Array.isArray(value) ? value.flatMap((item, index) => inner(schema['items'], item, `${path}[${index}]`)) : []),
    ...listOf(schema['allOf']).flatMap((part) => inner(part, value, path)),
    ...[schema['anyOf'], schema['oneOf']].flatMap((parts) => alternativeProblems(listOf(parts), (part) => inner(part, value, path))),
  ];
}

function typeProblem(type: unknown, value: unknown, path: string): string | undefined {
  const types = typeof type === 'string' ? [type] : listOf(type);
  if (types.length === 0 || types.some((name) => isOfType(name, value))) return undefined;
  return problem(path, `must be of type ${types.join(' or ')}`);
}

function isOfType(name: unknown, value: unknown): boolean {
  switch (name) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isFields(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === name;
  }
}

function choiceProblems(schema: Fields, value: unknown, path: string): string[] {
  const choices = 'const' in schema ? [schema['const']] : listOf(schema['enum']);
  const text = JSON.stringify(value);
  if (choices.length === 0 || choices.some((choice) => JSON.stringify(choice) === text)) return [];
  return [problem(path, `must be ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}`)];
}

function rangeProblems(schema: Fields, value: unknown, path: string): string[] {
  const bounds: [least: string, most: string, size: number | undefined, what: string][] = [
    ['minimum', 'maximum', typeof value === 'number' ? value : undefined, 'must be'],
    // In characters, as JSON schemas count.
    ['minLength', 'maxLength', typeof value === 'string' ? [...value].length : undefined, 'must have a length of'],
    ['minItems', 'maxItems', Array.isArray(value) ? value.length : undefined, 'must have a number of items of'],
  ];
  return bounds.flatMap(([least, most, size, what]) => {
    if (size === undefined) return [];
    const [min, max] = [schema[least], schema[most]];
    if (typeof min === 'number' && size < min) return [problem(path, `${what} at least ${min}`)];
    if (typeof max === 'number' && size > max) return [problem(path, `${what} at most ${max}`)];
    return [];
  });
}

function propertyProblems(
  schema: Fields,
  value: Fields,
  path: string,
  inner: (part: unknown, of: unknown, at: string) => string[],
): string[] {
  const properties = isFields(schema['properties']) ? schema['properties'] : {};
  const missing = listOf(schema['required']).filter((name) => typeof name === 'string' && !Object.hasOwn(value, name));
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  return [
    ...missing.map((name) => problem(at(String(name)), 'is missing')),
    ...Object.entries(value).flatMap(([name, each]) => {
      if (Object.hasOwn(properties, name)) return inner(properties[name], each, at(name));
      return 'patternProperties' in schema ? [] : inner(schema['additionalProperties'], each, at(name));
    }),
  ];
}

/** Those of the alternative that comes closest, where none holds. */
function alternativeProblems(parts: readonly unknown[], problemsOf: (part: unknown) => string[]): string[] {
  if (parts.length === 0) return [];
  return parts.map(problemsOf).reduce((fewest, problems) => (problems.length < fewest.length ? problems : fewest));
}

function problem(path: string, what: string): string {
  return `${path === '' ? 'the input' : path} ${what}`;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
