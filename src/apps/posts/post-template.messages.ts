import { defineMessages } from '../../i18n';

/** Texts of templates and snippets; namespace `postTemplate`. */
export const postTemplateMessages = defineMessages({
  en: {
    title: 'Templates and snippets',
    text: 'What posts of one kind begin with, and words that many posts have in common.',
    everywhere: 'All campaigns',
    undo: 'Undo',
    field: {
      name: 'Name',
      campaign: 'Campaign',
    },
    hint: {
      name: 'Shown to your team only.',
      content:
        'Markdown. {{date}}, {{campaign}} and {{patrons}} are filled in when a post begins: the day of its plan, the campaign’s name and its number of patrons.',
      planned_for: 'By the campaign’s clocks. It also fills {{date}}.',
      snippet: 'Markdown, put in where the cursor stands.',
    },
    list: {
      templates: 'Templates',
      snippets: 'Snippets',
      none: 'No template yet',
      noneText: 'Make one here, or keep a draft that you like as a template.',
      noSnippet: 'No snippet yet.',
      saved: 'Saved',
      use: 'Use',
      useNamed: 'Use {{name}}',
      begin: 'Begin a post',
      edit: 'Edit',
      editNamed: 'Edit {{name}}',
      new: 'New template',
      newSnippet: 'New snippet',
    },
    edit: {
      newTitle: 'New template',
      delete: 'Delete',
      deleteText:
        'Posts that began with it stay as they are. It can be brought back for 30 days, from the message that follows.',
      deleteSnippet:
        'Posts that hold it stay as they are. It can be brought back for 30 days, from the message that follows.',
      campaignOfTiers: 'Tiers can be chosen for a template of one campaign.',
    },
    done: {
      created: '{{name}} is kept.',
      changed: '{{name}} is saved.',
      deleted: '{{name}} is deleted.',
      restored: '{{name}} is back.',
    },
    insert: {
      title: 'Snippets',
      none: 'No snippets yet.',
      manage: 'Edit snippets',
    },
    saveAs: 'Save as template',
    problem: {
      name: 'Give it a name of at most 80 characters.',
      taken: 'Another one has this name already.',
      tooMany: 'There are 200 of them already. Delete one that nobody uses.',
      campaign: 'Choose one of your campaigns, or all of them.',
      tiers: 'Choose tiers of the template’s own campaign.',
      content: 'Write between 1 and 5,000 characters.',
      changed: 'Somebody saved it meanwhile. Your words are still here: look at theirs first, then save again.',
    },
  },
  fr: {
    title: 'Modèles et extraits',
    text: 'Ce par quoi commencent des publications du même genre, et les mots qu’elles ont en commun.',
    everywhere: 'Toutes les campagnes',
    undo: 'Annuler',
    field: {
      name: 'Nom',
      campaign: 'Campagne',
    },
    hint: {
      name: 'Visible seulement par votre équipe.',
      content:
        'Markdown. {{date}}, {{campaign}} et {{patrons}} sont remplis au début d’une publication\u202f: le jour prévu, le nom de la campagne et son nombre de mécènes.',
      planned_for: 'À l’heure de la campagne. Remplit aussi {{date}}.',
      snippet: 'Markdown, inséré là où se trouve le curseur.',
    },
    list: {
      templates: 'Modèles',
      snippets: 'Extraits',
      none: 'Pas encore de modèle',
      noneText: 'Créez-en un ici, ou gardez comme modèle un brouillon qui vous plaît.',
      noSnippet: 'Pas encore d’extrait.',
      saved: 'Enregistré',
      use: 'Utiliser',
      useNamed: 'Utiliser {{name}}',
      begin: 'Commencer une publication',
      edit: 'Modifier',
      editNamed: 'Modifier {{name}}',
      new: 'Nouveau modèle',
      newSnippet: 'Nouvel extrait',
    },
    edit: {
      newTitle: 'Nouveau modèle',
      delete: 'Supprimer',
      deleteText:
        'Les publications commencées avec lui restent telles quelles. Il peut être rétabli pendant 30 jours, depuis le message qui suit.',
      deleteSnippet:
        'Les publications qui le contiennent restent telles quelles. Il peut être rétabli pendant 30 jours, depuis le message qui suit.',
      campaignOfTiers: 'Les niveaux se choisissent pour un modèle d’une seule campagne.',
    },
    done: {
      created: '{{name}} est gardé.',
      changed: '{{name}} est enregistré.',
      deleted: '{{name}} est supprimé.',
      restored: '{{name}} est de retour.',
    },
    insert: {
      title: 'Extraits',
      none: 'Pas encore d’extrait.',
      manage: 'Modifier les extraits',
    },
    saveAs: 'Garder comme modèle',
    problem: {
      name: 'Donnez un nom de 80 caractères au plus.',
      taken: 'Un autre porte déjà ce nom.',
      tooMany: 'Il y en a déjà 200. Supprimez-en un qui ne sert plus.',
      campaign: 'Choisissez une de vos campagnes, ou toutes.',
      tiers: 'Choisissez des niveaux de la campagne du modèle.',
      content: 'Écrivez entre 1 et 5\u202f000 caractères.',
      changed:
        'Quelqu’un l’a enregistré entre-temps. Vos mots sont toujours ici\u202f: regardez d’abord les siens, puis enregistrez de nouveau.',
    },
  },
});
