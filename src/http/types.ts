import type { Locale, Translate } from '../i18n';
import type { Permission, Role } from '../policy';
import type { ViewOptions } from './render';

/** The signed-in person, read from the database for each request. */
export interface CurrentStaff {
  id: number;
  email: string;
  name: string;
  role: Role;
  theme: 'dark' | 'light' | 'system';
  locale: Locale;
}

export interface Flash {
  kind: 'success' | 'info' | 'warning' | 'error';
  text: string;
  /** What can be done about it at once: a form that posts to this address. */
  action?: { address: string; label: string };
  /** Where what was done can be seen. */
  link?: { href: string; label: string };
}

declare global {
  namespace Express {
    interface Request {
      requestId: string;
      staff: CurrentStaff | null;
      t: Translate;
      locale: Locale;
      /** Refuses by default: false for anybody who is not signed in. */
      can(permission: Permission): boolean;
      /** Shown on the next page that is rendered for this session. */
      flash(kind: Flash['kind'], text: string, action?: Flash['action'], link?: Flash['link']): void;
    }
    interface Response {
      /** Renders a page inside the layout, or only its fragment when htmx asks for it. */
      view(page: string, locals: Record<string, unknown>, options?: ViewOptions): void;
    }
    interface Locals {
      /** What needs somebody's attention; the strip under the header. */
      problems?: { code: string; message: string; fix_url: string }[];
    }
  }
}

declare module 'express-session' {
  interface SessionData {
    staffId?: number;
    epoch?: number;
    /** Unix milliseconds of the sign-in: the absolute limit counts from here. */
    signedInAt?: number;
    flash?: Flash[];
    locale?: Locale;
  }
}
