import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeReferenceValues } from '@trusted-launch/attestation'
import { cleanBoot, evidenceOf, referencesOf, type Step } from '@trusted-launch/attestation/boot'
import type { Evidence, EvidenceRequest } from '@trusted-launch/channel'
import { concat, decode, encode } from '@trusted-launch/codec'
import { PublicKey } from '@trusted-launch/crypto'
import { EV } from '@trusted-launch/eventlog'
import {
  certificateList,
  databaseOf,
  parseSecureBootTemplate,
  SignatureDatabase,
  type TemplateSignature,
  UEFI_VARIABLE_DATA,
  VARIABLES,
} from '@trusted-launch/uefi'
import windows from '@trusted-launch/uefi/templates/microsoft-windows.json' with { type: 'json' }
import { isVariable, withStep } from '../../../../packages/attestation/test/appraised.ts'
import { issue, quoteOf } from '../../../../packages/attestation/test/attester.ts'
import { commandLine, configured, grub } from '../../../../packages/attestation/test/boot.ts'
import type { HostFacts } from '../../src/domain/host/evidence.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

const rollover = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e02'
const weakKeys = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e04'
const debugSettings = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e05'
const stale = '7b1f4c52-0f57-4f6e-9a51-6a0d0c3f2e07'
const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b'

const weak = issue({
  subject: [{ oid: '2.5.4.3', value: 'weak' }],
  publicKey: PublicKey.fromRsa(new Uint8Array(128).fill(0xff), 65537),
  extensions: [],
})

/** A host whose VMs prove a boot of these steps, genuine to the last byte. */
class BootedHost extends AttestingHost {
  steps: Step[] = cleanBoot()

  override async facts(): Promise<HostFacts> {
    const { expectation, ...facts } = await super.facts()
    const { machine } = evidenceOf(cleanBoot()).expectation
    const references = encodeReferenceValues(referencesOf(cleanBoot()))
    return { ...facts, expectation: { ...expectation, machine }, references }
  }

  override async collectEvidence(id: string, request: EvidenceRequest): Promise<Evidence> {
    const { rollback } = await super.collectEvidence(id, request)
    const { akCertificate } = this.vm.input.evidence
    const { evidence } = evidenceOf(this.steps, { evidence: { akCertificate, rollback } })
    const quotes = evidence.quotes
      .filter(({ bank }) => request.banks.includes(bank as never))
      .map(({ bank, pcrs }) => {
        const values = new Map(pcrs.map(({ index, digest }) => [index, digest]))
        return quoteOf(bank, values, { extraData: request.nonce })
      })
    return { ...evidence, quotes }
  }
}

async function statusOf(service: TestService, vm: string, key: string) {
  const path = `${vm}/providers/Microsoft.Security/assessments/${key}`
  return (await service.ask('GET', path)).body.properties.status
}

/** What is recommended of VMs by how each booted. */
async function statusesOf(
  service: TestService,
  host: BootedHost,
  key: string,
  boots: readonly Step[][],
): Promise<any[]> {
  const statuses = []
  for (const [i, steps] of boots.entries()) {
    host.steps = steps
    const { id, end } = await aVm(service, `vm-${i}`)
    assert.equal(end.status, 'Succeeded', JSON.stringify(end))
    statuses.push(await statusOf(service, id, key))
  }
  return statuses
}

/** The clean boot whose KEK and db hold these too. */
function withKeys(kek: readonly TemplateSignature[], db: readonly TemplateSignature[]): Step[] {
  const more = (steps: Step[], name: 'KEK' | 'db', signatures: readonly TemplateSignature[]) =>
    steps.map((step) => {
      if (step.eventType !== EV.EFI_VARIABLE_DRIVER_CONFIG) return step
      const { unicodeName, variableData } = decode(UEFI_VARIABLE_DATA, step.data)
      const lists = encode(SignatureDatabase, databaseOf(signatures))
      return unicodeName === name ? configured(VARIABLES[name], concat(lists, variableData)) : step
    })
  return more(more(cleanBoot(), 'KEK', kek), 'db', db)
}

test('a key of 1024 bits in db is told, and a VM without one is healthy', async (t) => {
  const host = new BootedHost()
  const service = await aService(t, host)
  const lists = [certificateList(owner, weak.der)]
  const { variableData } = decode(UEFI_VARIABLE_DATA, cleanBoot().find(isVariable('db'))!.data)
  const db = concat(variableData, encode(SignatureDatabase, lists))
  const steps = withStep(isVariable('db'), configured(VARIABLES.db, db))
  const [clean, found] = await statusesOf(service, host, weakKeys, [cleanBoot(), steps])
  assert.deepEqual([clean.code, found.code, found.cause], ['Healthy', 'Unhealthy', 'weak-key'])
})

test('a kernel whose command line takes its randomness away has a debug setting', async (t) => {
  const host = new BootedHost()
  const service = await aService(t, host)
  const says = (text: string) => (step: Step) => Buffer.from(step.data).includes(text)
  const steps = cleanBoot().map((step) => {
    if (says('grub_cmd: linuxefi')(step)) return grub('linuxefi /vmlinuz quiet nokaslr')
    return says('kernel_cmdline')(step) ? commandLine('/vmlinuz quiet nokaslr') : step
  })
  const [clean, found] = await statusesOf(service, host, debugSettings, [cleanBoot(), steps])
  assert.deepEqual([clean.code, found.code], ['Healthy', 'Unhealthy'])
  assert.deepEqual([found.cause, /nokaslr/.test(found.description)], ['debug-command-line', true])
})

test('Microsoft’s certificates of 2011 without those of 2023 are told', async (t) => {
  const host = new BootedHost()
  const service = await aService(t, host)
  const { KEK, db } = parseSecureBootTemplate(windows)
  // The ones of 2011 stand first.
  const old = ([first]: readonly TemplateSignature[]) => [
    { ...first!, value: first!.value.slice(0, 1) },
  ]
  const boots = [withKeys([], []), withKeys(KEK, db), withKeys(old(KEK), old(db))]
  const [own, both, found] = await statusesOf(service, host, rollover, boots)
  assert.deepEqual([own.cause, both.code], ['own-keys', 'Healthy'])
  assert.deepEqual([found.code, found.cause], ['Unhealthy', 'certificates-missing'])
  assert.match(found.description, /KEK 2023, Windows 2023/)
})

test('evidence is stale once it is twice as old as the plan wants it anew', async (t) => {
  const host = new AttestingHost()
  let ahead = 0
  const service = await aService(t, host, { now: () => Date.now() + ahead })
  const { id } = await aVm(service)
  const properties = {
    publisher: 'Microsoft.Azure.Security.LinuxAttestation',
    ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
  }
  const extension = { location: 'local', properties }
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  const plan = `${id}/providers/TrustedLaunch/monitoringPlans/default`
  const document = { version: 1, name: 'often', intervalSeconds: 600 }
  await service.ask('PUT', plan, { properties: { document } })
  host.failure = new Error('no answer')
  assert.equal((await statusOf(service, id, stale)).code, 'Healthy')
  ahead = 19 * 60_000
  assert.equal((await statusOf(service, id, stale)).code, 'Healthy')
  ahead = 21 * 60_000
  const { code, cause } = await statusOf(service, id, stale)
  assert.deepEqual([code, cause], ['Unhealthy', 'stale'])
})
