import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aService } from '../a-service.ts'
import { aNetwork } from '../a-vm.ts'

const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, 'x']))

test('tags are 50 at most, with names and values of a length, and no name twice or reserved', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  const good = [many(50), { ['n'.repeat(512)]: 'v'.repeat(256) }, { 'cost center': 'é', empty: '' }]
  const bad: [object, string][] = [
    [many(51), 'InvalidTagsCount'],
    [{ ['n'.repeat(513)]: 'x' }, 'InvalidTagNameLength'],
    [{ a: 'v'.repeat(257) }, 'InvalidTagValueLength'],
    [{ a: '1', A: '2' }, 'DuplicateTagName'],
    [{ '': 'x' }, 'InvalidTagNameCharacters'],
    ...[...'<>%&\\?/\n'].map((letter): [object, string] => [
      { [`a${letter}b`]: 'x' },
      'InvalidTagNameCharacters',
    ]),
    ...['Microsoft', 'azureX', 'WINDOWS_'].map((name): [object, string] => [
      { [name]: 'x' },
      'ReservedTagName',
    ]),
  ]
  for (const id of [service.group('rg'), nic]) {
    for (const tags of good) {
      const { status, body } = await service.ask('PATCH', id, { tags })
      assert.deepEqual([status, body.tags], [200, tags])
    }
    for (const [tags, code] of bad) {
      const { status, body } = await service.ask('PATCH', id, { tags })
      assert.deepEqual([status, body.error?.code, body.error?.target], [400, code, 'tags'])
    }
    assert.deepEqual((await service.ask('GET', id)).body.tags, good.at(-1))
  }
})

test('a PATCH without tags leaves them; one with none takes all away', async (t) => {
  const service = await aService(t)
  const nic = await aNetwork(service, 'rg')
  for (const id of [service.group('rg'), nic]) {
    await service.ask('PATCH', id, { tags: { a: '1' } })
    assert.deepEqual((await service.ask('PATCH', id, {})).body.tags, { a: '1' })
    const { tags = {} } = (await service.ask('PATCH', id, { tags: {} })).body
    assert.deepEqual(tags, {})
  }
})

test('a name that Azure would not take is refused in its words; a letter outside ASCII is no name at all', async (t) => {
  const service = await aService(t)
  await aNetwork(service, 'rg')
  const network = `${service.group('rg')}/providers/Microsoft.Network/publicIPAddresses`
  const disks = `${service.group('rg')}/providers/Microsoft.Compute/disks`
  const empty = {
    location: 'local',
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 4 },
  }
  for (const name of ['-a', 'a-', 'a b', 'x'.repeat(81)]) {
    const path = encodeURIComponent(name)
    const address = await service.ask('PUT', `${network}/${path}`, { location: 'local' })
    assert.deepEqual(
      [address.status, address.body.error],
      [
        400,
        {
          code: 'InvalidResourceName',
          message: `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
        },
      ],
    )
    const disk = await service.ask('PUT', `${disks}/${path}`, empty)
    assert.deepEqual([disk.status, disk.body.error.code], [400, 'InvalidParameter'])
    assert.match(
      disk.body.error.message,
      /^The entity name '.*' is invalid according to its validation rule/,
    )
  }
  for (const name of ['İİİ', 'é', '\u212a'])
    for (const path of [
      service.group(encodeURIComponent(name)),
      `${disks}/${encodeURIComponent(name)}`,
      `${disks}/${encodeURIComponent(name)}/providers/Microsoft.Authorization/locks/l`,
    ])
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status, body } = await service.ask(
          method,
          path,
          method === 'PUT' ? empty : undefined,
        )
        assert.deepEqual(
          [status, body.error?.code],
          [400, 'InvalidResourceName'],
          `${method} ${path}`,
        )
      }
})
