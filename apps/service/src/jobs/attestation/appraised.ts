import { type Finding, findingOf } from '@trusted-launch/attestation'
import type { Evidence } from '@trusted-launch/channel'
import type { AppraisalAnswer, AppraisalTask } from '../../workers/appraisal.ts'
import { isOurs } from '../worker.ts'

/** Once may be an accident of ours: a thread that died of something else. */
const TRIES = 2

/**
 * The verdict on evidence that was received. Evidence that cannot be appraised (it ends its thread, throws, or takes too
 * long) is refused by a finding of its own: whoever could keep a verdict from being made would else stay as good as
 * its last one. Its record holds none of it, so that the record can be read and its verdict made again.
 *
 * @throws what is no fault of the evidence: there is no place for it, or nothing at all can be appraised.
 */
export async function appraisedOf(
  task: AppraisalTask,
  appraise: (task: AppraisalTask) => Promise<AppraisalAnswer>,
): Promise<AppraisalAnswer> {
  for (let tries = 1; ; tries++)
    try {
      return await appraise(task)
    } catch (error) {
      if (isOurs(error) || codeOf(error) === 'appraisers-busy') throw error
      if (tries === TRIES) return refused(task, error, appraise)
    }
}

async function refused(
  task: AppraisalTask,
  error: unknown,
  appraise: (task: AppraisalTask) => Promise<AppraisalAnswer>,
): Promise<AppraisalAnswer> {
  const beside = [notAppraisable(error), ...task.beside]
  const answer = await appraise({ ...task, evidence: NOTHING, beside })
  const told = new Set(beside.map(({ id }) => id))
  // What is missing of nothing says no more.
  return { ...answer, findings: answer.findings.filter(({ id }) => told.has(id)), change: null }
}

function notAppraisable(error: unknown): Finding {
  return findingOf({
    id: 'evidence.not-appraisable',
    summary: 'The VM gave evidence that cannot be appraised.',
    actual: codeOf(error) ?? 'appraiser-died',
  })
}

function codeOf(error: unknown): string | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : null
}

const NO_INFO = { agentVersion: '', kernelRelease: '', bootId: '', lockdown: '', sleepStates: '' }
const NOTHING: Evidence = {
  quotes: [],
  akPublic: new Uint8Array(),
  akCertificate: null,
  rollback: null,
  info: { ...NO_INFO, uptimeMs: 0, residentKiB: 0 },
  eventLog: null,
  imaLog: null,
  userspaceLog: null,
}
