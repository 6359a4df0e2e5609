import { createHash } from 'node:crypto';
import type { Client } from './grants';
import type { Attributes } from './resource';
import { SCOPES } from './scopes';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d1b18; --paper: #f6f3ec; --card: #fff; --line: #d8d1c3; --accent: #b3391c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ece7dd; --paper: #171512; --card: #211e1a; --line: #3c372f; --accent: #ff9c7d; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 30rem; padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
h1 { margin: 0 0 .5rem; font-size: 1.4rem; line-height: 1.25; }
h2 { margin: 0; font-size: 1rem; }
.notice { margin: 0 0 1.5rem; padding: .5rem .75rem; border-left: 3px solid var(--accent); font-size: .9rem; }
ul { margin: .5rem 0 1.5rem; padding: 0; list-style: none; }
li { padding: .35rem 0; border-top: 1px solid var(--line); line-height: 1.35; }
li code { display: block; opacity: .85; }
code { font-size: .85em; overflow-wrap: anywhere; }
fieldset { margin: 0 0 1.5rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; }
label { display: block; padding: .25rem 0; }
.actions { display: flex; gap: .75rem; flex-wrap: wrap; }
button { flex: 1 1 8rem; min-height: 2.75rem; padding: .5rem 1rem; border: 1px solid var(--ink); border-radius: .5rem;
  background: transparent; color: inherit; font: inherit; cursor: pointer; }
button[value=allow] { background: var(--ink); color: var(--card); font-weight: 600; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.address { margin: 1.5rem 0 0; font-size: .85rem; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

const page = (title: string, body: string): string => `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main>${body}</main></body>
</html>
`;

/**
 * The page's Content-Security-Policy. Browsers check the redirect that follows a form against `form-action`, so the
 * client's own origin has to be in it.
 */
export function consentPolicy(redirectUri?: string): string {
  const targets = ["'self'", ...(redirectUri === undefined ? [] : [new URL(redirectUri).origin])];
  return [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    `form-action ${targets.join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

export interface ConsentRequest {
  id: string;
  client: Client;
  redirectUri: string;
  scopes: string[];
}

function accountChoice(creators: { id: string; attributes: Attributes }[]): string {
  const option = ({ id, attributes }: { id: string; attributes: Attributes }, position: number): string =>
    `<label><input type="radio" name="user" value="${escapeHtml(id)}"${position === 0 ? ' checked' : ''}> ${escapeHtml(String(attributes.full_name))}</label>`;
  if (creators.length > 1) {
    return `<fieldset><legend>Continue as</legend>${creators.map(option).join('')}</fieldset>`;
  }
  const [only] = creators;
  if (only === undefined) return '';
  return `<p>You are signed in as <strong>${escapeHtml(String(only.attributes.full_name))}</strong>.</p>`;
}

export function consentPage(request: ConsentRequest, creators: { id: string; attributes: Attributes }[]): string {
  const { id, client, redirectUri, scopes } = request;
  const asked = scopes.map(
    (scope) => `<li>${escapeHtml(SCOPES[scope] ?? scope)} <code>${escapeHtml(scope)}</code></li>`,
  );
  return page(
    `Allow ${client.name}?`,
    `<h1>${escapeHtml(client.name)} asks for access</h1>
<p class="notice">This is the sandbox on your own machine, not Patreon. All people in it are invented.</p>
<form method="post" action="/oauth2/authorize">
<input type="hidden" name="request" value="${escapeHtml(id)}">
${accountChoice(creators)}
<h2>It would be able to:</h2>
<ul>${asked.join('')}</ul>
<div class="actions">
<button type="submit" name="decision" value="deny">Deny</button>
<button type="submit" name="decision" value="allow">Allow</button>
</div>
</form>
<p class="address">Afterwards you return to <code>${escapeHtml(new URL(redirectUri).origin)}</code>.</p>`,
  );
}

export function consentProblemPage(problem: string, remedy: string): string {
  return page('Access cannot be given', `<h1>${escapeHtml(problem)}</h1><p>${escapeHtml(remedy)}</p>`);
}
