import { z } from 'zod';
import { plainText } from '../../http/parse';
import { LOCALES } from '../../i18n';
import { ROLES } from '../../policy';
import { passwordProblem } from './password-policy';

const key = (name: string) => `accounts:errors.${name}`;

const name = z.string(key('name')).trim().min(1, key('name')).max(100, key('name')).pipe(plainText);
const email = z
  .string(key('email'))
  .trim()
  .toLowerCase()
  .max(254, key('email'))
  .pipe(z.email(key('email')));
const role = z.enum(ROLES, key('role'));
const theme = z.enum(['dark', 'light', 'system'], key('theme'));
/** What people type is taken as it is; the length is judged where a new password is chosen. */
const password = z.string(key('passwordMissing')).min(1, key('passwordMissing')).max(1_000, key('passwordLong'));
const token = z.string().max(200).catch('');

/** `form` and its `password` have to go together: the person's own name is no password. */
function withPasswordRules<S extends z.ZodType<{ name: string; email: string; password: string }>>(form: S) {
  return form.superRefine((given, ctx) => {
    const problem = passwordProblem(given.password, given);
    if (problem) ctx.addIssue({ code: 'custom', path: ['password'], message: key(problem) });
  });
}

export const signInForm = z.object({ email, password });
export const setupForm = withPasswordRules(z.object({ name, email, password, token }));
export const staffForm = z.object({ name, email, role });
/** For the command line, which sets a password at once. */
export const staffArguments = withPasswordRules(z.object({ name, email, role, password }));
export const roleForm = z.object({ role });
export const themeForm = z.object({ theme });
export const profileForm = z.object({ name, locale: z.enum(LOCALES, key('locale')), theme });
export const passwordForm = z.object({
  current_password: z.string().max(1_000, key('currentPassword')).default(''),
  new_password: password,
});
