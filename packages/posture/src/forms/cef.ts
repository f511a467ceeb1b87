import { alertKindOf } from '../alert-kinds.ts'
import type { AlertEvent } from './alert-event.ts'

const severities = { low: 3, medium: 6, high: 9 } as const
/** Of one value: the dictionary's own limit for most of these fields. */
const valueCharsMax = 1023

/**
 * An event in ArcSight's Common Event Format, version 0: one line, no line break in it, whatever a guest wrote.
 * @see Micro Focus Security ArcSight Common Event Format, "Header Information", "Character Encoding"
 */
export function cefOf(event: AlertEvent): string {
  const { alert, what, time, name, alertId, sequence, id } = event
  const header = [
    ...['trusted-launch', 'Trusted Launch', '1', alert.type, alertKindOf(alert.type).title],
    String(severities[alert.severity]),
  ]
  const extension: readonly (readonly [string, string])[] = [
    ['rt', String(time)],
    ['externalId', id],
    ['act', event.sample ? 'sample' : what],
    ['cnt', String(alert.count)],
    ['start', String(alert.firstSeen)],
    ['end', String(alert.lastSeen)],
    ['dhost', alert.vm.split('/').at(-1)!],
    ['deviceExternalId', alert.vm],
    ['outcome', alert.state],
    ['reason', alert.cause],
    ['msg', alert.summary],
    ...labelled(1, 'components', alert.components.join(', ')),
    ...labelled(2, 'findings', alert.findings.join(', ')),
    ...labelled(3, 'alert', name),
    ...labelled(4, 'alertId', alertId),
    ...labelled(5, 'sequence', String(sequence)),
  ]
  const told = extension.map(([key, value]) => `${key}=${escaped(value)}`)
  return `CEF:0|${header.map(headerOf).join('|')}|${told.join(' ')}`
}

function labelled(number: number, label: string, value: string) {
  return [
    [`cs${number}Label`, label],
    [`cs${number}`, value],
  ] as const
}

function headerOf(text: string): string {
  return flat(text).replaceAll(/[\\|]/g, '\\$&')
}

function escaped(text: string): string {
  return flat(text).slice(0, valueCharsMax).replaceAll(/[\\=]/g, '\\$&')
}

function flat(text: string): string {
  return text.replaceAll(/[\p{C}\u2028\u2029]+/gu, ' ')
}
