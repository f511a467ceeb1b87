import { mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fromHex } from '@trusted-launch/codec'
import { EFI_SYSTEM_PARTITION, encodePartitionTable, SECTOR_BYTES } from '@trusted-launch/disk'
import { EPOCH_SECONDS, runTool } from './tool.ts'

const firstSector = 2048
/** With a root partition, the EFI system partition is this long. */
const espMiBBesideRoot = 128
/** Where the root partition begins, in bytes. */
export const SECOND_PARTITION_OFFSET = firstSector * SECTOR_BYTES + espMiBBesideRoot * 1024 * 1024
const serial = '74f1a001'
/** Random once, the same for every image: a GUID that tells nothing apart needs no chance. */
const diskGUID = fromHex('6b0c5d1f2a7e4c43a4d39c1be0f7d611')
const partitionGUID = fromHex('92c1d7a85e334f0f8b6655d2a9c4e702')
const rootGUID = fromHex('3d7b80f1c6a24a55b0f4a8d30c9e1b64')
/** 4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709, as on disk: Discoverable Partitions, root on x86-64. */
const LINUX_ROOT_X86_64 = fromHex('e3bc684fcde8b14d96e7fbcaf984b709')

/** mtools' name of the EFI system partition inside a raw disk that we wrote. */
const espOf = (disk: string) => `${disk}@@${firstSector * SECTOR_BYTES}`

/**
 * Writes a raw disk with one EFI system partition holding `files` (path → bytes), in that order, and
 * room for a root partition behind it if asked.
 * Same files, same bytes: fixed GUIDs, serial number and times. @throws {ImageError}
 */
export async function writeEspDisk(
  disk: string,
  files: ReadonlyMap<string, Uint8Array>,
  sizeMiB: number,
  { rootPartition = false }: { readonly rootPartition?: boolean } = {},
): Promise<void> {
  const sectors = (sizeMiB * 1024 * 1024) / SECTOR_BYTES
  const espSectors = rootPartition
    ? SECOND_PARTITION_OFFSET / SECTOR_BYTES - firstSector
    : sectors - 2 * firstSector
  await writeTable(disk, sectors, espSectors)
  const format = ['-N', serial, '-v', 'ESP', '-h', '64', '-s', '32', '-T', String(espSectors)]
  await runTool('mformat', ['-i', espOf(disk), ...format, '::'])
  const folders = new Set([...files.keys()].flatMap(foldersAbove))
  for (const folder of folders) await runTool('mmd', ['-i', espOf(disk), `::${folder}`])
  await copyIn(disk, files)
}

/** Puts files into the EFI system partition of a raw disk that `writeEspDisk` made; makes folders. */
export async function putIntoEsp(
  disk: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const folders = new Set([...files.keys()].flatMap(foldersAbove))
  for (const folder of folders) await makeFolder(disk, folder)
  await copyIn(disk, files)
}

/** mtools' `mmd` fails where a folder stands already, so it is asked only where none does. */
async function makeFolder(disk: string, folder: string): Promise<void> {
  const isThere = runTool('mdir', ['-b', '-i', espOf(disk), `::${folder}`])
  await isThere.catch(() => runTool('mmd', ['-i', espOf(disk), `::${folder}`]))
}

async function copyIn(disk: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'esp-'))
  try {
    const staged = join(folder, 'file')
    for (const [path, bytes] of files) {
      writeFileSync(staged, bytes)
      utimesSync(staged, EPOCH_SECONDS, EPOCH_SECONDS)
      await runTool('mcopy', ['-o', '-m', '-i', espOf(disk), staged, `::${path}`])
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function writeTable(disk: string, sectors: number, espSectors: number): Promise<void> {
  const behind = firstSector + espSectors
  const rootSectors = sectors - firstSector - behind
  const table = encodePartitionTable({
    sectors,
    diskGUID,
    partitions: [
      {
        partitionTypeGUID: EFI_SYSTEM_PARTITION,
        uniquePartitionGUID: partitionGUID,
        name: 'EFI system partition',
        startingLBA: firstSector,
        sectors: espSectors,
      },
      ...(rootSectors <= 0
        ? []
        : [
            {
              partitionTypeGUID: LINUX_ROOT_X86_64,
              uniquePartitionGUID: rootGUID,
              name: 'root',
              startingLBA: behind,
              sectors: rootSectors,
            },
          ]),
    ],
  })
  const file = await open(disk, 'wx')
  try {
    await file.write(table.primary, 0, table.primary.length, 0)
    await file.write(table.alternate, 0, table.alternate.length, table.alternateOffset)
  } finally {
    await file.close()
  }
  truncateSync(disk, sectors * SECTOR_BYTES)
}

/** `EFI/BOOT/x` → `EFI`, `EFI/BOOT`. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
