import assert from 'node:assert/strict'
import { test } from 'node:test'
import { families, sizeNamed, sizes } from '../../src/catalogue/sizes.ts'
import { capabilitiesOf } from '../../src/catalogue/skus.ts'

/**
 * What Azure's resource SKUs said of sizes of many kinds (westcentralus and southcentralus, 2024-12-13): family; vCPUs,
 * of these available, GB; data disks, interfaces, temporary disk in MB, NVMe in MiB; generations, architecture,
 * threads a core; then LowPriorityCapable, PremiumIO, EphemeralOSDiskSupported, EncryptionAtHostSupported,
 * AcceleratedNetworkingEnabled, RdmaEnabled, TrustedLaunchDisabled.
 */
const published = [
  'Standard_A0 | standardA0_A7Family | 1 1 0.75 | 1 2 20480 0 | V1 x64 1 | nnnnnnn',
  'Standard_B1s | standardBSFamily | 1 1 1 | 2 2 4096 0 | V1,V2 x64 1 | nyyynnn',
  'Standard_B20ms | standardBSFamily | 20 20 80 | 32 8 163840 0 | V1,V2 x64 1 | nyyyynn',
  'Standard_D128ds_v6 | StandardDdsv6Family | 128 128 512 | 64 8 0 7208960 | V2 x64 2 | yyyyynn',
  'Standard_D16plds_v5 | standardDPLDSv5Family | 16 16 32 | 32 4 614400 0 | V2 Arm64 1 | yyyyyny',
  'Standard_D2as_v6 | standardDav6Family | 2 2 8 | 4 2 0 0 | V2 x64 2 | yynyynn',
  'Standard_D2_v2 | standardDv2Family | 2 2 7 | 8 2 102400 0 | V1 x64 1 | ynnnynn',
  'Standard_D2_v3 | standardDv3Family | 2 2 8 | 4 2 51200 0 | V1 x64 2 | ynnnynn',
  'Standard_D2_v5 | standardDv5Family | 2 2 8 | 4 2 0 0 | V1,V2 x64 2 | ynnyynn',
  'Standard_D64s_v3 | standardDSv3Family | 64 64 256 | 32 8 524288 0 | V1,V2 x64 2 | yyyyynn',
  'Standard_DC8s_v3 | standardDCSv3Family | 8 8 64 | 32 8 0 0 | V2 x64 1 | yynyynn',
  'Standard_DS2_v2 | standardDSv2Family | 2 2 7 | 8 2 14336 0 | V1,V2 x64 1 | yyyyynn',
  'Standard_E4d_v5 | standardEDv5Family | 4 4 32 | 8 2 153600 0 | V1,V2 x64 2 | ynyyynn',
  'Standard_F16s_v2 | standardFSv2Family | 16 16 32 | 32 4 131072 0 | V1,V2 x64 2 | yyyyynn',
  'Standard_M8-2ms | standardMSFamily | 8 2 218.75 | 8 2 262144 0 | V1,V2 x64 2 | yyyyyny',
  'Standard_NC16as_T4_v3 | Standard NCASv3_T4 Family | 16 16 110 | 32 8 360448 0 | V1,V2 x64 1 | yyyyynn',
  'Standard_NC24ads_A100_v4 | StandardNCADSA100v4Family | 24 24 220 | 8 2 65536 915527 | V2 x64 1 | yyyyynn',
  'Standard_NC6s_v3 | standardNCSv3Family | 6 6 112 | 12 4 753664 0 | V1,V2 x64 1 | yyyyynn',
]

function asPublished(name: string): string {
  const size = sizeNamed(name)!
  const told = new Map(capabilitiesOf(size).map((one) => [one.name, one.value]))
  const of = (...names: string[]) => names.map((key) => told.get(key) ?? '0').join(' ')
  const flags = [
    'LowPriorityCapable',
    'PremiumIO',
    'EphemeralOSDiskSupported',
    'EncryptionAtHostSupported',
    'AcceleratedNetworkingEnabled',
    'RdmaEnabled',
    'TrustedLaunchDisabled',
  ].map((key) => (told.get(key) === 'True' ? 'y' : 'n'))
  return [
    size.name,
    size.family,
    of('vCPUs', 'vCPUsAvailable', 'MemoryGB'),
    of('MaxDataDiskCount', 'MaxNetworkInterfaces', 'MaxResourceVolumeMB', 'NvmeDiskSizeInMiB'),
    of('HyperVGenerations', 'CpuArchitectureType', 'vCPUsPerCore'),
    flags.join(''),
  ].join(' | ')
}

for (const row of published)
  test(`${row.split(' ')[0]} is what Azure's resource SKUs say of it`, () => {
    assert.equal(asPublished(row.split(' ')[0] ?? ''), row)
  })

test('there are more than 1,700 sizes, each named once, of every family that Azure has', () => {
  assert.ok(sizes.length > 1700, `${sizes.length}`)
  assert.equal(new Set(sizes.map(({ name }) => name.toLowerCase())).size, sizes.length)
  const letters = 'A Basic_A B D DS DC E EC F FX G GS H HB HC HX L M NC NCC ND NG NP NV PB'.split(
    ' ',
  )
  for (const letter of letters)
    assert.ok(
      sizes.some(({ name }) => new RegExp(`^(Standard_)?${letter}\\d`).test(name)),
      letter,
    )
})

test('every size has whole numbers of vCPUs, disks and interfaces, and memory', () => {
  for (const size of sizes) {
    const { name, vcpus, vcpusAvailable, dataDisksMax, nicsMax, tempDiskMib, gpus } = size
    for (const number of [vcpus, vcpusAvailable, dataDisksMax, nicsMax])
      assert.ok(Number.isInteger(number) && number > 0, `${name}: ${JSON.stringify(size)}`)
    assert.ok(Number.isInteger(tempDiskMib) && Number.isInteger(gpus), name)
    assert.ok(size.memoryGib > 0 && size.localNvmeMib >= 0, name)
    assert.ok(size.traits.has('gen1') || size.traits.has('gen2'), name)
  }
})

test('a list by size has as many entries as there are sizes', () => {
  for (const { family, sizes: words, temp, nvme, gpus } of families) {
    const whole = words.split(' ').filter((word) => !word.includes('-')).length
    for (const list of [temp, nvme, gpus])
      if (typeof list === 'string') assert.equal(list.split(' ').length, whole, family)
  }
})

test('a constrained size is its parent, but for the vCPUs that the guest sees', () => {
  for (const [name, parent, vcpus] of [
    ['Standard_E8-4s_v5', 'Standard_E8s_v5', 4],
    ['Standard_M8-2ms', 'Standard_M8ms', 2],
    ['Standard_DS14-4_v2', 'Standard_DS14_v2', 4],
    ['Standard_HB120-16rs_v3', 'Standard_HB120rs_v3', 16],
    ['Standard_M96s-24_2_v3', 'Standard_M96s_2_v3', 24],
  ] as const) {
    const whole = sizeNamed(parent)!
    assert.deepEqual(sizeNamed(name), { ...whole, name, parent, vcpusAvailable: vcpus })
    assert.ok(vcpus < whole.vcpus)
  }
})

test('a size is found by its name in any case of letters, and by no other', () => {
  assert.equal(sizeNamed('STANDARD_D2S_V5')?.name, 'Standard_D2s_v5')
  assert.equal(sizeNamed('Standard_D3s_v5'), null)
  assert.equal(sizeNamed('D2s_v5'), null)
})
