import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { appraiseEvidence, QUOTED_PCRS } from '@trusted-launch/attestation'
import { type Host, openHost } from '@trusted-launch/host'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'
import { appraisalInput } from './appraisal-input.ts'
import { BareMachine, type BareOptions } from './bare-machine.ts'
import { against, measured, type Row } from './row.ts'
import { smallGuest, userspaceLine } from './small-guest.ts'
import { median, timed } from './statistics.ts'

const pairs = 5
const goal = 1.1
const agentLimitMs = 180_000

/**
 * From "create a VM" to "attested", against QEMU booting the same disk by itself to the line that its
 * userspace prints: with a vTPM, as the same measured boot without us, and without any TPM.
 */
export async function measureBoot(progress: (text: string) => void): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-boot-'))
  const host = await openHost({ stateDirectory: directory })
  try {
    const { accelerator } = await host.acceleration()
    const measuredDisk = await smallGuest(true, accelerator)
    const times: number[][] = [[], [], []]
    for (let i = 0; i < pairs; i++) {
      progress(`pair ${i + 1} of ${pairs}, ${accelerator}`)
      times[0]!.push(await bareBoot(measuredDisk))
      times[1]!.push(await attestedBoot(host, `bench-${i}`, measuredDisk))
      times[2]!.push(await bareBoot({ ...measuredDisk, tpm: false }))
    }
    const [bare, attested, without] = times.map(median)
    const yardstick = measured('bare QEMU with a vTPM, to userspace, p50', bare!, 'ms')
    const untouched = measured('bare QEMU without a TPM, to userspace, p50', without!, 'ms')
    return [
      yardstick,
      against(yardstick, 'create to attested, p50', attested!, goal),
      untouched,
      against(untouched, 'create to attested, p50, against no TPM', attested!),
    ]
  } finally {
    await host.close()
    rmSync(directory, { recursive: true })
  }
}

async function bareBoot(options: BareOptions): Promise<number> {
  const machine = new BareMachine(options)
  try {
    return await timed(async () => {
      await machine.start()
      await machine.untilConsole(userspaceLine)
    })
  } finally {
    await machine.stop()
  }
}

async function attestedBoot(host: Host, id: string, bare: BareOptions): Promise<number> {
  const { memoryMiB, vcpus, disk } = bare
  const spec = { id, name: id, memoryMiB, vcpus, disk: { path: disk, format: 'raw' as const } }
  const signatures = parseSecureBootTemplate(template())
  const nonce = new Uint8Array(randomBytes(32))
  try {
    return await timed(async () => {
      const vtpm = { banks: ['sha256'] as const }
      const machine = await host.create({ ...spec, secureBoot: true, signatures, vtpm })
      await machine.start()
      await machine.waitForAgent(agentLimitMs)
      const evidence = await machine.collectEvidence({
        nonce,
        pcrs: QUOTED_PCRS,
        banks: ['sha256'],
      })
      const { result } = appraiseEvidence(appraisalInput(evidence, nonce))
      if (result.tier === 'none') throw new Error('the boot was not attested')
    })
  } finally {
    await host.delete(id)
  }
}

function template(): unknown {
  const folder = join(import.meta.dirname, '../packages/uefi/templates')
  return JSON.parse(readFileSync(join(folder, 'microsoft-uefi-ca.json'), 'utf8'))
}
