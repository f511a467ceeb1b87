import { observe } from '../../domain/alerts.ts'
import type { HostFacts } from '../../domain/host/evidence.ts'
import { awaitedAlerts } from '../../domain/references/decide.ts'
import { noteBoot } from '../../domain/references/note-boot.ts'
import { expiredOf, LARGE_EVIDENCE_BYTES, RETENTION } from '../../domain/retention.ts'
import type { Json, Resource, Tables } from '../../domain/store.ts'
import { noteIntegrity } from '../../domain/vm/integrity.ts'
import { keepRemembered } from '../../domain/vm/remembered.ts'
import { stateOf } from '../../domain/vm/vm.ts'
import type { AppraisalAnswer } from '../../workers/appraisal.ts'
import { keyOf } from './appraisal-task.ts'
import type { Attested } from './attest.ts'
import type { Begun } from './begin.ts'

/** An attestation, as it is kept. */
export interface Kept {
  readonly id: string
  readonly time: number
  /** When the VM was asked. */
  readonly asked: number
}

/** The verdict, what made it, what is remembered of it, what it alerts of. Part of a transaction. */
export async function keep(
  tables: Tables,
  vm: Resource,
  made: Kept & { begun: Begun; facts: HostFacts; answer: AppraisalAnswer },
): Promise<Attested> {
  const { id, begun, facts, answer, time, asked } = made
  const { tier, findings, claims, record, shared, memory, ima, earlier } = answer
  const { vmId } = stateOf(vm)
  const kept = { id, vmId, at: time, tier, findings: findings as unknown as Json[] }
  const bytes = await tables.attestations.insert({ ...kept, record }, shared ?? undefined)
  await noteIntegrity(tables, vm, tier, time)
  const run = facts.starts?.run ?? null
  const isCleared = findings.some(({ id }) => id === 'vtpm.cleared')
  const uncounted = isCleared ? run : begun.known.uncounted
  const key = findings.some(({ id }) => id === 'host.identity')
    ? begun.known.key
    : keyOf(facts.expectation)
  await keepRemembered(tables.values, vmId, { vm: memory, ima, run, uncounted, key })
  const { variant, change, boot, revocationsMissing } = answer
  const booted = { attestation: id, time, asked, tier, variant, change, boot, revocationsMissing }
  await noteBoot(tables, vm, begun.used.boots, booted)
  const result = { tier, claims, evidence: answer.evidence, findings: [...findings, ...earlier] }
  const awaited = await awaitedAlerts(tables, vm, answer, time)
  const seen = { kind: 'verdict', result, isHostSeen: facts.host !== null } as const
  await observe(tables, vm, seen, time, { attestation: id, awaited })
  if (bytes > LARGE_EVIDENCE_BYTES) await makeRoom(tables, vm, time)
  return { id, tier }
}

/** Nothing that a guest sends fills the database: what is too much goes in the same transaction, the oldest first. */
async function makeRoom(tables: Tables, vm: Resource, time: number): Promise<void> {
  const gone = await expiredOf(tables, vm, time, RETENTION)
  await tables.attestations.delete(gone.map(({ id }) => id))
}
