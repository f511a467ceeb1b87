import type { Terminal } from '@xterm/xterm'

/** Titles, icon names, colours and links of the guest's, and the clipboard. @see xterm, ctlseqs: OSC */
const COMMANDS = [0, 1, 2, 4, 8, 10, 11, 12, 52, 104, 110, 111, 112] as const
/** What asks a terminal something. @see ECMA-48, 8.3.24 DA, 8.3.35 DSR; xterm, ctlseqs: DECRQM, XTWINOPS */
const QUESTIONS = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
  { final: 't' },
  { prefix: '>', final: 'q' },
] as const

/**
 * What a guest prints is shown and does nothing else: no link, title or clipboard of its own, and no question is
 * answered, since the answer would be typed at the VM by whoever looks.
 */
export function guard({ parser }: Terminal): void {
  for (const command of COMMANDS) parser.registerOscHandler(command, () => true)
  for (const question of QUESTIONS) parser.registerCsiHandler(question, () => true)
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true)
}
