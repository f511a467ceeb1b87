import type { Texts } from '../en.ts'

export const consoles: Texts['consoles'] = {
  kind: 'Ce qui est montré',
  kinds: { serial: 'Port série', screen: 'Écran' },
  watch: 'Regarder seulement',
  readOut: 'Pour lecteurs d’écran',
  tools: 'Console',
  connect: 'Connecter',
  disconnect: 'Déconnecter',
  copy: 'Copier',
  paste: 'Coller',
  clear: 'Effacer',
  full: 'Plein écran',
  leaveFull: 'Quitter le plein écran',
  keys: 'Envoyer Ctrl+Alt+Suppr',
  of: (machine) => `Console de ${machine}`,
  screenOf: (machine) => `Écran de ${machine}`,
  leave:
    'Les touches vont à la machine virtuelle, Tab aussi. Ctrl+Maj+Retour arrière revient à ces boutons.',
  off: 'Déconnecté',
  connecting: 'Connexion …',
  open: 'Connecté',
  watching: 'Connecté, pour regarder seulement',
  waiting: (seconds) => `La connexion est perdue. Nouvel essai dans ${seconds} s.`,
  noClipboard: 'Le navigateur ne laisse pas cette page lire le presse-papiers. Ctrl+Maj+V colle.',
  leftOut: (bytes) => `${bytes} octets omis`,
  notRunning: (name, power) => `${name} n’a pas de console maintenant : ${power}.`,
  notRunningAdvice: 'Démarrez-la ; elle est montrée ici depuis son micrologiciel.',
  ends: {
    MachineEnded: 'La machine virtuelle a été arrêtée, ou s’est terminée.',
    ConsoleFailed: 'Elle n’a pas pu être ouverte. Le journal du service dit pourquoi.',
    ScreenNotThere:
      'La machine virtuelle a démarré avant que les écrans puissent être regardés. Arrêtez-la et démarrez-la une fois.',
    TooManyConsoles:
      'Autant de personnes que possible regardent cette machine. Réessayez quand l’une est partie.',
    SignedOut: 'Votre session est terminée.',
    AuthorizationFailed: 'Vous ne pouvez plus la regarder, ou la machine virtuelle n’existe plus.',
    ConsoleIdle: 'Rien n’a été tapé ni écrit depuis longtemps.',
    ConsoleSlow: 'Elle ne prend rien de ce qui est envoyé.',
    InvalidInput: 'Ce qui a été envoyé n’est pas une saisie d’écran.',
  },
}
