import type { FakeReply } from './fake-service.ts';

interface Asking {
  readonly title: string;
  /** where the form is sent; keeps its query */
  readonly action: URL;
  /** labels of text fields, each sent under its label */
  readonly fields?: readonly string[];
  /** the one that was pressed is sent as `chosen` */
  readonly buttons: readonly string[];
}

/** A page of a provider that asks the person in the browser. */
export function pageAsking({ title, action, fields = [], buttons }: Asking): FakeReply {
  const inputs = fields.map((name) => `<label>${name} <input name="${name}"></label>`);
  const submits = buttons.map((name) => `<button name="chosen" value="${name}">${name}</button>`);
  const to = `${action.pathname}${action.search}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  const body = `<!doctype html><html lang="en"><title>${title}</title><h1>${title}</h1>
<form method="post" action="${to}">${[...inputs, ...submits].join('')}</form></html>`;
  return { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}
