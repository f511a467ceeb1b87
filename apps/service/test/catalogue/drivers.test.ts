import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driverAdvice } from '../../src/catalogue/drivers.ts'
import { STANDARD } from '../../src/catalogue/security.ts'
import { families, sizeNamed } from '../../src/catalogue/sizes.ts'

const secure = {
  securityType: 'TrustedLaunch',
  secureBootEnabled: true,
  vTpmEnabled: true,
} as const
const ubuntu = { osType: 'Linux', distribution: 'ubuntu' } as const
const debian = { osType: 'Linux', distribution: 'debian' } as const
const windows = { osType: 'Windows', distribution: null } as const
const cuda = sizeNamed('Standard_NC24ads_A100_v4')!
const grid = sizeNamed('Standard_NV12s_v3')!

const told = (...args: Parameters<typeof driverAdvice>) =>
  driverAdvice(...args).map(({ code, message }) => `${code} ${message}`)

test('CUDA and GRID on Windows with Secure Boot need nothing', () => {
  for (const size of [cuda, grid]) assert.deepEqual(driverAdvice(size, windows, secure), [])
})

test('CUDA on Ubuntu with Secure Boot needs signed modules', () => {
  const [advice = '', ...more] = told(cuda, ubuntu, secure)
  assert.deepEqual(more, [])
  assert.match(advice, /^DriverAdvice\/CUDA .*Install the modules that Ubuntu signs/)
})

test('CUDA on other Linux systems, and GRID on any, need Secure Boot off', () => {
  for (const [size, guest, driver] of [
    [cuda, debian, 'CUDA'],
    [cuda, { osType: 'Linux', distribution: null }, 'CUDA'],
    [grid, ubuntu, 'GRID'],
    [grid, debian, 'GRID'],
  ] as const) {
    const [advice = ''] = told(size, guest, secure)
    assert.match(advice, new RegExp(`^DriverAdvice/${driver} .* needs Secure Boot off`))
  }
})

test('without Secure Boot, without a GPU, or with a GPU of another maker there is no advice', () => {
  assert.deepEqual(driverAdvice(cuda, debian, { ...secure, secureBootEnabled: false }), [])
  assert.deepEqual(driverAdvice(cuda, debian, STANDARD), [])
  for (const name of ['Standard_D2s_v5', 'Standard_NV4as_v4', 'Standard_NP10s'])
    assert.deepEqual(driverAdvice(sizeNamed(name)!, debian, secure), [], name)
})

test("every series with NVIDIA's GPUs has its drivers", () => {
  const others = /^(NG|NP|NVv4|NVadsV710|ND_MI300X)/
  for (const { series, gpus, names, sizes } of families) {
    if (gpus === undefined || others.test(series)) continue
    const name = `Standard_${names.replace('*', sizes.split(' ')[0]?.split(':')[0] ?? '')}`
    assert.notDeepEqual(driverAdvice(sizeNamed(name)!, debian, secure), [], name)
  }
})
