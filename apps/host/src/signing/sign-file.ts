import { randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { MalformedError, within } from '@trusted-launch/codec'
import {
  EFI_SYSTEM_PARTITION,
  type Fat,
  isOfType,
  openFat,
  openPartition,
  readPartitionTable,
  SECTOR_BYTES,
} from '@trusted-launch/disk'
import { openDiskFile } from '../images/disk-file.ts'
import { ImageError } from '../images/errors.ts'
import { runTool } from '../images/tool.ts'
import { addSignature, type ProgramSigner } from './add-signature.ts'

/** A program that was looked at. */
export interface SignedProgram {
  /** In the EFI system partition; of a file that is a program itself, its name. */
  readonly path: string
  /** False: it had this signature already. */
  readonly isNew: boolean
}

export interface SignFileOptions {
  /** Programs in the EFI system partition (default: what firmware starts of itself, and unified kernel images). */
  readonly paths?: readonly string[]
  /** Whether what is at the new place may go. */
  readonly replaces?: boolean
}

/** What firmware starts of itself, UEFI 2.10, 3.5.1.1; and where unified kernel images are, UAPI.1. */
const FALLBACK = 'EFI/BOOT/BOOTX64.EFI'
const KERNELS = 'EFI/Linux'

const programBytesMax = 256 << 20
/** mtools takes more for patterns or drives. */
const PATH = /^[\w.+~/ -]{1,255}$/

/**
 * Signs a program, or the programs in the EFI system partition of a disk image (raw or qcow2), into a new file of the
 * same kind: it is there whole, or not at all. The file that is signed stays as it is.
 * @throws {MalformedError} neither program nor disk; a program that cannot be signed.
 * @throws {ImageError} `image-unreadable`: nothing to sign; `image-tool-failed`: no room on the partition, say.
 */
export async function signFile(
  from: string,
  to: string,
  signer: ProgramSigner,
  options: SignFileOptions = {},
): Promise<readonly SignedProgram[]> {
  const kind = await kindOf(from)
  const work = join(dirname(to), `.part-${randomBytes(8).toString('hex')}`)
  await mkdir(work, { mode: 0o700 })
  try {
    const whole = join(work, 'whole')
    const signed =
      kind === 'program'
        ? await signProgram(from, whole, signer)
        : await signDisk({ from, kind, work, to: whole }, signer, options.paths)
    await put(whole, to, options.replaces === true)
    return signed
  } finally {
    await rm(work, { recursive: true })
  }
}

/** Without `replaces` nothing that appeared meanwhile goes either. */
async function put(whole: string, to: string, replaces: boolean): Promise<void> {
  const file = await open(whole, 'r+')
  await file.sync().finally(() => file.close())
  if (replaces) await rename(whole, to)
  else await link(whole, to)
}

type Kind = 'program' | 'qcow2' | 'raw'

/** Where a GUID partition table begins, behind what may be a program of the boot sector's. */
const TABLE = 'EFI PART'

async function kindOf(path: string): Promise<Kind> {
  const file = await open(path, 'r')
  try {
    const { buffer } = await file.read(Buffer.alloc(SECTOR_BYTES + TABLE.length), 0, null, 0)
    const head = buffer.toString('latin1')
    if (head.startsWith('QFI\xfb')) return 'qcow2'
    return head.startsWith('MZ') && !head.endsWith(TABLE) ? 'program' : 'raw'
  } finally {
    await file.close()
  }
}

async function signProgram(from: string, to: string, signer: ProgramSigner) {
  const { size } = await stat(from)
  if (size > programBytesMax)
    throw new MalformedError('PE', 0, `more than ${programBytesMax} bytes`)
  const bytes = new Uint8Array(await readFile(from))
  const signed = addSignature(bytes, signer)
  await writeFile(to, signed ?? bytes)
  return [{ path: basename(from), isNew: signed !== null }]
}

async function signDisk(
  files: { from: string; kind: 'raw' | 'qcow2'; work: string; to: string },
  signer: ProgramSigner,
  paths: readonly string[] | undefined,
): Promise<SignedProgram[]> {
  const { from, kind, work, to } = files
  const { offset, programs } = programsOf(from, kind, paths)
  const disk = kind === 'raw' ? to : join(work, 'raw')
  await runTool('qemu-img', ['convert', '-f', kind, '-O', 'raw', from, disk])
  const signed: SignedProgram[] = []
  for (const [path, bytes] of programs) {
    const next = within(path, () => addSignature(bytes, signer))
    if (next !== null) {
      const staged = join(work, 'program')
      await writeFile(staged, next)
      await runTool('mcopy', ['-o', '-i', `${disk}@@${offset}`, staged, `::${path}`])
    }
    signed.push({ path, isNew: next !== null })
  }
  if (kind === 'qcow2') await runTool('qemu-img', ['convert', '-f', 'raw', '-O', kind, disk, to])
  return signed
}

/** Looked for before anything is copied: what is refused here is not QEMU's to open. */
function programsOf(file: string, kind: 'raw' | 'qcow2', asked: readonly string[] | undefined) {
  const disk = openDiskFile(file, kind)
  try {
    const partition = readPartitionTable(disk).partitions.find((one) =>
      isOfType(one, EFI_SYSTEM_PARTITION),
    )
    if (partition === undefined) throw nothing('it has no EFI system partition')
    const files = openFat(openPartition(disk, partition))
    const programs = (asked ?? usualIn(files)).map((path) => {
      if (!PATH.test(path)) throw nothing(`${path} is no path of a program`)
      const bytes = files.readFile(path, programBytesMax)
      if (bytes === null) throw nothing(`its EFI system partition has no ${path}`)
      return [path, bytes] as const
    })
    if (programs.length === 0)
      throw nothing(`its EFI system partition has neither ${FALLBACK} nor a program in ${KERNELS}`)
    return { offset: partition.offset, programs }
  } finally {
    disk.close()
  }
}

function usualIn(files: Fat): string[] {
  const kernels = files.find(KERNELS)?.isDirectory === true ? files.list(KERNELS) : []
  return [
    ...(files.find(FALLBACK) === null ? [] : [FALLBACK]),
    ...kernels
      .filter(({ isDirectory, name }) => !isDirectory && /\.efi$/i.test(name))
      .map(({ name }) => `${KERNELS}/${name}`),
  ]
}

const nothing = (reason: string) =>
  new ImageError('image-unreadable', `nothing to sign in this image: ${reason}`)
