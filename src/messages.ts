import { createCatalogue } from './i18n';
import { sharedMessages } from './shared.messages';
import { accountsMessages } from './apps/accounts/accounts.messages';

/** One namespace per app. */
export const catalogue = createCatalogue({
  shared: sharedMessages,
  accounts: accountsMessages,
});
