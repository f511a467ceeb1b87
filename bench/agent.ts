import { randomBytes } from 'node:crypto'
import { buildAgent } from '@trusted-launch/agent'
import { type Ask, collectEvidence, type EvidenceRequest } from '@trusted-launch/channel'
import { GuestChannel } from '../apps/host/src/guest-channel.ts'
import { residentMB, withAgent } from './agent-process.ts'
import { BareMachine } from './bare-machine.ts'
import { startFlood } from './flood.ts'
import { against, measured, type Row } from './row.ts'
import { smallGuest } from './small-guest.ts'
import { median, percentile, timed } from './statistics.ts'

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
  progress('booting the small guest')
  return [
    measured('size of the program', sizeBytes / 1e6, 'MB', sizeGoalMB),
    ...here,
    ...(await inMachine(progress)),
  ]
}

async function inMachine(progress: (text: string) => void): Promise<Row[]> {
  const machine = new BareMachine(await smallGuest(true))
  try {
    await machine.start()
    const channel = new GuestChannel({ path: () => machine.port, answerMs: 120_000 })
    const ask: Ask = (name, question) => channel.ask(name, question)
    await ask('info', null)
    const times = await timesOf(quotes / 4, () => ask('evidence', request()))
    progress(`a neighbour that floods, ${rounds} rounds with and without`)
    const [idle, flooded] = await neighbours(() => collectEvidence(ask, request()))
    const { residentKiB } = await ask('info', null)
    channel.close()
    const yardstick = measured('attestation, idle neighbour, p99', percentile(idle!, 0.99), 'ms')
    return [
      measured('in a VM: resident', (residentKiB * 1024) / 1e6, 'MB', residentGoalMB),
      measured('in a VM: quote, p50', median(times), 'ms'),
      measured('in a VM: quote, p99', percentile(times, 0.99), 'ms'),
      yardstick,
      against(
        yardstick,
        'attestation, neighbour floods, p99',
        percentile(flooded!, 0.99),
        floodGoal,
      ),
    ]
  } finally {
    await machine.stop()
  }
}

/** Times of attestations while no other guest talks, and while one floods, in turn. */
async function neighbours(attest: () => Promise<unknown>): Promise<[number[], number[]]> {
  const idle: number[] = []
  const flooded: number[] = []
  for (let round = 0; round < rounds; round++) {
    idle.push(...(await timesOf(attestationsPerRound, attest)))
    const flood = await startFlood()
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
  nonce: new Uint8Array(randomBytes(32)),
  pcrs: [...Array(16).keys(), 23],
  banks: ['sha256'],
})
