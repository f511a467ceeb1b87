import { readFileSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type RunningAgent, startAgent } from '@trusted-launch/agent/an-agent'
import {
  AK_HANDLE,
  AK_RSA2048,
  CreatePrimary,
  EvictControl,
  execute,
  TPM_RH,
  type Transport,
} from '@trusted-launch/tpm2'

/** Runs `work` with the built agent on this machine over a swtpm that has its key; then both go. */
export async function withAgent<T>(work: (agent: RunningAgent) => Promise<T>): Promise<T> {
  const ended: (() => unknown)[] = []
  const context = { after: (end: () => unknown) => ended.unshift(end) } as unknown as TestContext
  try {
    const agent = await startAgent(context)
    await persistKey(agent.tpm)
    return await work(agent)
  } finally {
    for (const end of ended) await end()
  }
}

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

/** Resident set of a process in MB, VmRSS in proc(5). */
export function residentMB(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return (Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6
}
