import { nameOf } from '@trusted-launch/codec'
import { EV, explain, type Quirk } from '@trusted-launch/eventlog'
import type { Check } from '../check.ts'
import type { Occurrence } from '../finding-table.ts'
import { secureBootPcr } from '../measured-variables.ts'
import type { VerifiedEvent, VerifiedEventLog } from '../verify-event-log.ts'

/** Data that ought to give the digest, and does not, is never a basis for anything. */
function dataMatchesDigest({ events, bank }: VerifiedEventLog): Occurrence[] {
  return events
    .filter((event) => event.explanation.status === 'mismatch' && !isUnexplained(event))
    .map(({ index, pcrIndex, eventType, explanation }) => ({
      id: 'eventlog.data',
      summary: `The data of event ${index} (${nameOf(EV, eventType)}) is not what was measured (${bank}).`,
      pcr: pcrIndex,
      events: [index],
      tolerance: isVersion(pcrIndex, explanation.quirk) ? 'crtm-version-unexplained' : null,
    }))
}

function isVersion(pcrIndex: number, quirk: Quirk | null): boolean {
  return quirk === 'version-elsewhere' && pcrIndex === 0
}

/** Of a type that nobody knows what it measures: `typesAllowed` tells of it. */
function isUnexplained({ eventType, pcrIndex }: VerifiedEvent): boolean {
  return !knownTypes.has(eventType) && pcrIndex !== secureBootPcr
}

const knownTypes: ReadonlySet<number> = new Set(Object.values(EV))

/** What is said of an event is said of its digest in the strongest bank: it must be so in the others as well. */
function banksAgree({ events, bank, values }: VerifiedEventLog): Occurrence[] {
  const others = values.map((one) => one.bank).filter((other) => other !== bank)
  return others.flatMap((other) =>
    events
      .filter((event) => {
        const { status, rule, disguised } = explain(event, other)
        const { explanation } = event
        return (
          status !== explanation.status ||
          rule !== explanation.rule ||
          disguised !== explanation.disguised
        )
      })
      .map(({ index, pcrIndex, eventType }) => ({
        id: 'eventlog.data',
        summary: `Event ${index} (${nameOf(EV, eventType)}) measured something else in ${other} than in ${bank}.`,
        pcr: pcrIndex,
        events: [index],
      })),
  )
}

/** Whose digest is to come out of their data. */
function hashedAgain({ events }: VerifiedEventLog): VerifiedEvent[] {
  return events.filter((event) => {
    const { status, verified } = event.explanation
    return verified || (status === 'mismatch' && !isUnexplained(event))
  })
}

export const meaningChecks: readonly Check[] = [
  { number: 24, title: 'data is hashed again', run: dataMatchesDigest, about: hashedAgain },
  {
    ...{ number: 24, title: 'banks measure the same', run: banksAgree },
    about: ({ events, values }) => (values.length > 1 ? events : []),
  },
]
