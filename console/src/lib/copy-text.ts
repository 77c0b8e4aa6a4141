/**
 * Puts text onto the clipboard. Browsers offer the clipboard over https and on loopback alone, so on a plain address of a home
 * network it is copied as if by hand. False where neither works.
 */
export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The person, or a policy, does not allow it.
    }
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'visually-hidden';
  // Inside of a dialog that is open, since the focus does not leave that.
  const place = document.querySelector('[role="dialog"]') ?? document.body;
  place.append(area);
  area.select();
  const isDone = document.execCommand('copy');
  area.remove();
  return isDone;
}
