import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { virtualizationFor, windowsCpu } from '../src/windows.ts'

test('a Windows guest is refused where it would run unprotected, with the reason', () => {
  const refused = { code: 'machine-not-here' }
  const emulated = { accelerator: 'tcg', reason: 'there is no /dev/kvm' } as const
  assert.throws(() => virtualizationFor(emulated, 'vmx'), {
    ...refused,
    message: /there is no \/dev\/kvm/,
  })
  const kvm = { accelerator: 'kvm', reason: '' } as const
  assert.throws(() => virtualizationFor(kvm, null), { ...refused, message: /nested/ })
  assert.equal(virtualizationFor(kvm, 'svm'), 'svm')
})

/** What this QEMU can be told of a device. */
function propertiesOf(device: string): Set<string> {
  const help = execFileSync('qemu-system-x86_64', ['-device', `${device},help`], {
    encoding: 'utf8',
  })
  return new Set([...help.matchAll(/^ {2}([^=]+)=/gm)].map(([, name]) => name!))
}

test('QEMU knows every flag of a Windows guest’s CPU, and its IOMMU’s', () => {
  // `host` is listed under KVM only; its flags are every model's.
  const known = propertiesOf('max-x86_64-cpu')
  for (const virtualization of ['vmx', 'svm'] as const) {
    const [, ...flags] = windowsCpu(virtualization).split(',')
    const unknown = flags.map((flag) => flag.replace(/^\+|=.*/g, '')).filter((n) => !known.has(n))
    assert.deepEqual(unknown, [])
  }
  assert.ok(propertiesOf('intel-iommu').has('intremap'))
})
