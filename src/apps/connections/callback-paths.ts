export const CALLBACK_PATH = '/patreon/oauth/callback/';
export const API_CALLBACK_PATH = '/api/auth/patreon/callback';

/** Where Patreon may send a browser back to; the first without its slash redirects. */
export const CALLBACK_PATHS = [CALLBACK_PATH, CALLBACK_PATH.slice(0, -1), API_CALLBACK_PATH];
