import { randomBytes } from 'node:crypto'
import { buildAgent } from '@trusted-launch/agent'
import { QUOTED_PCRS } from '@trusted-launch/attestation'
import type { EvidenceRequest } from '@trusted-launch/channel'
import type { Machine } from '@trusted-launch/host'
import { residentMB, withAgent } from './agent-process.ts'
import { floodingGuest, startFlood } from './flood.ts'
import { against, measured, type Row } from './row.ts'
import { median, percentile, timed } from './statistics.ts'
import { bootLimitMs, smallGuest, startedVm, withHost } from './virtual-machines.ts'

const quotes = 200
const rounds = 6
const attestationsPerRound = 25
const sizeGoalMB = 0.75
const residentGoalMB = 1.2
const floodGoal = 2

/** The agent as it is shipped: on this machine over swtpm, and in a VM with a flooding neighbour. */
export async function measureAgent(progress: (text: string) => void): Promise<Row[]> {
  const { sizeBytes } = await buildAgent({ progress })
  progress(`asking the program on this machine ${quotes} times`)
  const here = await withAgent(async ({ ask, child }) => {
    const times = await timesOf(quotes, () => ask('evidence', request()))
    return [
      measured('program on this machine: quote, p50', median(times), 'ms'),
      measured('program on this machine: resident', residentMB(child.pid), 'MB'),
    ]
  })
  progress('booting two VMs: the small guest, and a neighbour that will flood')
  return [
    measured('size of the program', sizeBytes / 1e6, 'MB', sizeGoalMB),
    ...here,
    ...(await inMachine(progress)),
  ]
}

function inMachine(progress: (text: string) => void): Promise<Row[]> {
  return withHost(async (host) => {
    const neighbour = await startedVm(host, 'neighbour', await floodingGuest())
    const machine = await startedVm(host, 'bench', await smallGuest())
    await machine.waitForAgent(bootLimitMs)
    await (await startFlood(neighbour)).stop()
    progress('asking the guest')
    const { channel } = machine
    const times = await timesOf(quotes / 2, () => channel.ask('evidence', request()))
    progress(`${rounds} rounds with the neighbour idle and flooding`)
    const [idle, flooded] = await neighbours(machine, neighbour)
    const { residentKiB } = await channel.ask('info', null)
    const yardstick = measured('attestation, idle neighbour, p99', percentile(idle, 0.99), 'ms')
    const p99 = percentile(flooded, 0.99)
    return [
      measured('in a VM: resident', (residentKiB * 1024) / 1e6, 'MB', residentGoalMB),
      measured('in a VM: quote, p50', median(times), 'ms'),
      measured('in a VM: quote, p99', percentile(times, 0.99), 'ms'),
      yardstick,
      against(yardstick, 'attestation, neighbour floods, p99', p99, floodGoal),
    ]
  })
}

/** Times of a VM's attestations while its neighbour is idle, and while it floods, in turn. */
async function neighbours(machine: Machine, neighbour: Machine): Promise<[number[], number[]]> {
  const idle: number[] = []
  const flooded: number[] = []
  const attest = () => machine.collectEvidence(request())
  for (let round = 0; round < rounds; round++) {
    idle.push(...(await timesOf(attestationsPerRound, attest)))
    const flood = await startFlood(neighbour)
    flooded.push(...(await timesOf(attestationsPerRound, attest)))
    await flood.stop()
  }
  return [idle, flooded]
}

async function timesOf(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) times.push(await timed(work))
  return times
}

const request = (): EvidenceRequest => ({
  nonce: Uint8Array.from(randomBytes(32)),
  pcrs: QUOTED_PCRS,
  banks: ['sha256'],
})
