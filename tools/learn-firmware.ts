// Learns what this host's firmware measures into PCR 0 on machines of the given shapes, by booting the
// pristine small guest twice on each (the first boot changes the variable store), and writes packages/attestation/firmware/learnt.json.
// usage: node tools/run.mjs tools/learn-firmware.ts [MEMORYxVCPUS …]      default: 512x1
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Expectation,
  formatCanonical,
  type Json,
  learnFirmware,
  type MachineShape,
  mergeFirmware,
  QUOTED_PCRS,
  type ReferenceFirmware,
  VerifiedAttestationKey,
  VerifiedEventLog,
  VerifiedQuote,
} from '@trusted-launch/attestation'
import { Certificate } from '@trusted-launch/crypto'
import { buildImage, findFirmware, type Host, type Machine, openHost } from '@trusted-launch/host'
import { parseSecureBootTemplate } from '@trusted-launch/uefi'

const root = join(import.meta.dirname, '..')
const file = join(root, 'packages/attestation/firmware/learnt.json')
const banks = ['sha256', 'sha384'] as const
const bootMs = 300_000
const shapes = process.argv.slice(2).map((text) => text.split('x').map(Number) as [number, number])

const firmwareSha256 = createHash('sha256').update(readFileSync(findFirmware().code)).digest('hex')
const known = JSON.parse(readFileSync(file, 'utf8')) as ReferenceFirmware[]
const directory = mkdtempSync(join(tmpdir(), 'learn-'))
const host = await openHost({ stateDirectory: directory })
try {
  for (const [memoryMiB, vcpus] of shapes.length > 0 ? shapes : ([[512, 1]] as const)) {
    const learnt = await learn(host, memoryMiB, vcpus)
    const at = known.findIndex(({ sha256 }) => sha256 === learnt.sha256)
    if (at < 0) known.push(learnt)
    else known[at] = mergeFirmware(known[at]!, learnt)
    writeFileSync(
      file,
      `${JSON.stringify(JSON.parse(formatCanonical(known as unknown as Json)), null, 2)}\n`,
    )
    console.log(`learnt ${memoryMiB} MiB, ${vcpus} vCPUs`)
  }
} finally {
  await host.close()
  rmSync(directory, { recursive: true })
}

async function learn(on: Host, memoryMiB: number, vcpus: number): Promise<ReferenceFirmware> {
  const image = await buildImage('small', { cacheDirectory: join(root, '.cache') })
  const id = `learn-${memoryMiB}-${vcpus}`
  const machine = await on.create({
    id,
    name: id,
    memoryMiB,
    vcpus,
    disk: { path: image.path, format: image.format },
    secureBoot: true,
    signatures: template(),
    vtpm: { banks: [...banks] },
  })
  try {
    const first = await learnFrom(on, machine, { firmwareSha256, memoryMiB, vcpus })
    await machine.stop({ graceful: true, timeoutMs: 30_000 })
    return mergeFirmware(first, await learnFrom(on, machine, { firmwareSha256, memoryMiB, vcpus }))
  } finally {
    await machine.delete()
  }
}

async function learnFrom(on: Host, machine: Machine, shape: MachineShape) {
  await machine.start()
  await machine.waitForAgent(bootMs)
  const nonce = Uint8Array.from(randomBytes(32))
  const request = { nonce, pcrs: [...QUOTED_PCRS], banks: [...banks] }
  const evidence = await machine.collectEvidence(request)
  const { vm, akName, generation } = machine.identity
  const expectation: Expectation = {
    vm,
    nonce,
    akName,
    generation,
    retiredAkNames: [],
    banks,
    pcrs: QUOTED_PCRS,
    anchors: [Certificate.decode(on.trustAnchor)],
    machine: null,
    rollback: null,
  }
  return learnFirmware(verifiedLog(evidence, expectation), shape)
}

type Evidence = Parameters<typeof VerifiedAttestationKey.verify>[0] &
  Parameters<typeof VerifiedEventLog.verify>[0] & {
    readonly quotes: readonly Parameters<typeof VerifiedQuote.verify>[0][]
  }

function verifiedLog(evidence: Evidence, expectation: Expectation): VerifiedEventLog {
  const key = VerifiedAttestationKey.verify(evidence, expectation, Date.now())
  if (!(key instanceof VerifiedAttestationKey)) throw new Error(JSON.stringify(key))
  const quotes = evidence.quotes.map((quote) => {
    const verified = VerifiedQuote.verify(quote, key, expectation)
    if (verified instanceof VerifiedQuote) return verified
    throw new Error(JSON.stringify(verified))
  })
  const log = VerifiedEventLog.verify(evidence, quotes)
  if (log instanceof VerifiedEventLog) return log
  throw new Error(JSON.stringify(log))
}

function template() {
  const path = join(root, 'packages/uefi/templates/microsoft-uefi-ca.json')
  return parseSecureBootTemplate(JSON.parse(readFileSync(path, 'utf8')))
}
