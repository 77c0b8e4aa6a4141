// Before the first paint, so that who chose dark is not shown a white page first. A file of its own: the
// Content-Security-Policy allows no script in the page.
try {
  const chosen = localStorage.getItem('hoardarr.theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Where cookies are blocked for this site, nothing is kept.
}
