import { toStandardJsonSchema } from '@valibot/to-json-schema';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { createAgent, tool } from '../../src/index.ts';
import type { AgentResult, AgentStream, AgentTool, ToolContext } from '../../src/index.ts';
import { errorOf } from '../support/error-of.ts';
import { part } from '../support/parts.ts';
import { turnModel } from '../support/turn-model.ts';

const zodSchema = z.object({ city: z.string(), days: z.number().int().default(1) });
const arkSchema = type({ city: 'string', days: 'number.integer = 1' });
const valibotSchema = v.object({ city: v.string(), days: v.optional(v.pipe(v.number(), v.integer()), 1) });

interface Forecast {
  city: string;
  days: number;
}

const libraries: [string, (inputs: unknown[]) => AgentTool][] = [
  [
    'zod',
    (inputs) =>
      tool({
        name: 'forecast',
        inputSchema: zodSchema,
        execute(input, context) {
          expectTypeOf(input).toEqualTypeOf<Forecast>();
          expectTypeOf(context).toEqualTypeOf<ToolContext>();
          inputs.push(input);
        },
      }),
  ],
  [
    'arktype',
    (inputs) =>
      tool({
        name: 'forecast',
        inputSchema: arkSchema,
        execute: (input) => {
          expectTypeOf(input).toEqualTypeOf<Forecast>();
          inputs.push(input);
        },
      }),
  ],
  [
    'valibot',
    (inputs) =>
      tool({
        name: 'forecast',
        inputSchema: toStandardJsonSchema(valibotSchema),
        execute: (input) => {
          expectTypeOf(input).toEqualTypeOf<Forecast>();
          inputs.push(input);
        },
      }),
  ],
];

describe.each(libraries)('a tool with a schema of %s', (_, make) => {
  it('shows the model what its input looks like', () => {
    expect(make([]).inputSchema).toMatchObject({
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city'],
    });
    expect(make([]).inputSchema).not.toHaveProperty('$schema');
  });

  it('is executed with what the schema makes of the input', async () => {
    const inputs: unknown[] = [];
    const model = turnModel([[part.tool(0, 'a', 'forecast', { city: 'Genova' }), part.finish('tool-calls')], ['Sun.']]);
    await createAgent({ model, tools: [make(inputs)] }).streamPrompt('Go').result();
    expect(inputs).toEqual([{ city: 'Genova', days: 1 }]);
  });

  it('is not executed with an input that the schema refuses, and the model is told where', async () => {
    const inputs: unknown[] = [];
    const calls = [part.tool(0, 'a', 'forecast', { city: 3 }), part.tool(1, 'b', 'forecast', { city: 'Genova', days: 'x' })];
    const model = turnModel([[...calls, part.finish('tool-calls')], ['Sorry.']]);
    const { rounds } = await createAgent({ model, tools: [make(inputs)] }).streamPrompt('Go').result();
    expect(inputs).toEqual([]);
    expect(rounds[0]?.toolResults.map(({ failure, content }) => [failure, content])).toEqual([
      ['invalid-input', expect.stringMatching(/^Error: city.*string/)],
      ['invalid-input', expect.stringMatching(/^Error: days.*(number|integer)/)],
    ]);
  });
});

describe('tool()', () => {
  it('names the path of what is wrong, however deep', async () => {
    const made = tool({ name: 'f', inputSchema: z.object({ stops: z.array(z.object({ at: z.number() })) }) });
    expect(await made.validateInput({ stops: [{ at: 1 }, { at: 'x' }] })).toEqual({ problem: expect.stringMatching(/^stops\[1\]\.at: /) as unknown });
  });

  it('takes a schema that validates asynchronously', async () => {
    const made = tool({ name: 'f', inputSchema: z.object({ id: z.string().refine(async (id) => id !== 'x', 'is taken') }) });
    expect(await made.validateInput({ id: 'x' })).toEqual({ problem: 'id: is taken' });
    expect(await made.validateInput({ id: 'y' })).toEqual({ value: { id: 'y' } });
  });

  it('takes a JSON schema, whose input may be of any type that its author names', () => {
    const made = tool({ name: 'f', inputSchema: { type: 'object' }, execute: (input: { city: string }) => input.city });
    tool({ name: 'f', inputSchema: { type: 'object' }, execute: (input) => expectTypeOf(input).toEqualTypeOf<unknown>() });
    expect(made.inputSchema).toEqual({ type: 'object' });
  });

  it('asks for jsonSchema where the library cannot tell, and takes it', () => {
    expect(errorOf(() => tool({ name: 'f', inputSchema: valibotSchema }))).toMatchObject({
      code: 'invalid-argument',
      field: 'tool.jsonSchema',
      message: expect.stringContaining('toStandardJsonSchema of @valibot/to-json-schema') as unknown,
    });
    const made = tool({ name: 'f', inputSchema: valibotSchema, jsonSchema: { type: 'object' } });
    expect(made.inputSchema).toEqual({ type: 'object' });
    expectTypeOf(made).toEqualTypeOf<AgentTool<Forecast>>();
  });

  it('says why where a schema cannot be written as a JSON schema', () => {
    expect(errorOf(() => tool({ name: 'f', inputSchema: z.object({ at: z.date() }) }))).toMatchObject({
      field: 'tool.jsonSchema',
      message: expect.stringContaining('pass jsonSchema beside it') as unknown,
    });
  });

  it.each([
    ['tool.name', { name: 'two words', inputSchema: {} }],
    ['tool.name', { inputSchema: {} }],
    ['tool.description', { name: 'f', description: 3, inputSchema: {} }],
    ['tool.inputSchema', { name: 'f' }],
    ['tool.inputSchema', { name: 'f', inputSchema: 'string' }],
    ['tool.execute', { name: 'f', inputSchema: {}, execute: 3 }],
    ['tool.timeoutMs', { name: 'f', inputSchema: {}, timeoutMs: -1 }],
    ['tool.parameters', { name: 'f', inputSchema: {}, parameters: {} }],
    ['tool', undefined],
  ])('refuses a wrong %s', (field, spec) => {
    expect(errorOf(() => tool(spec as never))).toMatchObject({ code: 'invalid-argument', field });
  });

  it('executes as a method of what was passed', () => {
    const spec = { name: 'f', inputSchema: {}, greeting: 'hi', execute(): string { return this.greeting; } };
    const { greeting: _, ...known } = spec;
    const made = tool({ ...known, execute: spec.execute.bind(spec) });
    expect(made.execute?.({}, {} as never)).toBe('hi');
  });
});

describe('createAgent()', () => {
  const model = turnModel([['Hi']]);

  it.each([
    ['options', undefined],
    ['model', {}],
    ['model', { model: 'gpt' }],
    ['tools', { model, tools: {} }],
    ['tools[0]', { model, tools: [{ name: 'f', inputSchema: {} }] }],
    ['tools[1].name', { model, tools: [tool({ name: 'f', inputSchema: {} }), tool({ name: 'f', inputSchema: {} })] }],
    ['instructions', { model, instructions: '' }],
    ['maxRounds', { model, maxRounds: 0 }],
    ['maxParallelTools', { model, maxParallelTools: 1.5 }],
    ['toolTimeoutMs', { model, toolTimeoutMs: 2 ** 31 }],
    ['onToolCall', { model, onToolCall: true }],
    ['prepareRound', { model, prepareRound: {} }],
    ['temperature', { model, temperature: -1 }],
    ['toolChoice', { model, toolChoice: 'required' }],
    ['maxRound', { model, maxRound: 3 }],
  ])('refuses a wrong %s at once', (field, options) => {
    expect(errorOf(() => createAgent(options as never))).toMatchObject({ code: 'invalid-argument', field });
  });

  it.each([
    ['tools', { tools: [] }],
    ['maxRounds', { maxRounds: 'x' }],
    ['seed', { seed: -1 }],
  ])('gives runs whose reading throws what is wrong with their %s', async (field, options) => {
    const stream = createAgent({ model }).streamPrompt('Hi', options as never);
    await expect(stream.result()).rejects.toMatchObject({ code: 'invalid-argument', field });
  });

  it.each([
    ['prompt', (agent: ReturnType<typeof createAgent>) => agent.streamPrompt('')],
    ['messages', (agent: ReturnType<typeof createAgent>) => agent.streamChat([])],
    ['messages[0].role', (agent: ReturnType<typeof createAgent>) => agent.streamChat([{ role: 'bot', content: '' } as never])],
    ['request', (agent: ReturnType<typeof createAgent>) => agent.streamCompletion(undefined as never)],
  ])('gives runs whose reading throws what is wrong with their %s', async (field, run) => {
    await expect(run(createAgent({ model })).result()).rejects.toMatchObject({ code: 'invalid-argument', field });
  });

  it('has options of its runs, which a run may change', async () => {
    const asked = turnModel([['Hi']]);
    const agent = createAgent({ model: asked, temperature: 0.5, seed: 1 });
    await agent.streamPrompt('Hi', { seed: 2, temperature: undefined }).result();
    expect(asked.asked[0]?.options).toMatchObject({ temperature: 0.5, seed: 2 });
  });

  it('gives streams whose parts and result are typed', () => {
    const agent = createAgent({ model });
    expectTypeOf(agent.streamPrompt).returns.toEqualTypeOf<AgentStream>();
    expectTypeOf<Awaited<ReturnType<AgentStream['result']>>>().toEqualTypeOf<AgentResult>();
    expect(agent.streamPrompt('Hi').queuePosition).toBeNull();
  });
});
