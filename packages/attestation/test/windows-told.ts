import assert from 'node:assert/strict'
import { SIPAEVENT } from '@trusted-launch/eventlog'
import { appraiseEvidence } from '../src/appraise.ts'
import type { Claim } from '../src/result.ts'
import { evidenceOf, type Step } from './boot.ts'
import { type flag, type Name, system, windowsBoot, windowsPart } from './windows.ts'

/** What is not asked here: these tests have no reference values, and what a policy wants has tests of its own. */
const leftOut = ['reference-values.missing', 'policy.requirement']

/** What a boot comes to. */
export function told(boot: readonly Step[]) {
  const { claims, findings } = appraiseEvidence(
    evidenceOf(boot, { references: null, measured: null }),
  )
  const others = findings.filter(({ id }) => !leftOut.includes(id))
  return { claims, ids: others.map(({ id }) => id), findings: others }
}

export const ofPart = (part: readonly Step[]) => told(windowsBoot(part))
/** A boot whose system tells these as well, in place of what it told of the same. */
export function ofSystem(...tags: ReturnType<typeof flag>[]) {
  return ofPart(windowsPart({ second: [...without(system, ...tags.map(idOf)), ...tags] }))
}
export const idOf = ({ eventID }: { eventID: number }) => eventID
export const without = (tags: typeof system, ...ids: number[]) =>
  tags.filter(({ eventID }) => !ids.includes(eventID))
/** The same without what has these names. */
export const silentOn = (...names: Name[]) =>
  ofPart(windowsPart({ second: without(system, ...names.map((name) => SIPAEVENT[name])) }))

export const yes = ({ value, verified }: Claim) => assert.deepEqual([value, verified], [true, true])
export const no = ({ value, verified }: Claim) => assert.deepEqual([value, verified], [false, true])
export const notReported = (claim: Claim) =>
  assert.deepEqual(claim, { value: null, verified: true, events: [] })
export const unverified = (claim: Claim) =>
  assert.deepEqual(claim, { value: null, verified: false, events: [] })

export function valuesOf(claims: Readonly<Record<string, Claim>>) {
  const windows = Object.entries(claims).filter(([name]) => name.startsWith('windows'))
  return Object.fromEntries(windows.map(([name, { value }]) => [name, value]))
}

/** It is Windows, and every claim but PCR 11's is null; a log that is refused verifies none. */
export function nothingBelieved({ claims }: ReturnType<typeof told>): void {
  assert.equal(claims.windows!.value, true)
  for (const [name, claim] of Object.entries(claims))
    if (name.startsWith('windows-') && name !== 'windows-bitlocker-pcr-closed') unverified(claim)
}
