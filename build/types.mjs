import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BuildError } from './build-error.mjs';
import { CHECKOUT } from './build.mjs';
import { nodeToolEnv, runCommand } from './run-command.mjs';
import { runScript } from './run-script.mjs';

const HELP = `Writes the package's types, one .d.ts for each entry point, from src.

  npm run types              writes them
  npm run types:check        fails where they are not what src says
`;

/**
 * The types of the entry points besides the main one: where these are in src, and with which options they are bundled.
 *
 * @type {Record<string, readonly string[]>}
 */
const SUBPATHS = {
  'server.d.ts': ['server/index'],
  'testing.d.ts': ['testing/index'],
  // The types that @ai-sdk/provider publishes lack those of json-schema, so they stand no check.
  'ai-sdk.d.ts': ['ai-sdk/index', '--no-check'],
  'ai-sdk-v3.d.ts': ['ai-sdk/v3/index', '--no-check'],
  'mcp.d.ts': ['mcp/index'],
  'port.d.ts': ['port/index'],
};

/**
 * Bundles the types of one entry point.
 *
 * @param {string} entry
 * @param {readonly string[]} options
 * @returns {Promise<string>}
 */
async function bundleTypes(entry, options) {
  const folder = join(CHECKOUT, 'node_modules', '.cache', 'tramontane', 'types');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${entry.replaceAll('/', '-')}.d.ts`);
  const { code, output } = await runCommand(
    'dts-bundle-generator',
    ['--project', 'tsconfig.build.json', '--no-banner', '--sort', ...options, '--out-file', file, `src/${entry}.ts`],
    { cwd: CHECKOUT, env: nodeToolEnv(CHECKOUT) },
  );
  if (code !== 0) throw new BuildError(`${output}\nthe types of src/${entry}.ts could not be bundled`);
  return readFileSync(file, 'utf8');
}

/**
 * Leaves out of one entry point's types what the main entry point declares, and imports it from there. Declared twice,
 * a class would be two types that do not fit each other.
 *
 * @param {string} types
 * @param {string} mainTypes
 * @returns {Promise<string>}
 */
export async function linkTypes(types, mainTypes) {
  // Here, as the packages may only have been installed by the script that imports this.
  const { default: ts } = await import('typescript');
  /** @param {string} text */
  const statementsOf = (text) => {
    const source = ts.createSourceFile('types.d.ts', text, ts.ScriptTarget.Latest, true);
    return source.statements.map((statement) => ({ statement, text: statement.getFullText(source).trim() }));
  };
  /**
   * @param {import('typescript').Statement} statement
   * @returns {string}
   */
  const nameOf = (statement) =>
    'name' in statement && statement.name ? /** @type {import('typescript').Identifier} */ (statement.name).text : '';

  /**
   * Whether an import brings a name that is used: what the main entry point declares may have needed others.
   *
   * @param {import('typescript').ImportDeclaration} declaration
   * @param {readonly { text: string }[]} others
   */
  const isUsed = ({ importClause }, others) => {
    const names = importClause?.getText().match(/\b(?!type\b|as\b)[A-Za-z_$][\w$]*/g) ?? [];
    return names.some((name) => others.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)));
  };

  const shared = new Set(statementsOf(mainTypes).map(({ statement }) => nameOf(statement)));
  shared.delete('');
  const all = statementsOf(types);
  const own = all.filter(({ statement }) => !shared.has(nameOf(statement)) && !ts.isImportDeclaration(statement));
  const imports = all.filter(({ statement }) => ts.isImportDeclaration(statement) && isUsed(statement, own));
  const reexported = all
    .filter(({ statement, text }) => shared.has(nameOf(statement)) && /^export /m.test(text))
    .map(({ statement }) => nameOf(statement));
  /** @type {Set<string>} */
  const used = new Set();
  /** @param {import('typescript').Node} node */
  const collect = (node) => {
    if (ts.isIdentifier(node) && shared.has(node.text)) used.add(node.text);
    ts.forEachChild(node, collect);
  };
  for (const { statement } of own) collect(statement);

  const links = [];
  if (used.size > 0) links.push(`import type { ${[...used].toSorted().join(', ')} } from 'tramontane';`);
  if (reexported.length > 0) links.push(`export { ${reexported.toSorted().join(', ')} } from 'tramontane';`);
  return `${[[...imports.map(({ text }) => text), ...links].join('\n'), ...own.map(({ text }) => text)].join('\n\n')}\n`;
}

await runScript(import.meta.url, async () => {
  const { values } = parseArgs({ options: { check: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const main = await bundleTypes('index', []);
  /** @type {Record<string, string>} */
  const files = { 'index.d.ts': main };
  for (const [name, [entry = '', ...options]] of Object.entries(SUBPATHS)) {
    files[name] = await linkTypes(await bundleTypes(entry, ['--export-referenced-types=false', ...options]), main);
  }
  const stale = [];
  for (const [name, types] of Object.entries(files)) {
    const path = join(CHECKOUT, name);
    if (!values.check) writeFileSync(path, types);
    else if (readFileSync(path, 'utf8') !== types) stale.push(name);
  }
  if (stale.length > 0) throw new BuildError(`${stale.join(' and ')} differ from what src says; run: npm run types`);
});
