import { type Drift, driftIn } from '../../domain/references/drift.ts'
import type { JsonObject, Resource } from '../../domain/store.ts'

/** A drift as it looks from outside. */
export function driftView(row: Resource): JsonObject {
  const drift = driftIn(row)
  const { count, isFirstBoot, isPresent, nearest, differences, modules, leftOut } = drift
  return {
    ...{ id: row.id, name: row.name, type: row.type },
    properties: {
      ...{ status: words[drift.status], isPresent, isFirstBoot, count, nearest, leftOut },
      firstSeen: dateOf(drift.firstSeen),
      lastSeen: dateOf(drift.lastSeen),
      evidence: `${row.parentId}/providers/TrustedLaunch/evidence/${drift.attestation}`,
      differences: differences as unknown as JsonObject[],
      modules,
      decision: decisionOf(drift),
    },
  }
}

const words = { pending: 'Pending', approved: 'Approved', rejected: 'Rejected' } as const
const dateOf = (time: number) => new Date(time).toISOString()

function decisionOf({ decision }: Drift): JsonObject | null {
  return decision === null ? null : { ...decision, at: dateOf(decision.at) }
}
