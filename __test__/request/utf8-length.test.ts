import { expect, it } from 'vitest';
import { utf8Length } from '../../src/request/utf8-length.ts';

it.each(['', 'plain', 'é', '߿ࠀ', '€uro', '世界', '😀👋🏽', '\ud83d', '\ude00', '\ude00\ud83d', '\ud83d\ud83d\ude00', 'a\ud83dz\ude00', '\uffff'])(
  'counts %j as Buffer does',
  (text) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
  },
);
