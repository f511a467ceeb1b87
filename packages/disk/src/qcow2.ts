import {
  constant,
  MalformedError,
  type Of,
  Reader,
  struct,
  u32be,
  u64be,
} from '@trusted-launch/codec'
import { type RandomAccess, withinSize } from './random-access.ts'

/** The head of a qcow2 file as far as version 2 has it. QEMU docs/interop/qcow2.txt, "Header". */
export const QCowHeader = struct('QCowHeader', {
  magic: constant(u32be, 0x5146_49fb),
  version: u32be,
  backing_file_offset: u64be,
  backing_file_size: u32be,
  cluster_bits: u32be,
  size: u64be,
  crypt_method: u32be,
  l1_size: u32be,
  l1_table_offset: u64be,
  refcount_table_offset: u64be,
  refcount_table_clusters: u32be,
  nb_snapshots: u32be,
  snapshots_offset: u64be,
})
export type QCowHeader = Of<typeof QCowHeader>

const offsetMask = 0x00ff_ffff_ffff_fe00n
const compressedFlag = 1n << 62n
const allZeros = 1n
/** "Dirty" only says that reference counts may be stale; they are not looked at here. */
const incompatibleTolerated = 1n
const l1EntriesMax = 1 << 20
const diskBytesMax = 2 ** 44
const l2TablesKept = 64
/** Inflated clusters: what is read piece by piece is inflated once. */
const clustersKept = 16

/** What reading a qcow2 file needs from outside. */
export interface Qcow2Options {
  /**
   * Raw DEFLATE of at most `max` bytes, as `node:zlib`'s `inflateRawSync` does it. Without it a
   * compressed cluster is a fault.
   */
  readonly inflate?: (bytes: Uint8Array, max: number) => Uint8Array
}

/**
 * The disk inside a qcow2 file. Backing files, external data files, encryption, zstd and sub-clusters
 * are refused: a file that names another one is never followed.
 * @throws {MalformedError}
 */
export function openQcow2(file: RandomAccess, options: Qcow2Options = {}): RandomAccess {
  const header = readHeader(file)
  const size = Number(header.size)
  const clusterBytes = 2 ** header.cluster_bits
  const l1 = tableAt(file, Number(header.l1_table_offset), header.l1_size)
  const entryOf = l2Reader(file, l1, clusterBytes)
  const inflatedOf = inflatedReader(file, header.cluster_bits, options)
  return {
    size,
    readAt(offset, length) {
      withinSize(size, offset, length)
      const bytes = new Uint8Array(length)
      for (let done = 0; done < length; ) {
        const at = offset + done
        const within = at % clusterBytes
        const count = Math.min(clusterBytes - within, length - done)
        const entry = entryOf(Math.floor(at / clusterBytes))
        const cluster = readCluster(file, entry, within, count, inflatedOf)
        if (cluster !== null) bytes.set(cluster, done)
        done += count
      }
      return bytes
    },
  }
}

function readHeader(file: RandomAccess): QCowHeader {
  const header = QCowHeader.read(new Reader(file.readAt(0, 72)))
  const { version, cluster_bits, l1_size } = header
  if (version !== 2 && version !== 3) throw fault('version', 4, `${version}`)
  if (header.backing_file_offset !== 0n) throw fault('backing_file_offset', 8, 'names another file')
  if (cluster_bits < 9 || cluster_bits > 21) throw fault('cluster_bits', 20, `${cluster_bits}`)
  if (header.size > BigInt(diskBytesMax)) throw fault('size', 24, `${header.size} bytes`)
  if (header.crypt_method !== 0) throw fault('crypt_method', 32, 'encrypted')
  const reach = BigInt(l1_size) << BigInt(2 * cluster_bits - 3)
  if (l1_size > l1EntriesMax || reach < header.size)
    throw fault('l1_size', 36, `${l1_size} for ${header.size} bytes`)
  if (version === 3) {
    const features = new Reader(file.readAt(72, 8)).view.getBigUint64(0)
    if ((features & ~incompatibleTolerated) !== 0n)
      throw fault('incompatible_features', 72, `0x${features.toString(16)}`)
  }
  return header
}

/** Finds a cluster's L2 entry (0: nothing there), keeping the tables used last. */
function l2Reader(file: RandomAccess, l1: DataView, clusterBytes: number) {
  const perTable = clusterBytes / 8
  const kept = new Map<number, DataView>()
  return (cluster: number): bigint => {
    const index = Math.floor(cluster / perTable)
    const offset = Number(l1.getBigUint64(index * 8) & offsetMask)
    if (offset === 0) return 0n
    const table = kept.get(index) ?? tableAt(file, offset, perTable)
    if (kept.size >= l2TablesKept) kept.clear()
    kept.set(index, table)
    return table.getBigUint64((cluster % perTable) * 8)
  }
}

/** `count` bytes of one cluster, or null where they are zeros. */
function readCluster(
  file: RandomAccess,
  entry: bigint,
  within: number,
  count: number,
  inflatedOf: (entry: bigint) => Uint8Array,
): Uint8Array | null {
  if ((entry & compressedFlag) !== 0n) return inflatedOf(entry).subarray(within, within + count)
  const offset = Number(entry & offsetMask)
  if (offset === 0 || (entry & allZeros) !== 0n) return null
  // QEMU may leave the last cluster of a file short: what is not there reads as zeros.
  const there = Math.max(0, Math.min(count, file.size - offset - within))
  return there === 0 && offset < file.size ? null : file.readAt(offset + within, there)
}

/** A compressed cluster by its L2 entry, keeping those read last. */
function inflatedReader(file: RandomAccess, clusterBits: number, { inflate }: Qcow2Options) {
  const kept = new Map<bigint, Uint8Array>()
  return (entry: bigint): Uint8Array => {
    if (inflate === undefined) throw new MalformedError('qcow2', 0, 'a compressed cluster')
    const whole = kept.get(entry) ?? inflated(file, entry, clusterBits, inflate)
    if (kept.size >= clustersKept) kept.clear()
    kept.set(entry, whole)
    return whole
  }
}

/** "Compressed Clusters Descriptor": the offset, then how many sectors follow the first. */
function inflated(
  file: RandomAccess,
  entry: bigint,
  clusterBits: number,
  inflate: (bytes: Uint8Array, max: number) => Uint8Array,
): Uint8Array {
  const sizeShift = BigInt(62 - (clusterBits - 8))
  const offset = Number(entry & ((1n << sizeShift) - 1n))
  const sectors = Number((entry & (compressedFlag - 1n)) >> sizeShift) + 1
  const length = Math.min(sectors * 512 - (offset % 512), file.size - offset)
  if (length <= 0) throw new MalformedError('qcow2', 0, 'a compressed cluster beyond the end')
  const clusterBytes = 2 ** clusterBits
  let whole: Uint8Array
  try {
    whole = inflate(file.readAt(offset, length), clusterBytes)
  } catch (cause) {
    throw new MalformedError('qcow2', offset, 'a cluster that does not inflate', { cause })
  }
  if (whole.length !== clusterBytes)
    throw new MalformedError('qcow2', offset, `a cluster inflates to ${whole.length} bytes`)
  return whole
}

function tableAt(file: RandomAccess, offset: number, entries: number): DataView {
  const bytes = new Uint8Array(file.readAt(offset, entries * 8))
  return new DataView(bytes.buffer)
}

function fault(field: string, offset: number, reason: string): MalformedError {
  return new MalformedError(field, offset, reason).within('QCowHeader')
}
