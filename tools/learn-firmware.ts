// Learns what this host's firmware measures into PCR 0 on machines of the given shapes, by booting the pristine
// small guest twice on each (the first boot changes the variable store). For a host that is trusted: what it
// learns is believed of every VM of that shape, firmware file and accelerator.
// usage: node tools/run.mjs tools/learn-firmware.ts [--project] [MEMORYxVCPUS …]      default: 512x1
// Writes what this installation believes, .cache/firmware/learnt.json; with --project what every one does,
// packages/attestation/firmware/learnt.json: only under emulation, since KVM gives a guest the host's processor.
import { createHash, randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import {
  formatCanonical,
  type Json,
  learnFromEvidence,
  type MachineShape,
  mergeFirmware,
  parseLearntFirmware,
  QUOTED_PCRS,
  type ReferenceFirmware,
  withLearnt,
} from '@trusted-launch/attestation'
import { Certificate } from '@trusted-launch/crypto'
import { buildImage, type Host, type Machine, openHost } from '@trusted-launch/host'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'

const root = join(import.meta.dirname, '..')
const banks = ['sha256', 'sha384'] as const
const bootMs = 300_000
const { values, positionals } = parseArgs({
  options: { project: { type: 'boolean', default: false } },
  allowPositionals: true,
})
const file = join(
  root,
  values.project ? 'packages/attestation/firmware/learnt.json' : '.cache/firmware/learnt.json',
)
const shapes = (positionals.length > 0 ? positionals : ['512x1']).map((text) => {
  const [, memoryMiB, vcpus] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text) ?? []
  if (memoryMiB === undefined) throw new RangeError(`${text} is not like 512x1`)
  return { memoryMiB: Number(memoryMiB), vcpus: Number(vcpus) }
})

const directory = mkdtempSync(join(tmpdir(), 'learn-'))
const host = await openHost({ stateDirectory: directory })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void end().finally(() => process.exit(1)))
try {
  const { accelerator } = await host.acceleration()
  if (values.project && accelerator !== 'tcg')
    throw new Error('under KVM only for one installation')
  const code = readFileSync(host.firmware.code)
  const firmwareSha256 = createHash('sha256').update(code).digest('hex')
  for (const shape of shapes) {
    keep(await learn(host, { firmwareSha256, ...shape, accelerator }))
    console.log(`learnt ${shape.memoryMiB} MiB, ${shape.vcpus} vCPUs, ${accelerator}: ${file}`)
  }
} finally {
  await end()
}

async function end(): Promise<void> {
  for (const machine of host.machines()) await machine.delete()
  await host.close()
  rmSync(directory, { recursive: true, force: true })
}

async function learn(on: Host, shape: MachineShape): Promise<ReferenceFirmware> {
  const image = await buildImage('small', { cacheDirectory: join(root, '.cache') })
  const { memoryMiB, vcpus } = shape
  const id = `learn-${memoryMiB}-${vcpus}`
  const machine = await on.create({
    ...{ id, name: id, memoryMiB, vcpus, secureBoot: true, signatures: template() },
    disk: { path: image.path, format: image.format },
    vtpm: { banks: [...banks] },
  })
  try {
    const first = await learnFrom(on, machine, shape)
    await machine.stop({ graceful: true, timeoutMs: 30_000 })
    return mergeFirmware(first, await learnFrom(on, machine, shape))
  } finally {
    await machine.delete()
  }
}

async function learnFrom(on: Host, machine: Machine, shape: MachineShape) {
  await machine.start()
  await machine.waitForAgent(bootMs)
  const nonce = Uint8Array.from(randomBytes(32))
  const evidence = await machine.collectEvidence({ nonce, pcrs: [...QUOTED_PCRS], banks })
  const { vm, akName, generation } = machine.identity!
  const expectation = {
    ...{ vm, nonce, akName, generation, retiredAkNames: [], banks, pcrs: QUOTED_PCRS },
    anchors: [Certificate.decode(on.trustAnchor)],
    machine: null,
    profile: 'strict' as const,
    rollback: null,
  }
  return learnFromEvidence({ evidence, expectation, time: Date.now() }, shape)
}

/** Written whole or not at all: who reads it meanwhile finds what was there. */
function keep(learnt: ReferenceFirmware): void {
  const before = existsSync(file) ? parseLearntFirmware(Uint8Array.from(readFileSync(file))) : []
  const after = JSON.parse(formatCanonical(withLearnt(before, learnt) as unknown as Json))
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.new`, `${JSON.stringify(after, null, 2)}\n`)
  renameSync(`${file}.new`, file)
}

function template() {
  const path = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
  return parseSecureBootTemplate(JSON.parse(readFileSync(path, 'utf8')))
}
