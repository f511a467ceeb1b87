import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { buildAgent } from '@trusted-launch/agent'
import { collectEvidence, type EvidenceRequest } from '@trusted-launch/channel'
import {
  AK_HANDLE,
  AK_RSA2048,
  CreatePrimary,
  EvictControl,
  execute,
  TPM_RH,
  type Transport,
} from '@trusted-launch/tpm2'
import { type RunningAgent, startAgent } from '../apps/agent/test/an-agent.ts'
import { measured, type Row } from './row.ts'
import { median, percentile, timed } from './statistics.ts'

const quotes = 200
const sizeGoalMB = 0.75
const residentGoalMB = 1.2

/**
 * The agent as it is shipped, run on this machine over swtpm: its size, its resident memory while it
 * answers, and how long one answer takes, quote and log.
 */
export async function measureAgent(progress: (text: string) => void): Promise<Row[]> {
  const { sizeBytes, path } = await buildAgent({ progress })
  const log = process.env.BENCH_EVENT_LOG
  const ended: (() => unknown)[] = []
  const context = { after: (end: () => unknown) => ended.unshift(end) } as unknown as TestContext
  try {
    const agent = await startAgent(context, log === undefined ? {} : { eventLog: log })
    await persistKey(agent.tpm)
    const memory = residentMB(agent)
    progress(`asking ${path} ${quotes} times`)
    const times = await answerTimes(agent)
    return [
      measured('size of the program', sizeBytes / 1e6, 'MB', sizeGoalMB),
      measured('resident at first', memory, 'MB'),
      measured('resident after all answers', residentMB(agent), 'MB', residentGoalMB),
      measured('quote of 17 PCRs, p50', median(times), 'ms'),
      measured('quote of 17 PCRs, p99', percentile(times, 0.99), 'ms'),
    ]
  } finally {
    for (const end of ended) await end()
  }
}

async function answerTimes(agent: RunningAgent): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < quotes; i++)
    times.push(await timed(() => collectEvidence(agent.ask, request())))
  return times
}

const request = (): EvidenceRequest => ({
  nonce: new Uint8Array(randomBytes(32)),
  pcrs: [...Array(16).keys(), 23],
  banks: ['sha256'],
  extendNonce: null,
})

/** What the host does before the first boot. */
async function persistKey(tpm: Transport): Promise<void> {
  const none = new Uint8Array()
  const { objectHandle } = await execute(tpm, CreatePrimary, {
    primaryHandle: TPM_RH.ENDORSEMENT,
    inSensitive: { userAuth: none, data: none },
    inPublic: AK_RSA2048,
    outsideInfo: none,
    creationPCR: [],
  })
  const auth = TPM_RH.OWNER
  await execute(tpm, EvictControl, { auth, objectHandle, persistentHandle: AK_HANDLE })
}

/** Resident set of the process, VmRSS in proc(5). */
function residentMB(agent: RunningAgent): number {
  const status = readFileSync(`/proc/${agent.child.pid}/status`, 'utf8')
  return (Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6
}
