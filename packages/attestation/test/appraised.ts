import assert from 'node:assert/strict'
import { type Appraised, appraiseEvidence } from '../src/appraise.ts'
import { cleanBoot, evidenceOf, type Step } from './boot.ts'

/** A step of PCR 7 that is about this variable. */
export const isVariable = (name: string) => (step: Step) =>
  step.pcrIndex === 7 && Buffer.from(step.data).includes(Buffer.from(name, 'utf16le'))
/** A step of this component in this PCR. */
export const of = (component: string, pcr: number) => (step: Step) =>
  step.component === component && step.pcrIndex === pcr

/** The clean boot with the first step that fits replaced by these. */
export function withStep(fits: (step: Step) => boolean, ...steps: Step[]): Step[] {
  const boot = cleanBoot()
  const at = boot.findIndex(fits)
  assert.ok(at >= 0)
  return [...boot.slice(0, at), ...steps, ...boot.slice(at + 1)]
}

export const appraise = (steps: readonly Step[], options?: Parameters<typeof evidenceOf>[1]) =>
  appraiseEvidence(evidenceOf(steps, options))
export const idsOf = ({ findings }: Appraised) => findings.map(({ id }) => id)
