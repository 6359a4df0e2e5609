import type { RequestHandler } from 'express';
import helmet from 'helmet';

const NO_DEVICES = ['camera', 'geolocation', 'microphone', 'payment', 'usb'].map((name) => `${name}=()`).join(', ');

/** The strict policy of every answer. `formAction` names a further origin for the one page whose form leads there. */
function policy(production: boolean, formAction: string[]): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'", ...formAction],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        ...(production ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    // With no-referrer browsers send `Origin: null` on form posts, which the origin check must refuse.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: production ? { maxAge: 31_536_000, includeSubDomains: true } : false,
    xFrameOptions: { action: 'deny' },
  });
}

export function securityHeaders(production: boolean): RequestHandler {
  const strict = policy(production, []);
  return (req, res, next) => {
    res.set('Permissions-Policy', NO_DEVICES);
    strict(req, res, next);
  };
}

/** For the connect page alone: its form is answered with a redirect to Patreon, which browsers hold to form-action. */
export function allowFormTo(production: boolean, origin: string): RequestHandler {
  return policy(production, [origin]);
}
