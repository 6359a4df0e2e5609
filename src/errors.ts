/** The errors that a page may explain. `detail` is shown to people; it never carries a secret. */
export class AppError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    this.name = new.target.name;
  }
}

export class NotFoundError extends AppError {
  constructor(message = 'There is nothing at this address.') {
    super(404, 'not_found', message);
  }
}

export class ForbiddenError extends AppError {
  constructor(message = 'Your role does not allow this.', code = 'forbidden') {
    super(403, code, message);
  }
}

export class NotSignedInError extends AppError {
  constructor() {
    super(401, 'not_signed_in', 'Sign in first.');
  }
}

export class BadRequestError extends AppError {
  constructor(message: string, code = 'bad_request') {
    super(400, code, message);
  }
}

export class ConflictError extends AppError {
  constructor(message: string, code = 'conflict') {
    super(409, code, message);
  }
}

export class TooManyRequestsError extends AppError {
  constructor(message: string, retryAfterSeconds: number) {
    super(429, 'too_many_requests', message, retryAfterSeconds);
  }
}

export class UnavailableError extends AppError {
  constructor(message = 'The database cannot be reached just now.', retryAfterSeconds = 5) {
    super(503, 'unavailable', message, retryAfterSeconds);
  }
}

/** Wrong settings or arguments: the command line answers it with exit code 2. */
export class UsageError extends AppError {
  constructor(message: string) {
    super(400, 'usage', message);
  }
}

/** What is wrong with a form or a query, per field; `form` holds what belongs to no single field. */
export class ValidationError extends AppError {
  constructor(readonly fields: Record<string, string>) {
    super(422, 'invalid', Object.values(fields)[0] ?? 'Something in the form is not right.');
  }
}
