import { appraiseEvidence } from '@trusted-launch/attestation'
import type { Host, Image } from '@trusted-launch/host'
import { firstEvidence, foretell } from './attestation.ts'
import { BareMachine, type BareOptions } from './bare-machine.ts'
import { swtpmTools, want } from './packages.ts'
import { against, measured, type Row } from './row.ts'
import { median, timed } from './statistics.ts'
import { bootLimitMs, size, smallGuest, specOf, withHost } from './virtual-machines.ts'

const pairs = 5
const goal = 1.1
/** What the small guest prints once its userspace runs. */
const userspaceLine = 'trusted-launch: userspace'

/**
 * From "create a VM" to "attested", against QEMU booting the same disk by itself to the line that its
 * userspace prints: with a vTPM, as the same measured boot without us, and without any TPM.
 */
export async function measureBoot(progress: (text: string) => void): Promise<Row[]> {
  await want(swtpmTools)
  const image = await smallGuest()
  return withHost(async (host) => {
    const { accelerator } = await host.acceleration()
    const bare = { disk: image.path, accelerator, ...size, code: host.firmware.code, tpm: true }
    const times: number[][] = [[], [], []]
    for (let i = 0; i < pairs; i++) {
      progress(`pair ${i + 1} of ${pairs}, ${accelerator}`)
      times[0]!.push(await bareBoot(bare))
      times[1]!.push(await attestedBoot(host, `bench-${i}`, image))
      times[2]!.push(await bareBoot({ ...bare, tpm: false }))
    }
    const [measuredBoot, attested, without] = times.map(median)
    const yardstick = measured('bare QEMU with a vTPM, to userspace, p50', measuredBoot!, 'ms')
    const untouched = measured('bare QEMU without a TPM, to userspace, p50', without!, 'ms')
    return [
      yardstick,
      against(yardstick, 'create to attested, p50', attested!, goal),
      untouched,
      against(untouched, 'create to attested, p50, against no TPM', attested!),
    ]
  })
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

/** All of it, reference values too; they are made while the guest boots. */
async function attestedBoot(host: Host, id: string, image: Image): Promise<number> {
  try {
    return await timed(async () => {
      const machine = await host.create(specOf(id, image))
      const variables = await machine.readVariables()
      await machine.start()
      const references = foretell(host, image, variables)
      await machine.waitForAgent(bootLimitMs)
      const { result } = appraiseEvidence(await firstEvidence(host, machine, references))
      if (result.tier !== 'affirming') throw new Error(`the verdict is ${result.tier}`)
    })
  } finally {
    await host.delete(id)
  }
}
