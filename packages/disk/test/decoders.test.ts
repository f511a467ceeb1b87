import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { checkDecoder, decodersAt } from '@trusted-launch/codec/check'
import * as door from '../src/index.ts'

const sectors = 128
const layout = {
  sectors,
  diskGUID: new Uint8Array(16).fill(1),
  partitions: [
    {
      partitionTypeGUID: door.EFI_SYSTEM_PARTITION,
      uniquePartitionGUID: new Uint8Array(16).fill(2),
      name: 'ESP',
      startingLBA: 40,
      sectors: 20,
    },
  ],
}
const disk = new Uint8Array(sectors * door.SECTOR_BYTES)
const table = door.encodePartitionTable(layout)
disk.set(table.primary)
disk.set(table.alternate, table.alternateOffset)

test('readPartitionTable refuses what is cut short, and raises only its own errors', () => {
  const read = (bytes: Uint8Array) => {
    const given = door.fromBytes(bytes)
    for (const each of door.readPartitionTable(given).partitions)
      door.openPartition(given, each).readAt(0, each.size)
  }
  // The alternate table at the disk's end is not read: the firmware reads the first.
  checkDecoder(read, { disk }, { isWhole: (size) => size >= 60 * door.SECTOR_BYTES })
})

const opens: Record<string, (bytes: Uint8Array) => unknown> = {
  openExt4: (bytes) => door.openExt4(door.fromBytes(bytes)).list(''),
  openFat: (bytes) => door.openFat(door.fromBytes(bytes)).list(''),
  openQcow2: (bytes) => door.openQcow2(door.fromBytes(bytes)).readAt(0, 1),
}
for (const [name, open] of Object.entries(opens))
  test(`${name} refuses bytes by chance`, () => {
    const refused = (bytes: Uint8Array) => {
      try {
        open(bytes)
      } catch (e) {
        if (!(e instanceof MalformedError)) throw e
      }
    }
    checkDecoder(refused, { disk }, { isWhole: () => true, tries: 1000 })
  })

test('no function that reads is left out', () => {
  const tried = ['openExt4', 'openFat', 'openPartition', 'openQcow2', 'readPartitionTable']
  assert.deepEqual(decodersAt(door), tried)
})
