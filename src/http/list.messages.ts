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
      campaign: 'There is no such campaign here.',
      tier: 'There is no such tier here.',
      audience: 'There is no such audience.',
      sort: 'The list cannot be sorted by that.',
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
      campaign: 'Cette campagne n’existe pas ici.',
      tier: 'Ce niveau n’existe pas ici.',
      audience: 'Ce public n’existe pas.',
      sort: 'La liste ne peut pas être triée ainsi.',
      page: 'Cette page de la liste est introuvable. Repartez de la première.',
      q: 'Le texte recherché doit compter au plus 100 caractères, tous lisibles.',
      gone: '«\u202fgone\u202f» prend 1 ou 0.',
    },
  },
});
