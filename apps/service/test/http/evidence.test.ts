import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  parseJwks,
  RECORD_AUDIENCE,
  VerifiedToken,
  verifyRecord,
} from '@trusted-launch/attestation'
import { toUtf8 } from '@trusted-launch/codec'
import { Certificate, decodePem, PublicKey } from '@trusted-launch/crypto'
import { aService, type TestService } from '../a-service.ts'
import { aVm } from '../a-vm.ts'
import { AttestingHost } from '../an-attesting-host.ts'

async function attested(service: TestService, vm: string) {
  const asked = await service.ask('POST', `${vm}/providers/TrustedLaunch/evidence/attest`)
  return asked.status === 202 ? service.over(asked) : asked
}

/** Bytes of what was asked for, as they came. */
async function recordAt(service: TestService, path: string): Promise<Uint8Array> {
  const { body } = await service.ask('GET', `${path}?format=record`)
  // Canonical JSON reads back the same.
  return toUtf8(canonical(body))
}

function canonical(value: any): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join()}}`
}

async function pemAt(service: TestService, path: string) {
  const { status, body } = await service.send('GET', path, {})
  assert.equal(status, 200, path)
  return decodePem(toUtf8(body)).map(({ der }) => der)
}

test('a record of the service is verified by what it publishes without a token, also after a rotation', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded')
  const evidence = `${id}/providers/TrustedLaunch/evidence`
  const old = await recordAt(service, evidence)
  const rotated = await service.ask('POST', '/providers/TrustedLaunch/attestationSigner/rotate')
  assert.equal(rotated.status, 204)
  const { status, properties } = await attested(service, id)
  assert.deepEqual([status, properties.output.tier], ['Succeeded', 'affirming'])
  const fresh = await recordAt(service, `${evidence}/${properties.output.id}`)

  const anchors = (await pemAt(service, '/attestation/anchors.pem')).map((der) =>
    Certificate.decode(der),
  )
  const signers = (await pemAt(service, '/attestation/signers.pem')).map((spki) =>
    PublicKey.fromSpki(spki),
  )
  assert.equal(signers.length, 2)
  for (const [record, key] of [
    [old, signers[1]!],
    [fresh, signers[0]!],
  ] as const) {
    const verified = verifyRecord(record, { key, anchors })
    assert.ok(!('fault' in verified), JSON.stringify(verified))
    assert.deepEqual([verified.appraised.result.tier, verified.anchorKnown], ['affirming', true])
    const discovery = await service.send('GET', '/attestation/.well-known/openid-configuration', {})
    const { issuer, jwks_uri: jwksUri } = discovery.body
    assert.equal(issuer, `${service.service.endpoint}/attestation`)
    const jwks = await service.send('GET', new URL(jwksUri).pathname, {})
    const keys = parseJwks(toUtf8(JSON.stringify(jwks.body)))
    // the one before, the one that signs, and the next
    assert.equal(keys.length, 3)
    const audience = RECORD_AUDIENCE
    const expected = { keys, issuer, audience, nonce: null, time: Date.now() }
    const token = VerifiedToken.verify(verified.token, expected)
    assert.ok(token instanceof VerifiedToken, JSON.stringify(token))
  }
})

test('evidence is listed newest first, page after page, and each is a record of its own', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const evidence = `${id}/providers/TrustedLaunch/evidence`
  for (let i = 0; i < 3; i++) assert.equal((await attested(service, id)).status, 'Succeeded')
  const { body } = await service.ask('GET', `${evidence}?$top=3`)
  assert.equal(body.value.length, 3)
  assert.equal(body.latest.id, body.value[0].name)
  assert.equal(body.latest.result.tier, 'affirming')
  assert.deepEqual(body.value[0].properties.findings, body.latest.result.findings)
  const next = await service.ask('GET', body.nextLink.slice(service.service.endpoint.length))
  assert.equal(next.body.value.length, 1)
  assert.equal(next.body.latest, undefined)
  const names = [...body.value, ...next.body.value].map(({ name }: any) => name)
  assert.equal(new Set(names).size, 4)
  const records = await Promise.all(names.map((name) => recordAt(service, `${evidence}/${name}`)))
  assert.equal(new Set(records.map(String)).size, 4)
  const one = await service.ask('GET', body.value[1].id)
  assert.equal(one.body.properties.result.vm, 'vm-1')
  const { id: other } = await aVm(service, 'other')
  const foreign = `${other}/providers/TrustedLaunch/evidence/${names[0]}`
  assert.equal((await service.ask('GET', foreign)).status, 404)
})

test('a VM is asked anew six times a minute, at most', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  for (let i = 0; i < 6; i++) assert.equal((await attested(service, id)).status, 'Succeeded')
  const refused = await attested(service, id)
  assert.equal(refused.status, 429)
  assert.match(refused.body.error.message, /at most six times a minute\. Try again in \d+ seconds/)
})

test('installing the extension asks too: it is no way round six times a minute', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const extension = {
    location: 'local',
    properties: {
      publisher: 'Microsoft.Azure.Security.LinuxAttestation',
      ...{ type: 'GuestAttestation', typeHandlerVersion: '1.0' },
    },
  }
  const put = () => service.ask('PUT', `${id}/extensions/GuestAttestation`, extension)
  for (let i = 0; i < 3; i++) {
    assert.equal((await service.over(await put())).status, 'Succeeded')
    assert.equal((await attested(service, id)).status, 'Succeeded')
  }
  const refused = await put()
  assert.deepEqual([refused.status, refused.body.error?.code], [429, 'TooManyRequests'])
  assert.equal((await attested(service, id)).status, 429)
})

test('who asks while a VM is asked already is told of that', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  let release: () => void = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  const collect = host.collectEvidence.bind(host)
  host.collectEvidence = async (...args) => {
    await held
    return collect(...args)
  }
  const path = `${id}/providers/TrustedLaunch/evidence/attest`
  const answers = [await service.ask('POST', path), await service.ask('POST', path)]
  const urls = answers.map(({ headers }) => headers['azure-asyncoperation'])
  assert.equal(urls[0], urls[1])
  release()
  assert.equal((await service.over(answers[0]!)).status, 'Succeeded')
})

test('a VM that gives no evidence, does not run or has no vTPM is not attested, and says why', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  host.failure = new Error('no answer to evidence in 20000 ms')
  const { id, end } = await aVm(service)
  assert.equal(end.status, 'Succeeded', 'a boot without a proof is a boot')
  const view = async () => (await service.ask('GET', `${id}/instanceView`)).body.statuses
  const notice = (await view()).find(({ code }: any) => code === 'TrustedLaunch/NotAttested')
  assert.match(notice.message, /its agent gives no evidence \(no answer to evidence in 20000 ms\)/)
  const { status, error } = await attested(service, id)
  assert.deepEqual([status, error.code], ['Failed', 'AttestationFailed'])
  host.failure = null
  assert.equal((await attested(service, id)).status, 'Succeeded', 'the lost question is no revert')
  await service.over(await service.ask('POST', `${id}/deallocate`))
  assert.equal((await attested(service, id)).status, 409)
  await service.over(await service.ask('POST', `${id}/start`))
  assert.equal(
    (await view()).find(({ code }: any) => code === 'TrustedLaunch/NotAttested'),
    undefined,
  )
  const uefiSettings = { secureBootEnabled: true, vTpmEnabled: false }
  const bare = await aVm(service, 'bare', {
    securityProfile: { securityType: 'TrustedLaunch', uefiSettings },
  })
  const refused = await attested(service, bare.id)
  assert.match(refused.body.error.message, /has no vTPM/)
})

test('what is past its time is pruned when it is asked for, and only told on a dry run', async (t) => {
  const service = await aService(t, new AttestingHost())
  const { id } = await aVm(service)
  const evidence = `${id}/providers/TrustedLaunch/evidence`
  for (let i = 0; i < 2; i++) await attested(service, id)
  const prune = async (body: object) => {
    const { status, body: answer } = await service.ask('POST', `${evidence}/prune`, body)
    return status === 200 ? answer.value.length : answer.error.code
  }
  assert.equal(await prune({}), 0)
  assert.equal(await prune({ keep: 1, dryRun: true }), 2)
  assert.equal(await prune({ keep: 1 }), 2)
  assert.equal(await prune({ keep: 1 }), 0)
  assert.equal(await prune({ keep: -1 }), 'InvalidParameter')
  assert.equal(await prune({ keeps: 1 }), 'InvalidParameter')
  assert.equal((await service.ask('GET', evidence)).body.value.length, 1)
})

test('what the host runs the VM with is held against what was asked for, beside the evidence', async (t) => {
  const host = new AttestingHost()
  const variables = {
    PK: '1',
    KEK: '2',
    db: '3',
    dbx: '4',
    SecureBootEnable: '5',
    CustomMode: null,
  }
  const wanted = { firmwareSha256: '6', variables }
  host.host = { wanted, actual: wanted }
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const verdict = async () => {
    const { properties } = await attested(service, id)
    const { body } = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
    return [properties.output.tier, body.latest.result.findings.map(({ id }: any) => id).join()]
  }
  assert.deepEqual(await verdict(), ['affirming', ''])
  host.host = { wanted, actual: { ...wanted, variables: { ...variables, db: '9' } } }
  assert.deepEqual(await verdict(), ['contraindicated', 'host.variables'])
  host.host = { wanted, actual: { ...wanted, firmwareSha256: '9' } }
  assert.deepEqual(await verdict(), ['contraindicated', 'host.firmware'])
  const record = await recordAt(service, `${id}/providers/TrustedLaunch/evidence`)
  const verified = verifyRecord(record, { key: null, anchors: [] })
  assert.ok(!('fault' in verified))
  assert.equal(verified.appraised.result.tier, 'affirming', 'the record is of the evidence alone')
})

test('a QEMU that runs with another argument raises an alert that names it, also where the guest is kept from answering', async (t) => {
  const host = new AttestingHost()
  const qemu = { program: '/usr/bin/qemu', directory: '/vms/a', arguments: ['-nodefaults'] }
  const runsWith = (...more: string[]) => ({
    wanted: { qemu },
    actual: { qemu: { ...qemu, arguments: [...qemu.arguments, ...more] } },
  })
  host.host = runsWith()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const attest = `${id}/providers/TrustedLaunch/evidence/attest`
  const alerts = async () => {
    const at = `${service.subscription}/providers/Microsoft.Security/alerts`
    const { body } = await service.ask('GET', at)
    return body.value.map(({ properties }: any) => properties)
  }
  assert.deepEqual(await alerts(), [])
  host.failure = new Error('nobody is there')
  assert.equal((await service.over(await service.ask('POST', attest))).status, 'Failed')
  assert.deepEqual(await alerts(), [])
  host.host = runsWith('-gdb', 'tcp::1234')
  assert.equal((await service.over(await service.ask('POST', attest))).status, 'Failed')
  const [alert, ...others] = await alerts()
  assert.deepEqual(others, [])
  assert.deepEqual([alert.alertType, alert.severity], ['VM_HostConfigurationDiffers', 'High'])
  assert.match(JSON.stringify(alert), /-gdb tcp::1234/)
})

test('a dismissed difference of the host is gone after a verdict with the host’s part as it is to be, and new when it comes back', async (t) => {
  const host = new AttestingHost()
  const qemu = { program: '/usr/bin/qemu', directory: '/vms/a', arguments: ['-nodefaults'] }
  const runsWith = (...more: string[]) => ({
    wanted: { qemu },
    actual: { qemu: { ...qemu, arguments: [...qemu.arguments, ...more] } },
  })
  host.host = runsWith('-gdb', 'tcp::1234')
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const alert = async () => {
    const at = `${service.subscription}/providers/Microsoft.Security/alerts`
    const { value } = (await service.ask('GET', at)).body
    return value.find((one: any) => one.properties.alertType === 'VM_HostConfigurationDiffers')
  }
  const { id: path } = await alert()
  assert.equal((await service.ask('POST', `${path}/dismiss`, { reason: 'a test' })).status, 204)
  const seen = async () => {
    await attested(service, id)
    const { status, extendedProperties } = (await alert()).properties
    return [status, String(extendedProperties.isPresent)]
  }
  assert.deepEqual(await seen(), ['Dismissed', 'true'])
  host.host = runsWith()
  assert.deepEqual(await seen(), ['Dismissed', 'false'])
  host.host = runsWith('-gdb', 'tcp::1234')
  assert.deepEqual(await seen(), ['Active', 'true'])
})

test('within one boot the list of what the kernel read goes on from what was vouched for', async (t) => {
  const host = new AttestingHost()
  host.vm.imaEntries -= 1
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const tier = async () => (await attested(service, id)).properties.output.tier
  assert.equal(await tier(), 'affirming')
  host.vm.imaEntries += 1
  assert.equal(await tier(), 'affirming', 'it grew')
  host.vm.imaEntries -= 1
  assert.equal(await tier(), 'contraindicated', 'it is shorter, and whole by itself')
  const { body } = await service.ask('GET', `${id}/providers/TrustedLaunch/evidence`)
  assert.equal(body.latest.result.findings[0].id, 'ima.replay')
  host.vm.imaEntries += 1
  assert.equal(await tier(), 'affirming', 'what was refused is not remembered')
})

test('a VM’s instance view has the verdict of its last boot in a word, and none before that boot was judged', async (t) => {
  const host = new AttestingHost()
  const service = await aService(t, host)
  const { id } = await aVm(service)
  const integrity = async () =>
    (await service.ask('GET', `${id}/instanceView`)).body.statuses
      .filter(({ code }: any) => code.startsWith('TrustedLaunch/Integrity'))
      .map(({ code, level }: any) => `${code} ${level}`)
  assert.deepEqual(await integrity(), ['TrustedLaunch/Integrity/affirming Info'])
  host.failure = new Error('no answer')
  await service.over(await service.ask('POST', `${id}/restart`))
  assert.deepEqual(await integrity(), [], 'what was said of the boot before is not said of this')
  host.failure = null
  await attested(service, id)
  assert.deepEqual(await integrity(), ['TrustedLaunch/Integrity/affirming Info'])
})

test('a VM that proved nothing has no verdicts, and tells how it is looked after; there is no record', async (t) => {
  const service = await aService(t)
  const { id } = await aVm(service)
  const path = `${id}/providers/TrustedLaunch/evidence`
  const { status, body } = await service.ask('GET', path)
  assert.equal(status, 200)
  assert.deepEqual([body.value, body.latest], [[], undefined])
  assert.equal(typeof body.monitoring.isMonitored, 'boolean')
  assert.equal((await service.ask('GET', `${path}?format=record`)).status, 404)
})
