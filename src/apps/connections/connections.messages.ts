import { defineMessages } from '../../i18n';

/** Texts of credentials and connecting; namespace `connections`. */
export const connectionsMessages = defineMessages({
  en: {
    field: {
      client_id: 'Client ID',
      client_secret: 'Client secret',
      campaign_name: 'Name',
      redirect_uri: 'Redirect address',
      creator_access_token: 'Creator’s Access Token',
      creator_refresh_token: 'Creator’s Refresh Token',
      confirm: 'Name of the credential',
      credential: 'Credential',
    },
    hint: {
      client_id: 'From your client on Patreon: Developers, Clients & API Keys.',
      client_secret: 'From the same page.',
      stored: 'Stored. Leave empty to keep it.',
      campaign_name: 'How this connection is called here, for example the name of your page.',
      redirect_uri: 'Add exactly this address to the redirect URIs of your client on Patreon.',
      tokens:
        'From the client’s page, if you own the client. They are tried at once; later Patrondesk renews them by itself, and then the ones on Patreon’s page stop working.',
    },
    form: {
      client: 'Client on Patreon',
      tokens: 'Creator’s tokens',
      noTokens: 'Leave both empty to connect with the button afterwards.',
      keepTokens: 'A connection exists. Fill in both only to replace its tokens.',
      register: 'Open your clients on Patreon',
      environment:
        'This credential comes from the environment variables PATREON_CLIENT_ID and PATREON_CLIENT_SECRET. It is changed there, not here, and takes effect at the next start.',
    },
    list: {
      title: 'Credentials',
      text: 'How Patrondesk gets into Patreon. Secrets and tokens are stored encrypted and never shown again.',
      count_one: '{{count}} credential',
      count_other: '{{count}} credentials',
      add: 'Add credential',
      connect: 'Connect',
      name: 'Name',
      state: 'Connection',
      client: 'Client ID',
      campaigns: 'Campaigns',
      expires: 'Token valid until',
      environment: 'from the environment',
      emptyTitle: 'No credentials yet',
      emptyText: 'Register a client on Patreon, then add its ID and secret here.',
    },
    add: { title: 'Add credential', submit: 'Save' },
    change: {
      settings: 'Settings',
      connection: 'Connection',
      account: 'Patreon account',
      campaigns: 'Campaigns',
      connectedAt: 'Connected',
      tokenObtained: 'Token from',
      tokenExpires: 'Token valid until',
      unknownExpiry: 'Not known yet; shown after the first renewal',
      granted: 'Granted',
      missing: 'Not granted',
      missingText: 'What needs these is switched off. Connect again and allow everything to turn it on.',
      unknownScopes: 'Not known yet; found out with the first read',
      connect: 'Connect to Patreon',
      reconnect: 'Connect again',
      refresh: 'Renew token now',
      refreshUnknown:
        'If Patreon has already replaced the token, renewing it ends the connection, and you have to connect again.',
      disconnect: 'Disconnect',
      disconnectText:
        'Erases the tokens here. Everything that was read stays. Patreon has no address for revoking access: to do that too, open your settings on Patreon, then More, Connected apps.',
      delete: 'Delete credential',
    },
    delete: {
      title: 'Delete “{{name}}”',
      removed: 'What is removed',
      removedItems: {
        client: 'The client ID, the client secret and the redirect address',
        tokens: 'The tokens of this connection, if there are any',
        usage: 'The record of how many requests it made',
      },
      kept: 'What stays',
      keptItems: {
        mirror: 'All campaigns, members, tiers and posts that were read',
        notes: 'Everything your staff added to them',
        patreon: 'Everything on Patreon, with the access you granted there: revoke it in your settings on Patreon',
      },
      confirmText: 'To be sure, type the name: {{name}}',
      submit: 'Delete for good',
    },
    connect: {
      title: 'Connect to Patreon',
      text: 'Patreon will ask you to allow what is listed here. Sign in there as the creator whose page this panel is for.',
      asked: 'What Patrondesk asks for, and why',
      submit: 'Go to Patreon',
      goingTo: 'You will be sent to {{address}} and come back here.',
      choose: 'Which credential?',
      emptyTitle: 'There is nothing to connect with yet',
      emptyText: 'Connecting needs the ID and secret of a client that is registered on Patreon.',
    },
    scope: {
      identity: { what: 'Your public profile', why: 'to show whose connection this is' },
      identityEmail: { what: 'Your e-mail address', why: 'to tell accounts with the same name apart' },
      campaigns: { what: 'Your page with its tiers and benefits', why: 'to mirror them' },
      campaignsMembers: { what: 'Your members and what they pay', why: 'for the member list and its figures' },
      campaignsMembersEmail: { what: 'Your members’ e-mail addresses', why: 'to find and to write to members' },
      campaignsMembersAddress: { what: 'Your members’ postal addresses', why: 'to send what has to be shipped' },
      campaignsPosts: { what: 'Your posts', why: 'to mirror them' },
      wCampaignsWebhook: {
        what: 'Webhooks of your page',
        why: 'to hear of changes at once instead of at the next sync',
      },
    },
    callback: {
      signedOut:
        'Your session had ended before Patreon sent you back. Nothing was connected. Sign in and connect again.',
      again: 'Start again',
      incomplete: {
        title: 'Patreon’s answer is incomplete',
        text: 'The address holds neither a permission nor a refusal. Nothing was connected.',
      },
      state: {
        title: 'This answer from Patreon cannot be used',
        text: 'It is too old, was used before, or belongs to another browser or person. Nothing was connected.',
      },
    },
    connected: 'Patreon is connected. The first sync has begun.',
    created: 'The credential was saved. Connect it next.',
    changed: 'The credential was saved.',
    deleted: '“{{name}}” was deleted. What was read through it is still here.',
    disconnected:
      'Disconnected: the tokens were erased here, and what was read stays. To revoke access on Patreon too, open your settings there, then More, Connected apps.',
    refreshed: {
      renewed: 'The token was renewed.',
      postponed: 'Patreon could not renew the token now. The present one stays in use; try again in a few minutes.',
      refused: 'Patreon refuses to renew the token. Connect again.',
    },
    refusal: {
      budget_spent: 'Our own request budget is spent, so Patreon was not asked. Try again in the next hour.',
      campaign_taken:
        'A campaign of this account is read through another credential already. Disconnect or delete that one first.',
      client_refused:
        'Patreon does not accept the client ID, the client secret or the redirect address. Compare them with the client’s page on Patreon.',
      code_refused: 'Patreon did not accept its own permission any more: it is used or too old. Connect again.',
      credential_changed: 'The client ID was changed while you were at Patreon. Connect again.',
      denied: 'You did not allow access on Patreon. Nothing was connected.',
      no_campaign: 'This Patreon account has no page of its own. Sign in on Patreon as the creator and connect again.',
      other_account:
        'This credential belongs to another Patreon account, whose campaigns are mirrored here. Add a new credential for this account.',
      requests_held:
        'Nothing is asked of Patreon at the moment; the status page says why and until when. Try again then.',
      patreon_error:
        'Patreon reported an error instead of a permission. Compare client ID and redirect address with the client’s page on Patreon, then try again.',
      secret_unreadable:
        'The stored client secret cannot be read: the encryption key was changed. Enter the client secret again.',
      token_refused:
        'Patreon does not accept this access token, or it may not read your page. Copy both tokens again from the client’s page.',
      unavailable:
        'Patreon could not be reached or did not answer as expected. Nothing was stored; try again in a few minutes.',
    },
    fault: {
      campaign_taken:
        'A campaign of this account is read through another credential. Disconnect or delete that one, then connect again.',
      client_refused: 'Patreon does not accept the client ID or the client secret. Correct them below.',
      grant_refused:
        'Patreon has ended this access: it was revoked, or the tokens were replaced elsewhere. Connect again.',
      no_campaign: 'This Patreon account has no page of its own. Connect again as the creator.',
      other_account:
        'The new tokens belong to another Patreon account than the campaigns that are mirrored here. Add a new credential for it.',
      refresh_interrupted:
        'A renewal was cut off, so Patreon may have replaced the token without our learning the new one. The old one is used as long as it works; if Patreon refuses it, you are asked to connect again.',
      refused_after_renewal: 'Patreon refuses even a fresh token. Connect again and allow everything that is asked.',
      secret_unreadable:
        'What is stored cannot be read: the encryption key was changed or the data is damaged. Enter the client secret again and connect again.',
      token_endpoint_unavailable:
        'Patreon could not renew the token last time. The present one stays in use; it is tried again by itself.',
    },
    errors: {
      clientId: 'Give the client ID as Patreon shows it, without spaces.',
      clientSecret: 'Give the client secret as Patreon shows it, without spaces.',
      secretOfNewClient: 'Another client has another secret: give it as well.',
      campaignName: 'Give a name of 1 to 200 characters.',
      redirectUri: 'Give an http or https address that ends in /patreon/oauth/callback/ or /api/auth/patreon/callback.',
      token: 'A token has no spaces and at most 4,000 characters.',
      bothTokens: 'The two creator’s tokens go together: give both, or neither.',
      confirm: 'Type the name exactly as it is shown.',
      credential: 'Name the credential: its id in the field “credential”.',
    },
  },
  fr: {
    field: {
      client_id: 'Identifiant du client',
      client_secret: 'Secret du client',
      campaign_name: 'Nom',
      redirect_uri: 'Adresse de redirection',
      creator_access_token: 'Creator’s Access Token',
      creator_refresh_token: 'Creator’s Refresh Token',
      confirm: 'Nom de l’identifiant',
      credential: 'Identifiant',
    },
    hint: {
      client_id: 'Sur la page de votre client chez Patreon\u202f: Developers, Clients & API Keys.',
      client_secret: 'Sur la même page.',
      stored: 'Enregistré. Laissez vide pour le garder.',
      campaign_name: 'Le nom de cette connexion ici, par exemple celui de votre page.',
      redirect_uri: 'Ajoutez exactement cette adresse aux «\u202fredirect URIs\u202f» de votre client chez Patreon.',
      tokens:
        'Sur la page du client, si vous en êtes propriétaire. Ils sont essayés tout de suite\u202f; ensuite Patrondesk les renouvelle lui-même, et ceux de la page de Patreon cessent de fonctionner.',
    },
    form: {
      client: 'Client chez Patreon',
      tokens: 'Jetons du créateur',
      noTokens: 'Laissez les deux vides pour vous connecter ensuite avec le bouton.',
      keepTokens: 'Une connexion existe. Remplissez les deux seulement pour remplacer ses jetons.',
      register: 'Ouvrir vos clients chez Patreon',
      environment:
        'Cet identifiant vient des variables d’environnement PATREON_CLIENT_ID et PATREON_CLIENT_SECRET. Il se modifie là-bas, pas ici, et prend effet au prochain démarrage.',
    },
    list: {
      title: 'Identifiants',
      text: 'Comment Patrondesk accède à Patreon. Secrets et jetons sont enregistrés chiffrés et ne sont plus jamais affichés.',
      count_one: '{{count}} identifiant',
      count_other: '{{count}} identifiants',
      add: 'Ajouter un identifiant',
      connect: 'Connecter',
      name: 'Nom',
      state: 'Connexion',
      client: 'Identifiant du client',
      campaigns: 'Campagnes',
      expires: 'Jeton valable jusqu’au',
      environment: 'de l’environnement',
      emptyTitle: 'Pas encore d’identifiant',
      emptyText: 'Déclarez un client chez Patreon, puis ajoutez ici son identifiant et son secret.',
    },
    add: { title: 'Ajouter un identifiant', submit: 'Enregistrer' },
    change: {
      settings: 'Réglages',
      connection: 'Connexion',
      account: 'Compte Patreon',
      campaigns: 'Campagnes',
      connectedAt: 'Connecté',
      tokenObtained: 'Jeton obtenu',
      tokenExpires: 'Jeton valable jusqu’au',
      unknownExpiry: 'Pas encore connu\u202f; affiché après le premier renouvellement',
      granted: 'Accordées',
      missing: 'Non accordées',
      missingText: 'Ce qui en dépend est désactivé. Reconnectez-vous et autorisez tout pour l’activer.',
      unknownScopes: 'Pas encore connues\u202f; découvertes à la première lecture',
      connect: 'Connecter à Patreon',
      reconnect: 'Reconnecter',
      refresh: 'Renouveler le jeton maintenant',
      refreshUnknown:
        'Si Patreon a déjà remplacé le jeton, le renouveler met fin à la connexion, et il faudra vous reconnecter.',
      disconnect: 'Déconnecter',
      disconnectText:
        'Efface les jetons ici. Tout ce qui a été lu reste. Patreon n’offre aucune adresse pour révoquer un accès\u202f: pour le faire aussi, ouvrez vos réglages chez Patreon, puis «\u202fMore\u202f», «\u202fConnected apps\u202f».',
      delete: 'Supprimer l’identifiant',
    },
    delete: {
      title: 'Supprimer «\u202f{{name}}\u202f»',
      removed: 'Ce qui est supprimé',
      removedItems: {
        client: 'L’identifiant et le secret du client, et l’adresse de redirection',
        tokens: 'Les jetons de cette connexion, s’il y en a',
        usage: 'Le relevé du nombre de ses requêtes',
      },
      kept: 'Ce qui reste',
      keptItems: {
        mirror: 'Toutes les campagnes, membres, niveaux et publications déjà lus',
        notes: 'Tout ce que votre équipe y a ajouté',
        patreon:
          'Tout ce qui est chez Patreon, y compris l’accès accordé\u202f: révoquez-le dans vos réglages chez Patreon',
      },
      confirmText: 'Pour confirmer, saisissez le nom\u202f: {{name}}',
      submit: 'Supprimer définitivement',
    },
    connect: {
      title: 'Connecter à Patreon',
      text: 'Patreon vous demandera d’autoriser ce qui suit. Connectez-vous là-bas avec le compte du créateur dont ce panneau gère la page.',
      asked: 'Ce que Patrondesk demande, et pourquoi',
      submit: 'Aller chez Patreon',
      goingTo: 'Vous serez envoyé vers {{address}} et reviendrez ici.',
      choose: 'Quel identifiant\u202f?',
      emptyTitle: 'Il n’y a encore rien avec quoi se connecter',
      emptyText: 'Il faut l’identifiant et le secret d’un client déclaré chez Patreon.',
    },
    scope: {
      identity: { what: 'Votre profil public', why: 'pour montrer à qui appartient la connexion' },
      identityEmail: { what: 'Votre adresse e-mail', why: 'pour distinguer des comptes de même nom' },
      campaigns: { what: 'Votre page, ses niveaux et ses avantages', why: 'pour en tenir une copie' },
      campaignsMembers: { what: 'Vos membres et ce qu’ils paient', why: 'pour la liste des membres et ses chiffres' },
      campaignsMembersEmail: { what: 'Les adresses e-mail de vos membres', why: 'pour les retrouver et leur écrire' },
      campaignsMembersAddress: {
        what: 'Les adresses postales de vos membres',
        why: 'pour expédier ce qui doit l’être',
      },
      campaignsPosts: { what: 'Vos publications', why: 'pour en tenir une copie' },
      wCampaignsWebhook: {
        what: 'Les webhooks de votre page',
        why: 'pour apprendre les changements tout de suite et non à la prochaine synchronisation',
      },
    },
    callback: {
      signedOut:
        'Votre session avait pris fin avant le retour de Patreon. Rien n’a été connecté. Connectez-vous et recommencez.',
      again: 'Recommencer',
      incomplete: {
        title: 'La réponse de Patreon est incomplète',
        text: 'L’adresse ne contient ni autorisation ni refus. Rien n’a été connecté.',
      },
      state: {
        title: 'Cette réponse de Patreon est inutilisable',
        text: 'Elle est trop ancienne, a déjà servi, ou appartient à un autre navigateur ou à une autre personne. Rien n’a été connecté.',
      },
    },
    connected: 'Patreon est connecté. La première synchronisation a commencé.',
    created: 'L’identifiant est enregistré. Il reste à le connecter.',
    changed: 'L’identifiant est enregistré.',
    deleted: '«\u202f{{name}}\u202f» a été supprimé. Ce qui a été lu grâce à lui est toujours là.',
    disconnected:
      'Déconnecté\u202f: les jetons sont effacés ici, et ce qui a été lu reste. Pour révoquer aussi l’accès chez Patreon, ouvrez-y vos réglages, puis «\u202fMore\u202f», «\u202fConnected apps\u202f».',
    refreshed: {
      renewed: 'Le jeton a été renouvelé.',
      postponed:
        'Patreon n’a pas pu renouveler le jeton. L’actuel reste en service\u202f; réessayez dans quelques minutes.',
      refused: 'Patreon refuse de renouveler le jeton. Reconnectez-vous.',
    },
    refusal: {
      budget_spent:
        'Notre propre budget de requêtes est épuisé, Patreon n’a donc pas été interrogé. Réessayez à l’heure suivante.',
      campaign_taken:
        'Une campagne de ce compte est déjà lue par un autre identifiant. Déconnectez ou supprimez d’abord celui-là.',
      client_refused:
        'Patreon n’accepte pas l’identifiant du client, son secret ou l’adresse de redirection. Comparez-les avec la page du client chez Patreon.',
      code_refused:
        'Patreon n’accepte plus sa propre autorisation\u202f: elle a servi ou est trop ancienne. Recommencez.',
      credential_changed: 'L’identifiant du client a changé pendant que vous étiez chez Patreon. Recommencez.',
      denied: 'Vous n’avez pas autorisé l’accès chez Patreon. Rien n’a été connecté.',
      no_campaign:
        'Ce compte Patreon n’a pas de page à lui. Connectez-vous chez Patreon comme créateur et recommencez.',
      other_account:
        'Cet identifiant appartient à un autre compte Patreon, dont les campagnes sont copiées ici. Ajoutez un nouvel identifiant pour ce compte.',
      requests_held:
        'Patreon n’est pas interrogé en ce moment\u202f; la page d’état dit pourquoi et jusqu’à quand. Réessayez ensuite.',
      patreon_error:
        'Patreon a signalé une erreur au lieu d’une autorisation. Comparez l’identifiant du client et l’adresse de redirection avec la page du client chez Patreon, puis réessayez.',
      secret_unreadable:
        'Le secret enregistré est illisible\u202f: la clé de chiffrement a changé. Saisissez à nouveau le secret du client.',
      token_refused:
        'Patreon n’accepte pas ce jeton d’accès, ou il ne permet pas de lire votre page. Copiez à nouveau les deux jetons depuis la page du client.',
      unavailable:
        'Patreon est injoignable ou n’a pas répondu comme prévu. Rien n’a été enregistré\u202f; réessayez dans quelques minutes.',
    },
    fault: {
      campaign_taken:
        'Une campagne de ce compte est lue par un autre identifiant. Déconnectez ou supprimez celui-là, puis reconnectez.',
      client_refused: 'Patreon n’accepte pas l’identifiant ou le secret du client. Corrigez-les ci-dessous.',
      grant_refused:
        'Patreon a mis fin à cet accès\u202f: il a été révoqué, ou les jetons ont été remplacés ailleurs. Reconnectez.',
      no_campaign: 'Ce compte Patreon n’a pas de page à lui. Reconnectez avec le compte du créateur.',
      other_account:
        'Les nouveaux jetons appartiennent à un autre compte Patreon que les campagnes copiées ici. Ajoutez un nouvel identifiant pour lui.',
      refresh_interrupted:
        'Un renouvellement a été interrompu\u202f: Patreon a peut-être remplacé le jeton sans que nous ayons reçu le nouveau. L’ancien sert tant qu’il fonctionne\u202f; si Patreon le refuse, il vous sera demandé de reconnecter.',
      refused_after_renewal:
        'Patreon refuse même un jeton tout neuf. Reconnectez et autorisez tout ce qui est demandé.',
      secret_unreadable:
        'Ce qui est enregistré est illisible\u202f: la clé de chiffrement a changé ou les données sont abîmées. Saisissez à nouveau le secret du client et reconnectez.',
      token_endpoint_unavailable:
        'Patreon n’a pas pu renouveler le jeton la dernière fois. L’actuel reste en service\u202f; un nouvel essai se fera tout seul.',
    },
    errors: {
      clientId: 'Indiquez l’identifiant du client tel que Patreon l’affiche, sans espace.',
      clientSecret: 'Indiquez le secret du client tel que Patreon l’affiche, sans espace.',
      secretOfNewClient: 'Un autre client a un autre secret\u202f: indiquez-le aussi.',
      campaignName: 'Indiquez un nom de 1 à 200 caractères.',
      redirectUri:
        'Indiquez une adresse http ou https qui se termine par /patreon/oauth/callback/ ou /api/auth/patreon/callback.',
      token: 'Un jeton n’a pas d’espace et au plus 4\u202f000 caractères.',
      bothTokens: 'Les deux jetons du créateur vont ensemble\u202f: indiquez les deux, ou aucun.',
      confirm: 'Saisissez le nom exactement comme il est affiché.',
      credential: 'Indiquez l’identifiant à utiliser\u202f: son numéro dans le champ «\u202fcredential\u202f».',
    },
  },
});
