import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

const demo = join(import.meta.dirname, '../../apps/demo/src/main.ts')
/** What a VM is to raise, each alert with the first component that it is about. */
const RAISED: Readonly<Record<string, readonly string[]>> = {
  clean: [],
  reboot: [],
  'loader-tampered': ['Medium VM_SecureBootStoppedBoot loader'],
  'kernel-unsigned': ['Medium VM_SecureBootStoppedBoot kernel'],
  'command-line-edited': ['Medium VM_GuestAttestationFailure kernel command line'],
  'initrd-replaced': ['Medium VM_GuestAttestationFailure initrd'],
  'module-untrusted': ['Low VM_UntrustedKernelModule kernel module dummy'],
  'evidence-from-another-vm': [
    'High VM_VtpmIdentityChanged attestation key',
    'Medium VM_GuestAttestationFailure attestation key',
  ],
  'vtpm-replaced': ['High VM_VtpmIdentityChanged vTPM'],
  'secure-boot-off': ['Medium VM_GuestAttestationFailure Secure Boot'],
}

test('each of the ten scenarios ends as it is to, with the alerts that are its own and no other', {
  timeout: 1_800_000,
}, async () => {
  const options = { cwd: tmpdir(), maxBuffer: 1 << 24 }
  const { stdout } = await promisify(execFile)(process.execPath, [demo, '--all', '--json'], options)
  const { ok, scenarios } = JSON.parse(stdout)
  assert.equal(ok, true)
  const raised = scenarios.map(({ name, alerts }: any) => [
    name,
    alerts
      .map(({ severity, alertType, component }: any) =>
        [severity, alertType, component.split(', ')[0]].join(' '),
      )
      .sort(),
  ])
  assert.deepEqual(Object.fromEntries(raised), RAISED)
})
