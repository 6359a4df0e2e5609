import { defineMessages } from '../i18n';

/** What lists have in common; namespace `list`. */
export const listMessages = defineMessages({
  en: {
    clear: 'Clear all filters',
    live: 'Current',
    gone: 'Gone from Patreon',
    shown: 'Shown',
    problem: {
      title: 'This address asks for something that the list does not have',
      campaign: 'There is no such campaign here. Choose one from the list.',
      tier: 'There is no such tier here. Choose one from the list.',
      audience: 'There is no such audience. Choose one from the list.',
      sort: 'The list cannot be sorted by that. Use the column heads.',
      page: 'This page of the list cannot be found. Start from the first one.',
      q: 'The text to search for may have at most 100 characters, all of them readable.',
      gone: '“gone” takes 1 or 0.',
    },
  },
  fr: {
    clear: 'Effacer tous les filtres',
    live: 'Actuels',
    gone: 'Disparus de Patreon',
    shown: 'Afficher',
    problem: {
      title: 'Cette adresse demande quelque chose que la liste n’a pas',
      campaign: 'Cette campagne n’existe pas ici. Choisissez-en une dans la liste.',
      tier: 'Ce niveau n’existe pas ici. Choisissez-en un dans la liste.',
      audience: 'Ce public n’existe pas. Choisissez-en un dans la liste.',
      sort: 'La liste ne peut pas être triée ainsi. Utilisez les en-têtes de colonnes.',
      page: 'Cette page de la liste est introuvable. Repartez de la première.',
      q: 'Le texte recherché doit compter au plus 100 caractères, tous lisibles.',
      gone: '«\u00a0gone\u00a0» prend 1 ou 0.',
    },
  },
});
