/** Which assistant is configured, and how it reaches Hoardarr. */
export const ASSISTANTS = ['claude', 'vscode', 'http'] as const;

export type Assistant = (typeof ASSISTANTS)[number];

/** An assistant starts the program wherever it likes, and this page cannot know where that lies on its machine. */
const PROGRAM = {
  command: 'node',
  args: ['/path/to/hoardarr/bin/hoardarr.mjs', 'mcp', '--data-dir', '/path/to/hoardarr/data'],
};

/**
 * What to write into the configuration of an assistant, as docs/assistants.md has it.
 *
 * @param url of the API's MCP endpoint
 * @param isOpen the API wants no token
 */
export function assistantSnippet(assistant: Assistant, url: string, isOpen: boolean): string {
  return JSON.stringify(configuration(assistant, url, isOpen), null, 2);
}

function configuration(assistant: Assistant, url: string, isOpen: boolean): object {
  if (assistant === 'claude') return { mcpServers: { hoardarr: PROGRAM } };
  if (assistant === 'vscode') return { servers: { hoardarr: { type: 'stdio', ...PROGRAM } } };
  if (isOpen) return { servers: { hoardarr: { type: 'http', url } } };
  const token = { type: 'promptString', id: 'token', description: 'HOARDARR_API_TOKEN', password: true };
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that fills it in
  const headers = { Authorization: 'Bearer ${input:token}' };
  return { inputs: [token], servers: { hoardarr: { type: 'http', url, headers } } };
}
