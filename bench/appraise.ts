import { generateKeyPairSync } from 'node:crypto'
import {
  type AppraisalInput,
  appraiseEvidence,
  forgetKnown,
  signTokensWith,
  tokenOf,
} from '@trusted-launch/attestation'
import { recordedEvidence } from '@trusted-launch/attestation/recorded'
import { SigningKey } from '@trusted-launch/crypto'
import { decodeEventLog, decodeImaList, explain } from '@trusted-launch/eventlog'
import { throughput } from './appraise-workers.ts'
import { opensslSpeed, type Primitives } from './openssl-speed.ts'
import { want } from './packages.ts'
import { against, measured, type Row } from './row.ts'
import { median } from './statistics.ts'

const rounds = 7
const appraisalsPerRound = 150
/** Before the first round, of each case: a service has long been compiled. */
const warmUpRounds = 10
/** Answers of one VM, each over another nonce: no verdict is made twice in a row. */
const answersOfVm = 16
/** A goal of 60 % of OpenSSL's own speed is one of 1/0.6 of its time. */
const goals = { cold: 1.667, 'AK known': 1.667, 'log known': 1.333 } as const

/** What is forgotten before each appraisal, and what OpenSSL would have to do for it. */
const cases: Record<string, { forget: () => void; goal: number | null; of: keyof Work }> = {
  'equal work: nothing remembered': { forget: () => forgetKnown(), goal: null, of: 'all' },
  cold: { forget: () => forgetKnown('logs and keys'), goal: goals.cold, of: 'all' },
  'AK known': { forget: () => forgetKnown('logs'), goal: goals['AK known'], of: 'withoutKey' },
  'log known': { forget: () => {}, goal: goals['log known'], of: 'withoutLog' },
}

/** Milliseconds of OpenSSL's primitives alone. */
interface Work {
  readonly all: number
  readonly withoutKey: number
  readonly withoutLog: number
}

/**
 * Appraising one VM's evidence and signing the token, on one core: processor time, collector and compiler
 * included, against OpenSSL's loops for the same primitives in the same round. The evidence is a real boot's
 * log and IMA list with its reference values, each time over another nonce. All that stays is the machine's
 * noise, so: medians of rounds. What whoever appraises brings, reference values and policy, is read once.
 */
export async function measureAppraise(progress: (text: string) => void): Promise<Row[]> {
  await want({ openssl: 'openssl speed, what appraising is measured against' })
  const rows: Row[] = []
  for (const kind of ['rsa', 'ecc'] as const) rows.push(...rowsOf(kind, progress))
  progress('whole appraisals in one and two threads')
  return [...rows, ...(await throughput())]
}

function rowsOf(kind: 'rsa' | 'ecc', progress: (text: string) => void): Row[] {
  const answers = recordedEvidence(kind, answersOfVm)
  const { result } = appraiseEvidence(answers[0]!)
  progress(`${kind}: ${result.findings.length} findings, ${result.tier}`)
  const spent = Object.keys(cases).map((): number[] => [])
  const works: Work[] = []
  for (let round = 0; round < warmUpRounds; round++)
    for (const { forget } of Object.values(cases)) cpuMsOf(answers, forget)
  for (let round = 0; round < rounds; round++) {
    works.push(workOf(answers[0]!, kind, opensslSpeed()))
    for (const [i, { forget }] of Object.values(cases).entries())
      spent[i]!.push(cpuMsOf(answers, forget))
  }
  return Object.entries(cases).flatMap(([name, { goal, of }], i) => {
    const limit = median(works.map((work) => work[of]))
    const yardstick = measured(`${kind}, OpenSSL's primitives for: ${name}`, limit, 'ms')
    return [yardstick, against(yardstick, `${kind}, ${name}`, median(spent[i]!), goal)]
  })
}

function workOf({ evidence }: AppraisalInput, kind: 'rsa' | 'ecc', speed: Primitives): Work {
  const log = decodeEventLog(evidence.eventLog!)
  const list = decodeImaList(evidence.imaLog!)
  const verified = log.events.filter((event) => explain(event, 'sha256').verified)
  const bytes = (parts: readonly Uint8Array[]) => parts.reduce((sum, part) => sum + part.length, 0)
  const events = (log.events.length - 1) * speed.sha256Extend
  const data = bytes(verified.map((event) => event.data)) * speed.sha256Byte
  const ima = list.length * 2 * speed.sha256Extend
  const quote = kind === 'rsa' ? speed.rsa2048Verify : speed.p256Verify
  const withoutKey = quote + ima + events + data + speed.p256Sign
  // Both logs are known; the evidence is hashed all the same.
  const hashed = bytes([evidence.eventLog!, evidence.imaLog!]) * speed.sha256Byte
  return {
    all: speed.p256Verify + withoutKey,
    withoutKey,
    withoutLog: quote + hashed + speed.p256Sign,
  }
}

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const pkcs8 = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }))
const key = SigningKey.fromPkcs8(pkcs8)
const sign = signTokensWith(key)

/** One appraisal and its token, as a service makes them. */
export function appraiseAndSign(input: AppraisalInput): string {
  const { result } = appraiseEvidence(input)
  const issuer = {
    issuer: 'https://localhost',
    audience: 'bench',
    lifetimeSeconds: 300,
    key: key.publicKey,
  }
  return tokenOf(result, '00'.repeat(32), input.time, issuer, sign)
}

/** Processor time of one appraisal, of many: what one core would need. */
function cpuMsOf(answers: readonly AppraisalInput[], forget: () => void): number {
  const before = process.cpuUsage()
  for (let i = 0; i < appraisalsPerRound; i++) {
    forget()
    appraiseAndSign(answers[i % answers.length]!)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / appraisalsPerRound
}
