import { describe, expect, it } from 'vitest';
import { responseTools } from '../../../src/server/responses/response-tools.ts';
import { errorOf } from '../../support/error-of.ts';

const weather = { type: 'function', name: 'weather', description: 'Tells it.', parameters: { type: 'object' }, strict: true };
const clock = { type: 'function', name: 'clock', parameters: null };

describe('the tools of a response', () => {
  it('are functions; one without parameters takes nothing', () => {
    expect(responseTools({ tools: [weather, clock] })).toEqual({
      tools: [
        { name: 'weather', description: 'Tells it.', inputSchema: { type: 'object' } },
        { name: 'clock', inputSchema: { type: 'object', properties: {} } },
      ],
    });
  });

  it.each(['auto', 'none', 'required'])('may be chosen by %s', (choice) => {
    expect(responseTools({ tools: [clock], tool_choice: choice }).toolChoice).toBe(choice);
  });

  it('may be chosen by name', () => {
    expect(responseTools({ tools: [clock], tool_choice: { type: 'function', name: 'clock' } }).toolChoice).toEqual({ type: 'tool', toolName: 'clock' });
  });

  it('are only those that are allowed', () => {
    const choice = { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'clock' }] };
    expect(responseTools({ tools: [weather, clock], tool_choice: choice })).toMatchObject({ tools: [{ name: 'clock' }], toolChoice: 'required' });
  });

  it.each([
    ['tools', { tools: {} }],
    ['tools[0]', { tools: [null] }],
    ['tools[1].type', { tools: [clock, { type: 'web_search' }] }],
    ['tools[0].name', { tools: [{ type: 'function', function: { name: 'a' } }] }],
    ['tool_choice', { tool_choice: 'any' }],
    ['tool_choice', { tool_choice: { type: 'file_search' } }],
  ])('are refused by their field: %s', (field, body) => {
    expect(errorOf(() => responseTools(body))).toMatchObject({ code: 'invalid-argument', field });
  });
});
