/** So many words that a person would type to find a text again; other ones each turn. */
export function sampleQuery(body: string, turn: number, words: number): string {
  const long = body.split(' ').filter((word) => word.length > 3);
  return Array.from({ length: words }, (_, i) => long[(turn * 5 + i * 11) % long.length] ?? '').join(' ');
}
