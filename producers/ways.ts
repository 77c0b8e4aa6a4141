/**
 * How a person does what a refusal or a warning asks for: on the command line or in the console, since both show the same
 * message. What is quoted is the name of a command, or of a field or a page of the console.
 */
export const ways = {
  asOf: "`--as-of` on the command line, 'Made on' in the console",
  token: "`--token-stdin` on the command line, 'Token' in the console",
  user: "`--user NAME` on the command line, 'Whose' in the console",
  connect: (provider: string, user: string) =>
    `\`hoardarr connect ${provider} --user ${user}\`, or 'Accounts' in the console`,
  import: (provider: string) => `\`hoardarr import ${provider} FILE\`, or 'Uploads' in the console`,
  status: "`hoardarr status`, or 'Accounts' in the console",
  held: "`hoardarr held`, or 'Removals' in the console",
} as const;
