import type { ToolAnnotations } from '@modelcontextprotocol/server';

/** Of a tool that changes nothing, and asks nobody outside. */
export const READ_ONLY: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
};
