import { type AppraisalInput, appraiseEvidence } from '@trusted-launch/attestation'
import { firstEvidence, foretell } from './attestation.ts'
import { opensslSpeed } from './openssl-speed.ts'
import { want } from './packages.ts'
import { against, measured, type Row } from './row.ts'
import { median } from './statistics.ts'
import { bootLimitMs, smallGuest, specOf, withHost } from './virtual-machines.ts'

const rounds = 7
const appraisalsPerRound = 100

/**
 * Appraising one VM's evidence on one core, against what OpenSSL's loops need for its primitives: the
 * quote's RSA-2048 verification, the P-256 verification of the AK's certificate, SHA-256 over the
 * logs. Cold: the first appraisal of this process; warm: the hundredth and later.
 */
export async function measureAppraise(progress: (text: string) => void): Promise<Row[]> {
  await want({ openssl: 'openssl speed, what appraising is measured against' })
  progress('booting the small guest for its evidence')
  const input = await recordedInput()
  const logBytes = (input.evidence.eventLog?.length ?? 0) + (input.evidence.imaLog?.length ?? 0)
  const cold = cpuMs(() => appraiseEvidence(input))
  const { result } = appraiseEvidence(input)
  progress(`${logBytes} bytes of logs, the verdict is ${result.tier}`)
  const warm: number[] = []
  const limits: number[] = []
  for (let round = 0; round < rounds; round++) {
    const { rsa2048Verify, p256Verify, sha256Byte } = opensslSpeed()
    limits.push(rsa2048Verify + p256Verify + sha256Byte * logBytes)
    warm.push(cpuMs(() => repeat(appraisalsPerRound, input)) / appraisalsPerRound)
  }
  const limit = measured('OpenSSL primitives, summed', median(limits), 'ms')
  return [
    limit,
    against(limit, 'one appraisal, cold', cold),
    against(limit, 'one appraisal, warm', median(warm.slice(1))),
    measured('appraisals a second, warm, one core', 1000 / median(warm.slice(1)), '1/s'),
  ]
}

function repeat(times: number, input: AppraisalInput): void {
  for (let i = 0; i < times; i++) appraiseEvidence(input)
}

/** Processor time of this process, collector and compiler included: what one core would need. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function recordedInput(): Promise<AppraisalInput> {
  return withHost(async (host) => {
    const image = await smallGuest()
    const machine = await host.create(specOf('bench', image))
    const references = foretell(host, image, await machine.readVariables())
    await machine.start()
    await machine.waitForAgent(bootLimitMs)
    return firstEvidence(host, machine, references)
  })
}
