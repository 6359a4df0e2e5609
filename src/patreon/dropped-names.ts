import { type JsonApiError, parameterOf } from './error-document';
import type { Selection } from './selection';

/** A field or include that Patreon refused and that this client no longer asks for. */
export interface DroppedName {
  parameter: 'fields' | 'include';
  /** Type of the resource: of the attribute, or of the endpoint's primary data. */
  type: string;
  name: string;
}

/**
 * Patreon answers 400 to a whole request for one name it does not know. This remembers the refused names, so that an
 * attribute which Patreon removes costs us that attribute and not the sync.
 */
export class DroppedNames {
  private readonly dropped = new Map<string, DroppedName>();

  list(): DroppedName[] {
    return [...this.dropped.values()];
  }

  /** `fields[…]` and `include` parameters for the selection, without the dropped names. */
  query(selection: Selection): Record<string, string> {
    const paths = this.includes(selection);
    const types = new Set([selection.type, ...paths.map((path) => selection.include[path] ?? '')]);
    const query: Record<string, string> = {};
    if (paths.length > 0) query.include = paths.join(',');
    for (const type of types) {
      const fields = this.fields(selection, type);
      if (fields.length > 0) query[`fields[${type}]`] = fields.join(',');
    }
    return query;
  }

  /**
   * Drops the names of the selection that these errors refuse; answers with those newly dropped. Where none is named,
   * nested includes go, which not every server knows.
   */
  drop(errors: readonly JsonApiError[], selection: Selection): DroppedName[] {
    const named = errors.flatMap((error) => this.refusedBy(error, selection));
    const added = named.length > 0 ? named : this.nested(errors, selection);
    for (const name of added) this.dropped.set(key(name), name);
    return added;
  }

  private nested(errors: readonly JsonApiError[], selection: Selection): DroppedName[] {
    const isElsewhere = errors.some((error) => !['include', null].includes(parameterOf(error)));
    const paths = isElsewhere ? [] : this.includes(selection).filter((path) => path.includes('.'));
    return paths.map((name) => ({ parameter: 'include', type: selection.type, name }));
  }

  private includes({ type, include }: Selection): string[] {
    return Object.keys(include).filter((name) => !this.dropped.has(key({ parameter: 'include', type, name })));
  }

  private fields({ fields }: Selection, type: string): string[] {
    const names = fields[type] ?? [];
    return names.filter((name) => !this.dropped.has(key({ parameter: 'fields', type, name })));
  }

  private refusedBy(error: JsonApiError, selection: Selection): DroppedName[] {
    const parameter = parameterOf(error);
    if (parameter === null) return [];
    const fieldType = fieldsOf(error, parameter);
    if (fieldType !== undefined) {
      const names = namesIn(error, this.fields(selection, fieldType));
      return names.map((name) => ({ parameter: 'fields', type: fieldType, name }));
    }
    if (parameter !== 'include') return [];
    const paths = refusedPaths(error, selection, this.includes(selection));
    return paths.map((name) => ({ parameter: 'include', type: selection.type, name }));
  }
}

/** The type whose attributes are refused: the sentence may say `fields` alone and name the type apart. */
function fieldsOf({ detail, sourceParameter }: JsonApiError, parameter: string): string | undefined {
  if (!/^fields\b/.test(parameter)) return undefined;
  const inBrackets = /^fields\[([^\]]+)\]$/;
  return (inBrackets.exec(parameter) ??
    inBrackets.exec(sourceParameter ?? '') ??
    /on type '([^']+)'/.exec(detail))?.[1];
}

function key({ parameter, type, name }: DroppedName): string {
  return `${parameter} ${type} ${name}`;
}

/** Of the names we asked for, those that the sentence lists: "Invalid parameter for 'x' on type 'y': a, b." */
function namesIn(error: JsonApiError, asked: readonly string[]): string[] {
  const named = new Set(listed(error));
  return asked.filter((name) => named.has(name));
}

function refusedPaths(error: JsonApiError, selection: Selection, asked: readonly string[]): string[] {
  const onType = /on type '([^']+)'/.exec(error.detail)?.[1] ?? selection.type;
  if (onType === selection.type) return namesIn(error, asked);
  // A nested path may be refused by its last part, on the type that lacks it.
  const named = listed(error);
  return asked.filter((path) => {
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('.')));
    const isNestedThere = parent !== '' && selection.include[parent] === onType;
    return isNestedThere && named.some((name) => name === path || path === `${parent}.${name}`);
  });
}

function listed(error: JsonApiError): string[] {
  const list = error.detail.slice(error.detail.lastIndexOf(':') + 1);
  return list
    .split(/[\s,]+/)
    .map((name) => name.replaceAll(/^['"]|['"]$|['"]?\.$/g, ''))
    .filter((name) => name !== '');
}
