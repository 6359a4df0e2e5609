import { outlineOf } from './document-outline';
import { isJson, parseJson } from './error-document';
import type { HttpAnswer } from './http-request';
import { isObject } from './is-object';
import { SentResources } from './sent-resources';

/** A JSON:API document as it was sent. */
export interface SentDocument {
  /** The resource of a single document, unchecked; of a list nothing. */
  one: unknown;
  data: SentResources;
  included: SentResources;
  meta: Readonly<Record<string, unknown>>;
  /** What it was read from. */
  bytes: Uint8Array;
}

const NONE = SentResources.of([]);

/** The document that was asked for; null when the answer is another one, or none. */
export function readDocument(answer: HttpAnswer, isList: boolean): SentDocument | null {
  const outlined = isList && isJson(answer) ? readOutlined(answer.bytes) : null;
  if (outlined) return outlined;
  const json = parseJson(answer);
  if (!isObject(json) || !(isList ? Array.isArray(json.data) : isObject(json.data))) return null;
  return {
    one: isList ? undefined : json.data,
    data: Array.isArray(json.data) ? SentResources.of(json.data) : NONE,
    included: Array.isArray(json.included) ? SentResources.of(json.included) : NONE,
    meta: isObject(json.meta) ? json.meta : {},
    bytes: answer.bytes,
  };
}

function readOutlined(bytes: Uint8Array): SentDocument | null {
  const outline = outlineOf(bytes);
  const rest = outline && parsed(outline.rest);
  if (!outline || !isObject(rest)) return null;
  return {
    one: undefined,
    data: SentResources.outlined(outline.data, bytes),
    included: SentResources.outlined(outline.included, bytes),
    meta: isObject(rest.meta) ? rest.meta : {},
    bytes,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
