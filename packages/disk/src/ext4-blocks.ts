import { type Ext4Inode, type Ext4Volume, fault, INODE_FLAG, viewOf } from './ext4-volume.ts'

/** A run of blocks of a file. */
interface Run {
  /** The first block's number in the file. */
  readonly logical: number
  readonly count: number
  /** The first block on the volume; null: zeros. */
  readonly physical: number | null
}

/** No file that is read here is in more pieces. */
const runsMax = 1 << 16
const nodesMax = 2048
const depthMax = 5
const extentMagic = 0xf30a
const unwritten = 0x8000

/**
 * The bytes of an inode, at most `max`; what has no block is zeros. Every map is bounded: depth, pieces, places.
 * @throws {MalformedError} also of what is encrypted or kept in the inode itself.
 */
export function contentOf(volume: Ext4Volume, inode: Ext4Inode, max: number): Uint8Array {
  const { sizeBytes, flags } = inode
  if ((flags & INODE_FLAG.encrypted) !== 0) throw fault('i_flags', 0x20, 'encrypted')
  if ((flags & INODE_FLAG.inlineData) !== 0) throw fault('i_flags', 0x20, 'data in the inode')
  if (sizeBytes > max) throw fault('i_size', 0x4, `${sizeBytes} bytes, more than ${max}`)
  const runs: Run[] = []
  if ((flags & INODE_FLAG.extents) !== 0)
    extentRuns(volume, inode.block, { depth: depthMax, nodes: nodesMax }, runs)
  else mappedRuns(volume, inode, runs)
  return filled(volume, sizeBytes, runs)
}

function filled(volume: Ext4Volume, sizeBytes: number, runs: readonly Run[]): Uint8Array {
  const { blockBytes, disk } = volume
  const bytes = new Uint8Array(sizeBytes)
  for (const { logical, count, physical } of runs) {
    const at = logical * blockBytes
    const length = Math.min(count * blockBytes, sizeBytes - at)
    if (physical === null || length <= 0) continue
    if (physical + count > volume.blocks) throw fault('extent', 0, 'beyond the volume')
    bytes.set(disk.readAt(physical * blockBytes, length), at)
  }
  return bytes
}

/** Documentation/filesystems/ext4/ifork.rst, "Extent Tree". */
function extentRuns(volume: Ext4Volume, node: Uint8Array, left: Left, runs: Run[]): void {
  const view = viewOf(node)
  if (view.getUint16(0, true) !== extentMagic) throw fault('eh_magic', 0, 'not 0xF30A')
  const entries = view.getUint16(2, true)
  const depth = view.getUint16(6, true)
  if (12 + entries * 12 > node.length) throw fault('eh_entries', 2, `${entries}`)
  if (depth > left.depth) throw fault('eh_depth', 6, `${depth}`)
  if (left.nodes-- <= 0) throw fault('extent', 0, `more than ${nodesMax} nodes`)
  for (let i = 1; i <= entries; i++) {
    const at = i * 12
    if (depth === 0) pushRun(runs, extentAt(view, at))
    else {
      const child = view.getUint32(at + 4, true) + view.getUint16(at + 8, true) * 2 ** 32
      const before = left.depth
      left.depth = depth - 1
      extentRuns(volume, blockAt(volume, child), left, runs)
      left.depth = before
    }
  }
}

/** How deep a tree may go on, and how many nodes it may have still: a node may be named many times. */
interface Left {
  depth: number
  nodes: number
}

function extentAt(view: DataView, at: number): Run {
  const length = view.getUint16(at + 4, true)
  const physical = view.getUint32(at + 8, true) + view.getUint16(at + 6, true) * 2 ** 32
  const isUnwritten = length > unwritten
  return {
    logical: view.getUint32(at, true),
    count: isUnwritten ? length - unwritten : length,
    physical: isUnwritten ? null : physical,
  }
}

/** The older map: twelve blocks, then a block of blocks, and so on. "Direct/Indirect Block Addressing". */
function mappedRuns(volume: Ext4Volume, { sizeBytes, block }: Ext4Inode, runs: Run[]): void {
  const wanted = Math.ceil(sizeBytes / volume.blockBytes)
  const view = viewOf(block)
  let next = 0
  const visit = (pointer: number, depth: number): void => {
    if (next >= wanted) return
    if (depth === 0 || pointer === 0) {
      const count = (volume.blockBytes / 4) ** depth
      if (pointer !== 0) pushRun(runs, { logical: next, count: 1, physical: pointer })
      next += count
      return
    }
    const table = viewOf(blockAt(volume, pointer))
    for (let at = 0; at < volume.blockBytes && next < wanted; at += 4)
      visit(table.getUint32(at, true), depth - 1)
  }
  for (let i = 0; i < 15; i++) visit(view.getUint32(i * 4, true), Math.max(0, i - 11))
}

/** Runs that follow each other on the volume are one. */
function pushRun(runs: Run[], run: Run): void {
  const last = runs.at(-1)
  const follows =
    last?.physical != null &&
    last.logical + last.count === run.logical &&
    last.physical + last.count === run.physical
  if (follows) runs[runs.length - 1] = { ...last, count: last.count + run.count }
  else if (runs.length >= runsMax) throw fault('extent', 0, `a file in more than ${runsMax} pieces`)
  else runs.push(run)
}

function blockAt(volume: Ext4Volume, number: number): Uint8Array {
  if (number <= 0 || number >= volume.blocks) throw fault('block', 0, `${number}`)
  return new Uint8Array(volume.disk.readAt(number * volume.blockBytes, volume.blockBytes))
}
