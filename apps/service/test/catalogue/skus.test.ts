import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  allocationFailed,
  dataDisksFault,
  type HostCapacity,
  sizeFault,
  unknownSize,
} from '../../src/catalogue/host-capacity.ts'
import { sizeNamed, sizes } from '../../src/catalogue/sizes.ts'
import { capabilitiesOf, isToBeHad, skuView, vmSizeView } from '../../src/catalogue/skus.ts'
import { usagesView } from '../../src/catalogue/usages.ts'

const host: HostCapacity = { vcpus: 8, memoryGib: 32, architecture: 'x64', noWindows: null }
const size = (name: string) => sizeNamed(name)!

test('what the host cannot give is refused as SkuNotAvailable, and says what it needs', () => {
  for (const [name, why] of [
    ['Standard_NC4as_T4_v3', 'it needs a GPU (or FPGA)'],
    ['Standard_HB120rs_v3', 'it needs InfiniBand'],
    ['Standard_D2ps_v6', 'it needs Arm64, the host is x64'],
    ['Standard_DC2as_v5', 'it needs encrypted memory'],
  ] as const)
    assert.deepEqual(sizeFault(size(name), host, 'local'), {
      status: 409,
      code: 'SkuNotAvailable',
      message: `The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: ${name}' is currently not available in location 'local'. Please try another size or deploy to a different location or different zone. See https://aka.ms/azureskunotavailable for details. Here, ${why}.`,
      target: 'hardwareProfile.vmSize',
    })
})

test('more vCPUs or memory than a host has is AllocationFailed, with both numbers', () => {
  const large = sizeFault(size('Standard_D16s_v5'), host, 'local')!
  assert.deepEqual([large.status, large.code], [409, 'AllocationFailed'])
  assert.match(large.message, /needs 16 vCPUs and 64 GiB, a host here has 8 and 32/)
  const odd = sizeFault(size('Standard_D8s_v5'), { ...host, memoryGib: 23.5400390625 }, 'local')!
  assert.match(odd.message, /a host here has 8 and 23\.5\./)
  assert.equal(sizeFault(size('Standard_E8s_v5'), host, 'local')?.code, 'AllocationFailed')
  assert.equal(sizeFault(size('Standard_D8s_v5'), host, 'local'), null)
  assert.equal(allocationFailed('2 of 8 vCPUs are free').target, 'hardwareProfile.vmSize')
})

test('a constrained size needs the vCPUs that its guest sees', () => {
  const wide = { ...host, memoryGib: 256 }
  assert.equal(sizeFault(size('Standard_E16-4s_v5'), wide, 'local'), null)
  assert.notEqual(sizeFault(size('Standard_E16s_v5'), wide, 'local'), null)
})

test('skus list every size in the own location, and restrict what is not to be had', () => {
  const restricted = sizes.filter((one) => !isToBeHad(one, host))
  assert.ok(restricted.length > 1000 && restricted.length < sizes.length)
  assert.deepEqual(skuView(size('Standard_NC4as_T4_v3'), ['local'], host), {
    resourceType: 'virtualMachines',
    name: 'Standard_NC4as_T4_v3',
    tier: 'Standard',
    size: 'NC4as_T4_v3',
    family: 'Standard NCASv3_T4 Family',
    locations: ['local'],
    locationInfo: [{ location: 'local', zones: [], zoneDetails: [] }],
    capabilities: capabilitiesOf(size('Standard_NC4as_T4_v3')),
    restrictions: [
      {
        type: 'Location',
        values: ['local'],
        restrictionInfo: { locations: ['local'], zones: [] },
        reasonCode: 'NotAvailableForSubscription',
      },
    ],
  })
  const { restrictions } = skuView(size('Standard_B1s'), ['local'], host) as {
    restrictions: object[]
  }
  assert.deepEqual(restrictions, [])
  assert.equal((skuView(size('Basic_A1'), [], host) as { tier: string }).tier, 'Basic')
})

test('capabilities are pairs of strings, and TrustedLaunchDisabled stands only where a Gen2 size lacks it', () => {
  for (const one of sizes)
    for (const { name, value } of capabilitiesOf(one))
      assert.ok(typeof value === 'string' && value !== '' && value !== 'NaN', `${one.name} ${name}`)
  const disabled = (name: string) =>
    capabilitiesOf(size(name)).find((one) => one.name === 'TrustedLaunchDisabled')?.value
  assert.equal(disabled('Standard_D2s_v5'), undefined)
  assert.equal(disabled('Standard_A1_v2'), undefined)
  assert.equal(disabled('Standard_M64s'), 'True')
  const generations = (name: string) =>
    capabilitiesOf(size(name)).find((one) => one.name === 'HyperVGenerations')?.value
  assert.equal(generations('Standard_D2s_v5'), 'V1,V2')
  assert.equal(generations('Standard_A1_v2'), 'V1')
})

test('a GPU, a parent and the kind of confidential computing are told where there is one', () => {
  const of = (name: string) => {
    const told = new Map(capabilitiesOf(size(name)).map((one) => [one.name, one.value]))
    return ['GPUs', 'ParentSize', 'ConfidentialComputingType'].map((key) => told.get(key) ?? null)
  }
  assert.deepEqual(of('Standard_D2s_v5'), [null, null, null])
  assert.deepEqual(of('Standard_NC48ads_A100_v4'), ['2', null, null])
  assert.deepEqual(of('Standard_E8-4s_v5'), [null, 'Standard_E8s_v5', null])
  assert.deepEqual(of('Standard_DC2es_v5'), [null, null, 'TDX'])
  assert.deepEqual(of('Standard_DC2as_v5'), [null, null, 'SNP'])
})

test('an entry of vmSizes has megabytes', () => {
  assert.deepEqual(vmSizeView(size('Standard_D2ds_v5')), {
    name: 'Standard_D2ds_v5',
    numberOfCores: 2,
    osDiskSizeInMB: 1047552,
    resourceDiskSizeInMB: 76800,
    memoryInMB: 8192,
    maxDataDiskCount: 4,
  })
})

test('an unknown size is refused with some of the valid ones, and not with 1,700', () => {
  const fault = unknownSize('Standard_D3s_v5', sizes)
  assert.deepEqual([fault.status, fault.code, fault.target], [400, 'InvalidParameter', 'vmSize'])
  assert.match(fault.message, /^The value Standard_D3s_v5 provided for the VM size is not valid\./)
  assert.ok(fault.message.length < 2000)
  const one = unknownSize('x'.repeat(500), [size('Standard_B1s')])
  assert.ok(one.message.endsWith('current region are: Standard_B1s.') && one.message.length < 250)
})

test('The maximum number of data disks allowed to be attached to a VM of this size is …', () => {
  assert.equal(dataDisksFault(size('Standard_D2s_v5'), 4), null)
  assert.deepEqual(dataDisksFault(size('Standard_D2s_v5'), 5), {
    status: 409,
    code: 'OperationNotAllowed',
    message: 'The maximum number of data disks allowed to be attached to a VM of this size is 4.',
    target: 'dataDisks',
  })
})

test('usages count the vCPUs of what runs, in all and by family, against what the host takes', () => {
  const running = [size('Standard_D2s_v5'), size('Standard_D4s_v5'), size('Standard_B1s')]
  const usages = usagesView(running, host) as {
    currentValue: number
    limit: number
    name: { value: string; localizedValue: string }
  }[]
  const of = (value: string) => usages.find(({ name }) => name.value === value)
  assert.deepEqual(of('cores'), {
    unit: 'Count',
    currentValue: 7,
    limit: 8 * 16,
    name: { value: 'cores', localizedValue: 'Total Regional vCPUs' },
  })
  assert.deepEqual(
    ['virtualMachines', 'standardDSv5Family', 'standardESv5Family'].map((name) => [
      of(name)?.currentValue,
      of(name)?.limit,
    ]),
    [
      [3, 128],
      [6, 128],
      [0, 128],
    ],
  )
  // Of a GPU's family this host runs none.
  assert.equal(of('Standard NCASv3_T4 Family')?.limit, 0)
  assert.equal(of('standardDSv5Family')?.name.localizedValue, 'Standard DSv5 Family vCPUs')
  assert.equal(
    of('Standard NCASv3_T4 Family')?.name.localizedValue,
    'Standard NCASv3_T4 Family vCPUs',
  )
  for (const { name } of usages.slice(2))
    assert.match(name.localizedValue, /^(Standard|Basic) \S+ Family vCPUs$/)
})
