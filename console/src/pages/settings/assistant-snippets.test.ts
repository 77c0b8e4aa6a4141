import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ASSISTANTS, assistantSnippet } from './assistant-snippets.ts';

const DOCS = readFileSync(path.join(__dirname, '../../../../docs/assistants.md'), 'utf8');

describe('the configuration of an assistant', () => {
  it('is the one that the documentation has', () => {
    const written = [...DOCS.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json = '']) => JSON.parse(json) as unknown);
    const shown = ASSISTANTS.map((assistant) => assistantSnippet(assistant, 'https://hoardarr.example.org/mcp', false));
    expect(shown.map((json) => JSON.parse(json) as unknown)).toEqual(written);
  });

  it('asks for no token where none is wanted', () => {
    expect(JSON.parse(assistantSnippet('http', 'http://127.0.0.1:8080/mcp', true))).toEqual({
      servers: { hoardarr: { type: 'http', url: 'http://127.0.0.1:8080/mcp' } },
    });
  });
});
