// Generated from schemas/released/ by `npm run generate`. Do not edit.

export const RELEASED_SCHEMAS = {} as const;
