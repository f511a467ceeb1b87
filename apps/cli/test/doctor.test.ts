import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { certificateChecks, clockCheck, diskCheck, toolChecks } from '../src/doctor-checks.ts'
import { hostChecks } from '../src/served-checks.ts'
import {
  certificateCheck,
  clocksCheck,
  roomChecks,
  signedInChecks,
} from '../src/signed-in-checks.ts'
import { signedIn } from './a-control-plane.ts'
import { newAuthority, pemOf } from './a-record.ts'
import { newFolder, tl } from './a-run.ts'
import { vmsMissing as skip } from './a-state.ts'

const DAY_MS = 86_400_000

test('a tool that is not there is named with the package that brings it', () => {
  const remedy = toolChecks('').map((check) => check.remedy)
  for (const name of ['qemu-system-x86', 'qemu-utils', 'swtpm', 'mtools', 'openssh-client'])
    assert.ok(remedy.includes(`apt-get install ${name}`), name)
})

test('a disk that is nearly full, a clock that nobody keeps or that is behind, want something done', () => {
  const folder = join(newFolder(), 'not/yet/there')
  assert.equal(diskCheck(folder, 0).remedy, null)
  assert.match(diskCheck(folder, 1e9).remedy!, /1000000000 GiB are wanted/)
  const now = Date.now()
  assert.equal(clockCheck(now, true).remedy, null)
  assert.equal(clockCheck(now, null).remedy, null)
  assert.match(clockCheck(now, false).remedy!, /^timedatectl set-ntp true/)
  assert.equal(clockCheck(0, true).remedy, 'set the clock')
})

test('VMs that restored records do not know, and a drained host, want somebody to decide', () => {
  const of = (properties: object) => hostChecks({ properties }).map(({ remedy }) => remedy)
  assert.deepEqual(of({ unknownMachines: 0, drained: false }), [])
  const [forget, resume] = of({ unknownMachines: 2, drained: true })
  assert.match(forget!, /^tl host forget: /)
  assert.equal(resume, 'tl host resume')
})

test('files that no record names are told of, and want nothing: they go by themselves', () => {
  const files = { unknownFiles: 2, unknownFileBytes: 3 << 20 }
  const of = (properties: object) => hostChecks({ properties: { ...files, ...properties } })
  const [going] = of({ unknownMachines: 0 })
  assert.deepEqual([going!.what, going!.remedy], ['files', null])
  assert.match(going!.found, /^2 files of 3 MiB .* goes by itself/)
  const [, kept] = of({ unknownMachines: 1 })
  assert.match(kept!.found, /kept as they are/)
})

test('a certificate that ends soon, or is none, wants something done; none at all does not', () => {
  const data = newFolder()
  assert.equal(certificateChecks(data, 0)[0]!.remedy, null)
  mkdirSync(join(data, 'tls'))
  const { certificate } = newAuthority('TLS')
  writeFileSync(join(data, 'tls/authority.pem'), pemOf('CERTIFICATE', certificate.der))
  const end = Date.UTC(2026, 0, 1) + 365 * DAY_MS
  assert.equal(certificateChecks(data, end - 20 * DAY_MS)[0]!.remedy, null)
  assert.match(certificateChecks(data, end - 2 * DAY_MS)[0]!.remedy!, /^restart tl up/)
  writeFileSync(join(data, 'tls/server.pem'), 'rubbish')
  assert.match(certificateChecks(data, 0)[1]!.remedy!, /restart tl up, or remove the file/)
})

test('the doctor looks at everything, says how VMs run here, and ends in 1 only where something is to do', {
  skip,
}, async () => {
  Object.assign(process.env, { XDG_CONFIG_HOME: newFolder(), XDG_DATA_HOME: newFolder() })
  const { code, out } = await tl('doctor', '--data', newFolder(), '--json')
  const checks = JSON.parse(out)
  const looked = new Set(checks.map(({ what }: any) => what))
  assert.deepEqual([...looked].sort(), [
    'acceleration',
    'certificates',
    'clock',
    'control plane',
    'disk',
    'firmware',
    'networks',
    'signed in',
    'tools',
  ])
  assert.match(checks.find(({ what }: any) => what === 'signed in').found, /^nobody: tl login/)
  assert.match(checks.find(({ what }: any) => what === 'acceleration').found, /^(kvm|tcg): /)
  assert.equal(code, checks.some(({ remedy }: any) => remedy !== null) ? 1 : 0)
  assert.match((await tl('doctor', '--data', newFolder())).out, /^(ok {3}|TO DO) {2}firmware: /m)
})

test('of the control plane that somebody is signed in to it is told whether it answers, its clock, certificate, version, room and token', async (t) => {
  const { service } = await signedIn(t)
  const checks = await signedInChecks()
  assert.deepEqual(
    checks.map(({ what, remedy }) => [what, remedy]),
    ['signed in', 'clocks', 'its certificate', 'token', 'version', 'its host'].map((what) => [
      what,
      null,
    ]),
  )
  assert.match(checks.at(-1)!.found, /^\d+ vCPUs, \d+ GiB of memory; 0 of 0 VMs run$/)
  const late = await signedInChecks(() => Date.now() + 400 * DAY_MS)
  const remedies = late.filter(({ remedy }) => remedy !== null).map(({ what }) => what)
  assert.deepEqual(remedies, ['clocks', 'its certificate'])
  await service.close()
  const [gone] = await signedInChecks()
  assert.match(gone!.found, /does not answer: nobody listens there/)
  assert.notEqual(gone!.remedy, null)
})

test('clocks a minute apart, a certificate that ends soon, another version and a drained host want something done', () => {
  const now = Date.UTC(2026, 0, 1)
  const at = { endpoint: 'https://vms.example' }
  assert.equal(clocksCheck(at, new Date(now - 59_000).toUTCString(), now).remedy, null)
  assert.match(clocksCheck(at, new Date(now + 61_000).toUTCString(), now).remedy!, /^set the clock/)
  assert.equal(clocksCheck(at, null, now).remedy, null)
  const until = (days: number) => ({
    valid_from: new Date(now).toUTCString(),
    valid_to: new Date(now + days * DAY_MS).toUTCString(),
  })
  assert.equal(certificateCheck(until(15), now).remedy, null)
  assert.match(certificateCheck(until(13), now).remedy!, /^restart tl up there/)
  const host = { vcpus: 2, memoryGib: 23.5400390625, running: 1, virtualMachines: 2, drained: true }
  assert.deepEqual(
    roomChecks({ ...host, version: '9.9.9' }).map(({ remedy }) => remedy?.split(' ')[0]),
    ['use', 'it'],
  )
  assert.match(roomChecks(host)[1]!.found, /^2 vCPUs, 23\.5 GiB of memory; 1 of 2 VMs run$/)
})
