import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { HostStart } from '@trusted-launch/attestation'
import { FailingHost } from '../a-failing-host.ts'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

/** A host that extends the vTPM's index at each start, as the real one does, and tells of it. */
class StampingHost extends AttestingHost {
  readonly index: HostStart[] = []

  override async start(id: string): Promise<void> {
    await super.start(id)
    this.index.push(this.vm.start())
    this.starts = { index: this.index, unanswered: [], resets: this.vm.resetCount, run: 'launch 1' }
  }
}

async function aProvedVm(t: TestContext) {
  const host = new StampingHost()
  const service = await aService(t, host)
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded')
  return { service, host, id }
}

/** The newest verdict: its tier and its findings. */
async function verdictOf(service: TestService, id: string): Promise<string> {
  const { body } = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
  const { tier, findings } = body.value[0].properties
  return [tier, ...findings].join(' ')
}

async function attested(service: TestService, id: string): Promise<string> {
  const asked = await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`)
  assert.equal((await service.over(asked)).status, 'Succeeded')
  return verdictOf(service, id)
}

async function again(service: TestService, id: string): Promise<string> {
  await service.over(await service.ask('POST', `${id}/deallocate`))
  await service.over(await service.ask('POST', `${id}/start`))
  return verdictOf(service, id)
}

async function alertsOf(service: TestService): Promise<string[]> {
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const { body } = await service.ask('GET', path)
  return body.value.map(({ properties }: any) => {
    const { alertType, status, extendedProperties } = properties
    return `${alertType} ${extendedProperties.cause} ${status}`
  })
}

test('the index of a vTPM goes on over its starts, also those that no answer came after', async (t) => {
  const { service, host, id } = await aProvedVm(t)
  assert.equal(await again(service, id), 'affirming')
  host.failure = new Error('nobody is there')
  await again(service, id)
  await again(service, id)
  host.failure = null
  assert.equal(await attested(service, id), 'affirming')
  assert.deepEqual(await alertsOf(service), [])
})

test('a vTPM that was put back between a stop and a start is noticed, with all that its host wrote down put back too', async (t) => {
  const { service, host, id } = await aProvedVm(t)
  assert.equal(await attested(service, id), 'affirming')
  host.vm.putBack(1)
  const told = await again(service, id)
  assert.match(told, /^contraindicated vtpm\.rolled-back/)
  assert.deepEqual(await alertsOf(service), ['VM_VtpmIdentityChanged rolled-back Active'])
})

test('a vTPM that was started besides its host’s starts is noticed', async (t) => {
  const { service, host, id } = await aProvedVm(t)
  assert.equal(await attested(service, id), 'affirming')
  assert.equal(await attested(service, id), 'affirming')
  host.vm.resetCount += 1
  assert.match(await attested(service, id), /^warning vtpm\.resets\.unseen/)
})

test('a vTPM that does not know of a reset that its host saw is noticed, and what its host did not see is not compared', async (t) => {
  const { service, host, id } = await aProvedVm(t)
  await attested(service, id)
  host.starts = { ...host.starts!, resets: host.starts!.resets + 1 }
  assert.match(await attested(service, id), /^contraindicated vtpm\.resets\.missing/)
  host.starts = { ...host.starts!, resets: 0, run: 'taken over' }
  assert.equal(await attested(service, id), 'affirming')
})

/** The same, with a clock that lets it be asked as often as is wanted. */
async function aPatientVm(t: TestContext) {
  let aheadMs = 0
  const host = new StampingHost()
  const service = await aService(t, host, { now: () => Date.now() + aheadMs })
  const { id } = await aVm(service)
  const ask = async () => {
    aheadMs += 15_000
    const asked = await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`)
    const { status } = await service.over(asked)
    return status === 'Succeeded' ? verdictOf(service, id) : status
  }
  return { host, ask }
}

test('a VM that starts anew while it is asked stays sound: then nothing is held against its host’s count', async (t) => {
  const { host, ask } = await aPatientVm(t)
  const answer = host.collectEvidence.bind(host)
  const restart = () => {
    host.vm.resetCount += 1
    host.starts = { ...host.starts!, resets: host.starts!.resets + 1 }
  }
  assert.equal(await ask(), 'affirming')
  host.collectEvidence = (machine, request) => {
    restart()
    return answer(machine, request)
  }
  assert.equal(await ask(), 'affirming')
  host.collectEvidence = async (machine, request) => {
    const evidence = await answer(machine, request)
    restart()
    return evidence
  }
  assert.equal(await ask(), 'affirming')
  host.collectEvidence = answer
  for (let i = 0; i < 2; i++) assert.equal(await ask(), 'affirming')
  host.starts = { ...host.starts!, resets: host.starts!.resets + 1 }
  assert.match(await ask(), /^contraindicated vtpm\.resets\.missing/)
})

test('answers that no verdict came of by our own fault, however many, make no VM look put back', async (t) => {
  const { host, ask } = await aPatientVm(t)
  const [facts, answer] = [host.facts.bind(host), host.collectEvidence.bind(host)]
  let isAnswered = false
  host.collectEvidence = async (machine, request) => {
    const evidence = await answer(machine, request)
    isAnswered = true
    return evidence
  }
  host.facts = async () => {
    if (isAnswered) isAnswered = false
    else return facts()
    throw new Error('nothing can be read')
  }
  for (let i = 0; i < 10; i++) assert.equal(await ask(), 'Failed')
  Object.assign(host, { facts, collectEvidence: answer })
  assert.equal(await ask(), 'affirming')
  host.vm.putBack(1)
  assert.match(await ask(), /vtpm\.rolled-back/)
})

test('questions that were never sent are not remembered: an agent that was away for long is no older vTPM', async (t) => {
  let aheadMs = 0
  const host = new StampingHost()
  const service = await aService(t, host, { now: () => Date.now() + aheadMs })
  const { id } = await aVm(service)
  const lost = host.collectEvidence.bind(host)
  host.collectEvidence = async (machine, request) => {
    const evidence = await lost(machine, request)
    const nonce = Buffer.from(request.extendNonce!).toString('hex')
    host.starts = { ...host.starts!, unanswered: [...host.starts!.unanswered, nonce] }
    throw new Error(`the answer of ${evidence.quotes.length} quotes was lost`)
  }
  const ask = async () =>
    service.over(await service.ask('POST', `${id}/providers/TrustedLaunch/evidence/attest`))
  for (let i = 0; i < 4; i++) {
    aheadMs += 15_000
    assert.equal((await ask()).status, 'Failed')
  }
  host.collectEvidence = lost
  host.failure = new Error('nobody is there')
  for (let i = 0; i < 9; i++) {
    aheadMs += 15_000
    assert.equal((await ask()).status, 'Failed')
  }
  host.failure = null
  aheadMs += 15_000
  assert.equal(await attested(service, id), 'affirming')
})

test('a host that has another key on record for the same vTPM is noticed; a later generation is none', async (t) => {
  const { service, host, id } = await aProvedVm(t)
  const facts = host.facts.bind(host)
  const withKey = (generation: number, akName: Uint8Array) => {
    host.facts = async () => {
      const known = await facts()
      return { ...known, expectation: { ...known.expectation, generation, akName } }
    }
  }
  const { akName, generation } = (await facts()).expectation
  withKey(generation, akName.with(-1, akName.at(-1)! ^ 1))
  assert.match(await attested(service, id), /^contraindicated .*host\.identity/)
  withKey(generation, akName)
  assert.equal(await attested(service, id), 'affirming')
  withKey(generation + 1, akName.with(-1, akName.at(-1)! ^ 1))
  assert.doesNotMatch(await attested(service, id), /host\.identity/)
})

test('a boot after a failure leaves its alert open; once somebody closed it nothing of it is left', async (t) => {
  const host = new FailingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const extension = {
    location: 'local',
    properties: {
      publisher: 'Microsoft.Azure.Security.LinuxAttestation',
      ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
    },
  }
  await service.over(await service.ask('PUT', `${id}/extensions/GuestAttestation`, extension))
  host.isDrifted = false
  assert.equal(await again(service, id), 'affirming', 'each verdict is its own')
  const drift = 'VM_GuestAttestationFailure drift'
  assert.deepEqual(await alertsOf(service), [`${drift} Active`])
  const path = `${service.subscription}/providers/Microsoft.Security/alerts`
  const [alert] = (await service.ask('GET', path)).body.value
  await service.ask('POST', `${alert.id}/resolve`, { reason: 'it was meant' })
  assert.equal(await attested(service, id), 'affirming')
  assert.deepEqual(await alertsOf(service), [`${drift} Resolved`])
  const status = 'b7604066-ed76-45f9-a5c1-c97e4812dc55'
  const integrity = `${id}/providers/Microsoft.Security/assessments/${status}`
  assert.equal((await service.ask('GET', integrity)).body.properties.status.code, 'Healthy')
})
