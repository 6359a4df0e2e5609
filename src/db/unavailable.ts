const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENOENT']);

/** True when an error means that PostgreSQL cannot be used just now: worth a 503 and another try, not a 500. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isUnavailable)) return true;
  const {
    code,
    name,
    message = '',
    syscall,
  } = (error ?? {}) as { code?: unknown; name?: string; message?: string; syscall?: string };
  if (name === 'KnexTimeoutError' || name === 'TimeoutError') return true;
  if (typeof code === 'string') {
    if (NETWORK.has(code) && (syscall === undefined || /connect|read|write|getaddrinfo/.test(syscall))) return true;
    // 08: connection, 57P0: shutting down or starting up, 53: out of resources, 55P03: lock not available.
    if (/^(08|57P0|53)/.test(code) || code === '55P03') return true;
  }
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Unable to acquire a connection/i.test(
    message,
  );
}
