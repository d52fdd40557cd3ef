import type { LanguageModelV3DataContent, LanguageModelV3Message, LanguageModelV4FilePart, LanguageModelV4Message } from '@ai-sdk/provider';
import type { AssistantToolCall, ChatMessage, ToolMessage } from '../spec/chat-message.ts';
import type { ProviderData } from '../spec/provider-data.ts';
import { TramontaneError } from '../spec/tramontane-error.ts';
import type { CallWarning } from './call-part.ts';

type CallMessage = LanguageModelV3Message | LanguageModelV4Message;
type UserPart = Extract<CallMessage, { readonly role: 'user' }>['content'][number];
type AssistantPart = Extract<CallMessage, { readonly role: 'assistant' }>['content'][number];
type ToolPart = Extract<CallMessage, { readonly role: 'tool' }>['content'][number];
type ToolOutput = Extract<ToolPart, { readonly type: 'tool-result' }>['output'];
type OutputPart = Extract<ToolOutput, { readonly type: 'content' }>['value'][number];
type FileData = LanguageModelV3DataContent | LanguageModelV4FilePart['data'];

/**
 * Turns the AI SDK's prompt into a conversation. Models take text only, so a file that a user sends is an error unless it
 * is text; what else cannot be passed on is left out with a warning, as a conversation may have gone through other models.
 *
 * Prompts of version 3 of the specification are taken too: files alone look different there, and both ways are read.
 */
export class PromptMessages {
  readonly messages: ChatMessage[] = [];
  readonly warnings: CallWarning[] = [];

  constructor(prompt: readonly CallMessage[]) {
    for (const [index, message] of prompt.entries()) this.#add(message, `prompt[${index}]`);
  }

  #add(message: CallMessage, field: string): void {
    switch (message.role) {
      case 'system':
        this.messages.push({ role: 'system', content: message.content });
        break;
      case 'user':
        this.messages.push({ role: 'user', content: userText(message.content, field) });
        break;
      case 'assistant':
        this.#addAssistant(message.content);
        break;
      case 'tool':
        this.#addToolResults(message.content);
        break;
    }
  }

  #addAssistant(content: readonly AssistantPart[]): void {
    let text = '';
    let reasoning = '';
    const toolCalls: AssistantToolCall[] = [];
    const providerData: ProviderData[] = [];
    for (const part of content) {
      providerData.push(...providerDataOf(part.providerOptions?.['tramontane']));
      if (part.type === 'text') text += part.text;
      else if (part.type === 'reasoning') reasoning += part.text;
      else if (part.type === 'tool-call') {
        toolCalls.push({ toolCallId: part.toolCallId, toolName: part.toolName, input: part.input ?? {} });
      } else if (part.type !== 'tool-result') this.#leaveOut(`${part.type} in an assistant message`);
    }
    this.messages.push({
      role: 'assistant',
      content: text,
      ...(reasoning !== '' && { reasoning }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(providerData.length > 0 && { providerData }),
    });
    // Of tools that another provider has run itself.
    this.#addToolResults(content.filter((part) => part.type === 'tool-result'));
  }

  #addToolResults(content: readonly ToolPart[]): void {
    for (const part of content) {
      // An approval is for tools that a provider runs itself, which there are none of here.
      if (part.type === 'tool-approval-response') continue;
      const { toolCallId, toolName } = part;
      const message: ToolMessage = { role: 'tool', toolCallId, toolName, content: this.#outputText(part.output) };
      this.messages.push(message);
    }
  }

  #outputText(output: ToolOutput): string {
    switch (output.type) {
      case 'text':
      case 'error-text':
        return output.value;
      case 'json':
      case 'error-json':
        return JSON.stringify(output.value);
      case 'execution-denied':
        return output.reason ?? 'The execution of the tool was denied.';
      case 'content':
        return output.value.map((part: OutputPart) => this.#valueText(part)).join('\n');
    }
  }

  #valueText(part: OutputPart): string {
    if (part.type === 'text') return part.text;
    const text = part.type === 'file' ? fileText(part) : undefined;
    if (text !== undefined) return text;
    this.#leaveOut(`${part.type} in a tool result`);
    return `[${'mediaType' in part ? part.mediaType : part.type}: left out, as the model takes text only]`;
  }

  #leaveOut(feature: string): void {
    this.warnings.push({ type: 'unsupported', feature, details: 'it was left out, as models take text only' });
  }
}

function userText(content: readonly UserPart[], field: string): string {
  const texts = content.map((part, index) => {
    const text = part.type === 'text' ? part.text : fileText(part);
    if (text !== undefined) return text;
    const at = `${field}.content[${index}]`;
    const message = `${at} is a file (${part.type === 'file' ? part.mediaType : part.type}), and models take text only; pass what it says as text`;
    throw new TramontaneError('invalid-argument', message, { field: at });
  });
  return texts.join('');
}

/** What a file of text says; nothing for other files, and for those that are elsewhere. */
function fileText({ data, mediaType }: { readonly data: FileData; readonly mediaType: string }): string | undefined {
  const given = typeof data === 'object' && 'type' in data ? data : { type: 'data' as const, data };
  if (given.type === 'text') return given.text;
  if (given.type !== 'data' || !/^text(\/|$)/.test(mediaType) || given.data instanceof URL) return undefined;
  return Buffer.from(given.data as string, 'base64').toString();
}

/** What a remote engine wants to see again: `PartMapper` has given it along with the parts of the message. */
function providerDataOf(options: unknown): ProviderData[] {
  const data = typeof options === 'object' && options !== null && 'providerData' in options ? options.providerData : undefined;
  return Array.isArray(data) ? (data as ProviderData[]) : [];
}
