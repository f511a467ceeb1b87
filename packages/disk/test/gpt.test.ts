import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError } from '@trusted-launch/codec'
import { checkCodec, randomFrom } from '@trusted-launch/codec/check'
import {
  EFI_PARTITION_ENTRY,
  EFI_PARTITION_TABLE_HEADER,
  EFI_SYSTEM_PARTITION,
  encodePartitionTable,
  fromBytes,
  isOfType,
  openPartition,
  readPartitionTable,
} from '../src/index.ts'

const guid = (byte: number) => new Uint8Array(16).fill(byte)

function layout() {
  return {
    sectors: 4096,
    diskGUID: guid(1),
    partitions: [
      {
        partitionTypeGUID: EFI_SYSTEM_PARTITION,
        uniquePartitionGUID: guid(2),
        name: 'ESP',
        startingLBA: 2048,
        sectors: 1000,
      },
      {
        partitionTypeGUID: guid(9),
        uniquePartitionGUID: guid(3),
        name: 'root',
        startingLBA: 3048,
        sectors: 100,
      },
    ],
  }
}

function diskOf(given = layout()): Uint8Array {
  const disk = new Uint8Array(given.sectors * 512)
  const table = encodePartitionTable(given)
  disk.set(table.primary, 0)
  disk.set(table.alternate, table.alternateOffset)
  return disk
}

test('a partition table is read back as it was written', () => {
  const { header, partitions } = readPartitionTable(fromBytes(diskOf()))
  assert.equal(header.alternateLBA, 4095n)
  assert.deepEqual(
    partitions.map(({ number, name, offset, size }) => ({ number, name, offset, size })),
    [
      { number: 1, name: 'ESP', offset: 2048 * 512, size: 1000 * 512 },
      { number: 2, name: 'root', offset: 3048 * 512, size: 100 * 512 },
    ],
  )
  assert.ok(isOfType(partitions[0]!, EFI_SYSTEM_PARTITION))
  assert.ok(!isOfType(partitions[1]!, EFI_SYSTEM_PARTITION))
})

test('a partition reads its own bytes and nothing beyond them', () => {
  const bytes = diskOf()
  bytes[2048 * 512] = 7
  const disk = fromBytes(bytes)
  const esp = openPartition(disk, readPartitionTable(disk).partitions[0]!)
  assert.equal(esp.readAt(0, 1)[0], 7)
  assert.throws(() => esp.readAt(1000 * 512 - 1, 2), MalformedError)
  assert.throws(() => esp.readAt(-1, 2), MalformedError)
})

test('headers and entries survive truncation and mutation', () => {
  const disk = diskOf()
  checkCodec(EFI_PARTITION_TABLE_HEADER, { 'a primary header': disk.slice(512, 512 + 92) })
  checkCodec(EFI_PARTITION_ENTRY, { 'an ESP': disk.slice(1024, 1024 + 128) })
})

test('one bit changed anywhere in the header or the array is refused', () => {
  const random = randomFrom(1)
  for (let at = 512; at < 512 + 92; at++) refused(at, 1 << random(8))
  for (let i = 0; i < 300; i++) refused(1024 + random(128 * 128), 1 << random(8))
})

function refused(at: number, bit: number): void {
  const disk = diskOf()
  disk[at]! ^= bit
  assert.throws(() => readPartitionTable(fromBytes(disk)), MalformedError, `byte ${at}`)
}

test('every truncation of a disk is refused', () => {
  const disk = diskOf()
  for (const size of [0, 511, 512, 603, 604, 1024, 1025, 17407, 17408, 2048 * 512, 3048 * 512])
    assert.throws(
      () => readPartitionTable(fromBytes(disk.subarray(0, size))),
      MalformedError,
      `${size} bytes`,
    )
})

test('overlapping partitions are refused', () => {
  const given = layout()
  given.partitions[1]!.startingLBA = 3047
  assert.throws(() => readPartitionTable(fromBytes(diskOf(given))), /overlaps/)
})

test('a partition outside the usable blocks is refused', () => {
  const given = layout()
  given.partitions[0]!.startingLBA = 20
  assert.throws(() => readPartitionTable(fromBytes(diskOf(given))), /usable/)
})
